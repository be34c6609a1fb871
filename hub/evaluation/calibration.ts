/**
 * Does a confidence of 0.8 mean right in 80 of 100 cases?
 *
 * The expected calibration error (ECE; Guo et al., ICML 2017, equal-width bins) of a model that is calibrated
 * perfectly is not 0 on a finite set, .03 with 200 rows: it must be judged against what chance gives, which a
 * parametric bootstrap tells.
 *
 * @module
 */
import { rng } from "@aisle/shared/random";
import { quantile } from "@aisle/shared/stats";

/** One bin of the reliability diagram; means are 0 where it has no rows. */
export interface CalibrationBin {
  readonly low: number;
  readonly high: number;
  readonly rows: number;
  readonly meanConfidence: number;
  readonly accuracy: number;
}

/** A calibration error and what it is worth. */
export interface CalibrationReport {
  readonly bins: readonly CalibrationBin[];
  readonly ece: number;
  /** Quantiles 0, 1, .. 100 % of the ECE that a perfectly calibrated model with these confidences would have. */
  readonly chanceQuantiles: readonly number[];
}

/** The reliability diagram of `confidences` and whether each guess was right (1) or not (0). */
export function calibrationBins(
  confidences: ArrayLike<number>,
  right: ArrayLike<number>,
  bins: number,
): CalibrationBin[] {
  const rows = new Float64Array(bins), hits = new Float64Array(bins), sums = new Float64Array(bins);
  for (let r = 0; r < confidences.length; r++) {
    const bin = binOf(confidences[r]!, bins);
    rows[bin]!++;
    hits[bin]! += right[r]!;
    sums[bin]! += confidences[r]!;
  }
  return Array.from({ length: bins }, (_, b) => ({
    low: b / bins,
    high: (b + 1) / bins,
    rows: rows[b]!,
    meanConfidence: rows[b] === 0 ? 0 : sums[b]! / rows[b]!,
    accuracy: rows[b] === 0 ? 0 : hits[b]! / rows[b]!,
  }));
}

/** Mean distance between confidence and accuracy over the bins, weighted by rows; 0 without rows. */
export function ece(bins: readonly CalibrationBin[]): number {
  let rows = 0, sum = 0;
  for (const bin of bins) {
    rows += bin.rows;
    sum += bin.rows * Math.abs(bin.meanConfidence - bin.accuracy);
  }
  return rows === 0 ? 0 : sum / rows;
}

/**
 * Calibration of `confidences`, with the bootstrap's quantiles of chance.
 *
 * @param options bins of the diagram, replicates of the bootstrap, seed
 */
export function calibrationReport(
  confidences: ArrayLike<number>,
  right: ArrayLike<number>,
  options: { readonly bins: number; readonly replicates: number; readonly seed: number },
): CalibrationReport {
  const bins = calibrationBins(confidences, right, options.bins);
  const random = rng(options.seed);
  const chance = new Float64Array(options.replicates);
  const bin = Int32Array.from(confidences, (confidence) => binOf(confidence, options.bins));
  const excess = new Float64Array(options.bins);
  for (let i = 0; i < chance.length; i++) {
    // Each guess is right with its own confidence; a bin's excess is (sum of confidences - right guesses)
    excess.fill(0);
    for (let r = 0; r < bin.length; r++) {
      const confidence = confidences[r]!;
      excess[bin[r]!]! += random() < confidence ? confidence - 1 : confidence;
    }
    let sum = 0;
    for (const value of excess) sum += Math.abs(value);
    chance[i] = bin.length === 0 ? 0 : sum / bin.length;
  }
  chance.sort();
  const chanceQuantiles = Array.from({ length: 101 }, (_, q) => quantile(chance, q / 100));
  return { bins, ece: ece(bins), chanceQuantiles };
}

/** The `q` quantile (0 to 1) of the ECE by chance alone, interpolated between whole percents. */
export function chanceEce(report: Pick<CalibrationReport, "chanceQuantiles">, q: number): number {
  const at = Math.min(1, Math.max(0, q)) * 100, below = Math.floor(at);
  const low = report.chanceQuantiles[below] ?? NaN;
  const high = report.chanceQuantiles[Math.min(100, below + 1)] ?? NaN;
  return low + (high - low) * (at - below);
}

function binOf(confidence: number, bins: number): number {
  return Math.max(0, Math.min(bins - 1, Math.floor(confidence * bins)));
}
