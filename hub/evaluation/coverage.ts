/**
 * How much can be accepted automatically, and how often that is right.
 *
 * Thresholds are never chosen here: they were fitted out-of-fold and travel in the bundle. Here they are tried on gold.
 *
 * @module
 */
import type { Threshold } from "@aisle/shared/bundle";
import { wilson } from "@aisle/shared/stats";

/** What one of the bundle's thresholds does to the gold rows. */
export interface CoverageRow {
  /** The precision that was asked for. */
  readonly precision: number;
  /** The bundle's threshold; null where no confidence reached the precision, so that nothing is accepted. */
  readonly confidence: number | null;
  readonly accepted: number;
  readonly right: number;
  /** Share of all rows that is accepted. */
  readonly coverage: number;
  /** Share of the accepted rows that is right, with its 95 % Wilson interval; [0, 1] where none is accepted. */
  readonly achieved: number;
  readonly achievedLow: number;
  readonly achievedHigh: number;
}

/** One row a threshold of the bundle. */
export function coverageTable(
  thresholds: readonly Threshold[],
  confidences: ArrayLike<number>,
  right: ArrayLike<number>,
): CoverageRow[] {
  return thresholds.map(({ precision, confidence }) => {
    let accepted = 0, hits = 0;
    for (let r = 0; r < confidences.length; r++) {
      if (confidence === null || confidences[r]! < confidence) continue;
      accepted++;
      hits += right[r]!;
    }
    const interval = wilson(hits, accepted);
    return {
      precision,
      confidence,
      accepted,
      right: hits,
      coverage: confidences.length === 0 ? 0 : accepted / confidences.length,
      achieved: interval.value,
      achievedLow: interval.low,
      achievedHigh: interval.high,
    };
  });
}

/** One point of the coverage curve: accepting everything from `confidence` on. */
export interface CoveragePoint {
  readonly confidence: number;
  readonly coverage: number;
  readonly precision: number;
}

/** The curve from the surest row to all rows, at most `points` of it; rows of equal confidence come together. */
export function coverageCurve(
  confidences: ArrayLike<number>,
  right: ArrayLike<number>,
  points = 200,
): CoveragePoint[] {
  const order = Array.from({ length: confidences.length }, (_, r) => r);
  order.sort((a, b) => confidences[b]! - confidences[a]!);
  const curve: CoveragePoint[] = [];
  let hits = 0;
  order.forEach((r, i) => {
    hits += right[r]!;
    const confidence = confidences[r]!;
    if (i + 1 < order.length && confidences[order[i + 1]!] === confidence) return;
    curve.push({ confidence, coverage: (i + 1) / order.length, precision: hits / (i + 1) });
  });
  if (curve.length <= points) return curve;
  const step = (curve.length - 1) / (points - 1);
  return Array.from({ length: points }, (_, i) => curve[Math.round(i * step)]!);
}
