/**
 * What out-of-fold scores say: calibration, thresholds and the recipe's expected quality.
 *
 * @module
 */
import type { Calibration } from "@aisle/shared/bundle";
import type { Params } from "../params.ts";
import {
  DEFAULT_CALIBRATION,
  fitCalibration,
  judge,
  type Judged,
  type ScoredRows,
} from "../model/calibration.ts";
import type { OutOfFold, Threshold } from "../model/text_model.ts";

/** Bins of the confidence histogram, over [0, 1]. */
const HISTOGRAM_BINS = 20;

/** Everything that is chosen out-of-fold. */
export interface OutOfFoldChoice {
  readonly calibration: Calibration;
  readonly thresholds: readonly Threshold[];
  readonly oof: OutOfFold;
}

/** Calibration, thresholds and figures from `rows`; defaults where there are none. */
export function chooseOutOfFold(rows: ScoredRows, params: Params["evaluate"]): OutOfFoldChoice {
  const calibration = rows.labels.length === 0 ? DEFAULT_CALIBRATION : fitCalibration(rows);
  return { calibration, ...figuresOutOfFold(rows, calibration, params) };
}

/** Thresholds and figures of `rows`, whose calibration is known. */
export function figuresOutOfFold(
  rows: ScoredRows,
  calibration: Calibration,
  params: Params["evaluate"],
): Omit<OutOfFoldChoice, "calibration"> {
  const judged = judge(rows, calibration);
  return {
    thresholds: params.precisions.map((precision) => threshold(judged, rows.labels, precision)),
    oof: {
      rows: rows.labels.length,
      ...scoresOf(judged.predicted, rows.labels, rows.classes),
      ece: calibrationError(judged, rows.labels, params.calibrationBins),
      histogram: histogram(judged, rows.labels),
      predicted: guessesByClass(judged, rows.classes),
    },
  };
}

/**
 * The lowest confidence from which on at least `precision` of the rows are right.
 *
 * Fewer than 1 / (1 - precision) rows cannot show such a precision: then there is none.
 */
export function threshold(judged: Judged, labels: Int32Array, precision: number): Threshold {
  const { predicted, confidence } = judged;
  const order = Array.from(labels.keys()).sort((a, b) => confidence[b]! - confidence[a]!);
  let right = 0, best: Threshold = { precision, confidence: null, coverage: 0 };
  order.forEach((row, i) => {
    if (predicted[row] === labels[row]) right++;
    const next = order[i + 1], accepted = i + 1;
    const tied = next !== undefined && confidence[next] === confidence[row];
    const enough = accepted * (1 - precision) >= 1 - 1e-9 || precision === 1;
    if (!tied && enough && right >= precision * accepted) {
      best = { precision, confidence: confidence[row]!, coverage: accepted / labels.length };
    }
  });
  return best;
}

/** Accuracy and F1 as scikit-learn defines them; macro over the classes that occur or are predicted. */
export function scoresOf(
  predicted: Int32Array,
  labels: Int32Array,
  classes: number,
): { accuracy: number; weightedF1: number; macroF1: number } {
  const right = new Float64Array(classes), said = new Float64Array(classes);
  const true_ = new Float64Array(classes);
  for (let row = 0; row < labels.length; row++) {
    said[predicted[row]!]!++;
    true_[labels[row]!]!++;
    if (predicted[row] === labels[row]) right[labels[row]!]!++;
  }
  let weighted = 0, sum = 0, present = 0, correct = 0;
  for (let k = 0; k < classes; k++) {
    if (said[k]! + true_[k]! === 0) continue;
    const f1 = 2 * right[k]! / (said[k]! + true_[k]!);
    weighted += f1 * true_[k]!;
    sum += f1;
    correct += right[k]!;
    present++;
  }
  const rows = Math.max(1, labels.length);
  return {
    accuracy: correct / rows,
    weightedF1: weighted / rows,
    macroF1: sum / Math.max(1, present),
  };
}

/** Expected calibration error: |share right - mean confidence| by equal bins, weighted by rows. */
function calibrationError(judged: Judged, labels: Int32Array, bins: number): number {
  const gap = new Float64Array(bins);
  for (let row = 0; row < labels.length; row++) {
    const confidence = judged.confidence[row]!;
    const bin = Math.min(bins - 1, Math.floor(confidence * bins));
    gap[bin]! += (judged.predicted[row] === labels[row] ? 1 : 0) - confidence;
  }
  return gap.reduce((sum, value) => sum + Math.abs(value), 0) / Math.max(1, labels.length);
}

function guessesByClass({ predicted }: Judged, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const k of predicted) counts[k]!++;
  return counts;
}

function histogram(judged: Judged, labels: Int32Array): OutOfFold["histogram"] {
  const counts = new Array<number>(HISTOGRAM_BINS).fill(0), correct = counts.slice();
  for (let row = 0; row < labels.length; row++) {
    const bin = Math.min(HISTOGRAM_BINS - 1, Math.floor(judged.confidence[row]! * HISTOGRAM_BINS));
    counts[bin]!++;
    if (judged.predicted[row] === labels[row]) correct[bin]!++;
  }
  return { counts, correct };
}
