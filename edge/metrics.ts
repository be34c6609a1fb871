/**
 * `/metrics` in the Prometheus text format, version 0.0.4.
 *
 * @module
 */
import type { HostStatus } from "./model_host.ts";
import type { ReleaseStatus } from "./releases.ts";
import { LATENCY_BOUNDS_MS, type Totals } from "./telemetry.ts";

/** What {@linkcode metricsText} tells. */
export interface MetricsInput {
  readonly totals: Totals;
  readonly host: HostStatus;
  readonly releases: ReleaseStatus;
  readonly feedbackWaiting: number;
  readonly catalogue: string;
  readonly edgeId: string;
  readonly residentBytes: number;
}

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number, suffix?: string];

/** All metrics of the edge. */
export function metricsText(input: MetricsInput): string {
  const { totals, host, releases } = input;
  const lines: string[] = [];
  const family = (
    name: string,
    type: "counter" | "gauge" | "histogram",
    help: string,
    samples: readonly Sample[],
  ) => {
    lines.push(`# HELP aisle_edge_${name} ${help}`, `# TYPE aisle_edge_${name} ${type}`);
    for (const [labels, value, suffix = ""] of samples) {
      lines.push(`aisle_edge_${name}${suffix}${labelText(labels)} ${value}`);
    }
  };
  const one = (value: number): Sample[] => [[{}, value]];
  const each = (label: string, counts: Readonly<Record<string, number>>): Sample[] =>
    Object.entries(counts).map(([key, count]) => [{ [label]: key }, count]);

  family("requests_total", "counter", "Prediction requests answered.", one(totals.requests));
  family("predictions_total", "counter", "Products classified.", one(totals.predictions));
  family("decisions_total", "counter", "Products by decision.", each("decision", totals.decisions));
  family("pictures_total", "counter", "Pictures by use.", each("use", totals.pictures));
  family("errors_total", "counter", "Failures by code.", each("code", totals.errors));
  family("feedback_total", "counter", "Feedback by fate.", each("event", totals.feedback));
  family(
    "feedback_waiting",
    "gauge",
    "Feedback that waits for the hub.",
    one(input.feedbackWaiting),
  );
  family("latency_seconds", "histogram", "Time to answer a prediction request.", latency(totals));
  family("queue_products", "gauge", "Products let in and not answered yet.", one(host.waiting));
  family("workers", "gauge", "Model workers alive.", one(host.workers));
  family("worker_restarts_total", "counter", "Model workers replaced.", one(host.restarts));
  family("swaps_total", "counter", "Models brought into service.", one(host.swaps));
  family("ready", "gauge", "1 while a model serves.", one(host.serving === null ? 0 : 1));
  family(
    "hub_reachable",
    "gauge",
    "1 while the hub answers.",
    one(releases.hub === "reachable" ? 1 : 0),
  );
  family(
    "release_sequence",
    "gauge",
    "Sequence of the release served.",
    one(
      releases.sequence ?? 0,
    ),
  );
  const { sent, dropped, waiting } = totals.windows;
  family(
    "telemetry_windows_total",
    "counter",
    "Telemetry windows by fate.",
    each("event", { sent, dropped }),
  );
  family("telemetry_windows_waiting", "gauge", "Closed windows that wait.", one(waiting));
  family("resident_bytes", "gauge", "Resident memory.", one(input.residentBytes));
  family("info", "gauge", "What this edge is; always 1.", [[{
    edge: input.edgeId,
    catalogue: input.catalogue,
    digest: releases.digest ?? "",
  }, 1]]);
  return lines.join("\n") + "\n";
}

/** Cumulative buckets in seconds, as the format wants them. */
function latency({ latencyMs }: Totals): Sample[] {
  let total = 0;
  const samples: Sample[] = latencyMs.buckets.map((count, i) => {
    total += count;
    const bound = LATENCY_BOUNDS_MS[i];
    return [{ le: bound === undefined ? "+Inf" : String(bound / 1000) }, total, "_bucket"];
  });
  return [...samples, [{}, latencyMs.sum / 1000, "_sum"], [{}, total, "_count"]];
}

function labelText(labels: Labels): string {
  const parts = Object.entries(labels).map(([key, value]) => `${key}="${escaped(value)}"`);
  return parts.length === 0 ? "" : `{${parts.join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
