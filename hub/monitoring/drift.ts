/**
 * What edges see against what the model was trained on: inputs, predictions and confidence, each as two histograms.
 *
 * A severity needs three things: enough values, a distance (PSI) above a bound, and a test (chi-squared) that rules
 * chance out. The distance alone flickers on small samples, the test alone calls any difference drift on large ones.
 *
 * @module
 */
import type { Manifest } from "@aisle/shared/bundle";
import type { Params } from "../params.ts";
import type { DriftFinding, DriftSeverity } from "../registry/monitoring.ts";
import type { TelemetrySums } from "../registry/telemetry_sums.ts";
import { chiSquared, jensenShannon, populationStability, sharesOf, total } from "./histograms.ts";
import { severityOf } from "./severity.ts";

/** Two histograms that ought to be alike. */
export interface Comparison {
  readonly what: string;
  readonly area: DriftFinding["area"];
  readonly buckets: readonly string[];
  readonly expected: readonly number[];
  readonly observed: readonly number[];
}

/** Part of the params that drift reads. */
export type DriftParams = Params["monitoring"]["drift"];

/** Everything in which `sums` can be compared with the reference of a bundle. */
export function comparisonsOf(
  { classes, reference }: Pick<Manifest, "classes" | "reference">,
  sums: TelemetrySums,
): Comparison[] {
  const found: Comparison[] = [{
    what: "confidence",
    area: "confidence",
    buckets: reference.confidence.map((_, i) => `${i * 5}-${i * 5 + 5} %`),
    expected: reference.confidence,
    observed: sums.confidence,
  }];
  if (reference.predicted !== undefined) {
    found.push({
      what: "classes",
      area: "predictions",
      buckets: classes,
      expected: reference.predicted,
      observed: classes.map((code) => sums.codes[code] ?? 0),
    });
  }
  const { inputs } = reference;
  if (inputs === undefined) return found;
  const seen = sums.inputs;
  const powers = (unit: string, bins: number) =>
    Array.from({ length: bins }, (_, i) => `${i === 0 ? 0 : 2 ** (i - 1)}${unit}`);
  const withAndWithout = ({ products, pictures }: typeof inputs) => [
    total(pictures),
    products - total(pictures),
  ];
  found.push({
    what: "text.length",
    area: "inputs",
    buckets: powers("", inputs.length.length),
    expected: inputs.length,
    observed: seen.length,
  }, {
    what: "text.unseen",
    area: "inputs",
    buckets: inputs.unknown.map((_, i) => `${i * 10}-${i * 10 + 10} %`),
    expected: inputs.unknown,
    observed: seen.unknown,
  }, {
    what: "pictures.share",
    area: "inputs",
    buckets: ["with", "without"],
    expected: withAndWithout(inputs),
    observed: withAndWithout(seen),
  });
  if (total(inputs.pictures) > 0) {
    found.push({
      what: "pictures.bytes",
      area: "inputs",
      buckets: powers(" KiB", inputs.pictures.length),
      expected: inputs.pictures,
      observed: seen.pictures,
    });
  }
  return found;
}

/** What `comparisons` come to; `before` tells the severities of the last look, which raise less easily than they stay. */
export function findDrift(
  comparisons: readonly Comparison[],
  before: Readonly<Record<string, DriftSeverity>>,
  params: DriftParams,
): DriftFinding[] {
  // Each of the tests may cry wolf; all of them together must not more often than one should.
  const significance = params.significance / Math.max(1, comparisons.length);
  return comparisons.map(({ what, area, buckets, expected, observed }): DriftFinding => {
    const n = total(observed);
    const common = {
      what,
      area,
      n,
      buckets: [...buckets],
      expected: total(expected) === 0 ? expected.map(() => 0) : sharesOf(expected),
      observed: n === 0 ? observed.map(() => 0) : sharesOf(observed),
    };
    if (n < params.minValues || total(expected) < params.minValues) {
      return { ...common, psi: null, jensenShannon: null, chiSquared: null, severity: "none" };
    }
    const psi = populationStability(expected, observed);
    const test = chiSquared(expected, observed);
    const significant = test !== null && test.p < significance;
    return {
      ...common,
      psi,
      jensenShannon: jensenShannon(expected, observed),
      chiSquared: test,
      severity: severityOf(psi, significant, before[what] ?? "none", params),
    };
  });
}
