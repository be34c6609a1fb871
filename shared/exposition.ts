/**
 * Writes figures in the Prometheus text format, version 0.0.4, as `promtool check metrics` wants them.
 *
 * @module
 */

/** Media type of the text. */
export const EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Labels of a sample. */
export type MetricLabels = Readonly<Record<string, string>>;
/** One sample; `suffix` is `_bucket`, `_sum` or `_count` in histograms. */
export type MetricSample = readonly [labels: MetricLabels, value: number, suffix?: string];

/** A histogram that grows: counts up to each bound, and the sum. */
export interface MetricHistogram {
  /** One more than there are bounds: the last counts what is above. */
  readonly buckets: readonly number[];
  readonly sum: number;
}

/** Text in the making. */
export class Exposition {
  readonly #prefix: string;
  readonly #lines: string[] = [];

  /** @param prefix stands before each name, such as `aisle_hub_` */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** A family with its samples; one without any is left out. */
  add(
    name: string,
    type: "counter" | "gauge" | "histogram",
    help: string,
    samples: readonly MetricSample[] | number,
  ): void {
    const all: readonly MetricSample[] = typeof samples === "number" ? [[{}, samples]] : samples;
    if (all.length === 0) return;
    const full = this.#prefix + name;
    this.#lines.push(`# HELP ${full} ${help}`, `# TYPE ${full} ${type}`);
    for (const [labels, value, suffix = ""] of all) {
      this.#lines.push(`${full}${suffix}${labelText(labels)} ${valueText(value)}`);
    }
  }

  /** A histogram with cumulative buckets, as the format wants them. */
  addHistogram(
    name: string,
    help: string,
    bounds: readonly number[],
    { buckets, sum }: MetricHistogram,
  ): void {
    let total = 0;
    const samples: MetricSample[] = buckets.map((count, i) => {
      total += count;
      const bound = bounds[i];
      return [{ le: bound === undefined ? "+Inf" : String(bound) }, total, "_bucket"];
    });
    this.add(name, "histogram", help, [...samples, [{}, sum, "_sum"], [{}, total, "_count"]]);
  }

  /** Everything so far. */
  text(): string {
    return this.#lines.join("\n") + "\n";
  }
}

/** One sample a member of `counts`, told apart by `label`. */
export function each(label: string, counts: Readonly<Record<string, number>>): MetricSample[] {
  return Object.entries(counts).map(([key, count]) => [{ [label]: key }, count]);
}

function labelText(labels: MetricLabels): string {
  const parts = Object.entries(labels).map(([key, value]) => `${key}="${escaped(value)}"`);
  return parts.length === 0 ? "" : `{${parts.join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function valueText(value: number): string {
  return Number.isNaN(value)
    ? "NaN"
    : Number.isFinite(value)
    ? String(value)
    : value > 0
    ? "+Inf"
    : "-Inf";
}
