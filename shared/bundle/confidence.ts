/**
 * From scores to confidences, the one way that training, golden samples and serving share.
 *
 * @module
 */

/** Slope and offset of the calibration; fitted out-of-fold by the hub. */
export interface Calibration {
  readonly a: number;
  readonly b: number;
}

/**
 * Calibrated confidences of one row: p_k = sigmoid(a s_k + b), normalised so that they add up to 1.
 *
 * Works on logarithms: where every sigmoid underflows, their ratios still decide.
 *
 * @param scores one a class, read at `offset`
 * @param out    one a class, written from 0
 */
export function confidences(
  scores: ArrayLike<number>,
  calibration: Calibration,
  out: Float64Array,
  offset = 0,
): void {
  const classes = out.length;
  let highest = -Infinity;
  for (let k = 0; k < classes; k++) {
    const x = calibration.a * scores[offset + k]! + calibration.b;
    const logSigmoid = Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x)));
    out[k] = logSigmoid;
    if (logSigmoid > highest) highest = logSigmoid;
  }
  let sum = 0;
  for (let k = 0; k < classes; k++) sum += out[k] = Math.exp(out[k]! - highest);
  for (let k = 0; k < classes; k++) out[k]! /= sum;
}
