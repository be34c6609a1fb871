/**
 * Fits how scores become confidences, by the likelihood of out-of-fold rows.
 *
 * The confidences themselves are `confidences` of `shared/bundle`, the same function that serves.
 *
 * @module
 */
import { type Calibration, confidences } from "@aisle/shared/bundle";

/**
 * Where nothing is known: about what the fit gives on real catalogues (scores of a margin classifier at C = 1).
 * Also the centre of the weak prior that keeps a few rows, all of them right, from promising certainty.
 */
export const DEFAULT_CALIBRATION: Calibration = { a: 9, b: 1 };

/** Rows that the prior weighs as much as. */
const PRIOR_ROWS = 1;
const MIN_A = 0.05, MAX_A = 50, MAX_B = 30;
const MAX_STEPS = 50;
/** Below any sigmoid that scores of a fit lead to; keeps the logarithm finite. */
const TINY = 1e-290;

/** Scores of rows whose classes are known; row-major with `stride` floats a row. */
export interface ScoredRows {
  readonly scores: Float32Array;
  readonly stride: number;
  readonly classes: number;
  /** True class by row. */
  readonly labels: Int32Array;
}

/** Negative log-likelihood of `rows`, summed, and its slope by log a and by b. */
interface Loss {
  readonly value: number;
  readonly slopes: readonly [number, number];
}

/** p_k is proportional to sigmoid(a s_k + b); finds a and b by damped Newton steps on log a and b. */
export function fitCalibration(rows: ScoredRows): Calibration {
  if (rows.labels.length === 0) return DEFAULT_CALIBRATION;
  let at: [number, number] = [Math.log(DEFAULT_CALIBRATION.a), DEFAULT_CALIBRATION.b];
  let loss = lossAt(rows, at);
  for (let step = 0; step < MAX_STEPS; step++) {
    const move = newtonMove(rows, at, loss);
    let next: [number, number] = at, nextLoss = loss, share = 1;
    for (; share > 1e-4; share /= 2) {
      next = clamp([at[0] - share * move[0], at[1] - share * move[1]]);
      nextLoss = lossAt(rows, next);
      if (nextLoss.value < loss.value) break;
    }
    const gain = loss.value - nextLoss.value;
    if (!(gain > 0)) break;
    [at, loss] = [next, nextLoss];
    if (gain < 1e-7 * rows.labels.length) break;
  }
  return { a: Math.exp(at[0]), b: at[1] };
}

function clamp([logA, b]: [number, number]): [number, number] {
  return [
    Math.min(Math.max(logA, Math.log(MIN_A)), Math.log(MAX_A)),
    Math.min(Math.max(b, -MAX_B), MAX_B),
  ];
}

/** Newton's move from differences of the slopes; the slopes themselves where the surface bends the wrong way. */
function newtonMove(rows: ScoredRows, at: [number, number], loss: Loss): [number, number] {
  const h = 1e-4;
  const byA = lossAt(rows, [at[0] + h, at[1]]).slopes,
    byB = lossAt(rows, [at[0], at[1] + h]).slopes;
  const [g0, g1] = loss.slopes;
  const h00 = (byA[0] - g0) / h, h11 = (byB[1] - g1) / h;
  const h01 = ((byA[1] - g1) / h + (byB[0] - g0) / h) / 2;
  const determinant = h00 * h11 - h01 * h01;
  if (h00 > 0 && determinant > 1e-9 * h00 * h00) {
    return [(h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant];
  }
  const size = Math.hypot(g0, g1) || 1;
  return [g0 / size, g1 / size];
}

function lossAt(rows: ScoredRows, [logA, b]: [number, number]): Loss {
  const { scores, stride, classes, labels } = rows;
  const a = Math.exp(logA);
  const fromA = logA - Math.log(DEFAULT_CALIBRATION.a), fromB = b - DEFAULT_CALIBRATION.b;
  let value = PRIOR_ROWS * (fromA * fromA + fromB * fromB) / 2;
  let slopeA = PRIOR_ROWS * fromA, slopeB = PRIOR_ROWS * fromB;
  const shares = new Float64Array(classes);
  for (let row = 0; row < labels.length; row++) {
    const offset = row * stride, label = labels[row]!;
    let sum = 0, sumA = 0, sumB = 0;
    for (let k = 0; k < classes; k++) {
      const score = scores[offset + k]!, x = a * score + b;
      const small = Math.exp(-Math.abs(x));
      const share = Math.max((x >= 0 ? 1 : small) / (1 + small), TINY);
      shares[k] = share;
      // slope of log sigmoid(x): 1 - sigmoid(x)
      const bend = share * (1 - share);
      sum += share;
      sumA += bend * score;
      sumB += bend;
    }
    const share = shares[label]!;
    value += Math.log(sum / share);
    slopeA += a * (sumA / sum - (1 - share) * scores[offset + label]!);
    slopeB += sumB / sum - (1 - share);
  }
  return { value, slopes: [slopeA, slopeB] };
}

/** Mean negative log-likelihood of the true classes by `calibration`. */
export function meanLoss(rows: ScoredRows, calibration: Calibration): number {
  const p = new Float64Array(rows.classes);
  let sum = 0;
  rows.labels.forEach((label, row) => {
    confidences(rows.scores, calibration, p, row * rows.stride);
    sum -= Math.log(Math.max(p[label]!, TINY));
  });
  return sum / Math.max(1, rows.labels.length);
}

/** Best class of every row and its confidence. */
export interface Judged {
  readonly predicted: Int32Array;
  readonly confidence: Float64Array;
}

/** The best class of every row, the first of equals, with its calibrated confidence. */
export function judge(rows: ScoredRows, calibration: Calibration): Judged {
  const count = rows.labels.length;
  const predicted = new Int32Array(count), confidence = new Float64Array(count);
  const p = new Float64Array(rows.classes);
  for (let row = 0; row < count; row++) {
    confidences(rows.scores, calibration, p, row * rows.stride);
    let best = 0;
    for (let k = 1; k < p.length; k++) {
      if (rows.scores[row * rows.stride + k]! > rows.scores[row * rows.stride + best]!) best = k;
    }
    predicted[row] = best;
    confidence[row] = p[best]!;
  }
  return { predicted, confidence };
}
