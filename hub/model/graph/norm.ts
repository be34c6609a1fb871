/**
 * Normalisation: over features (LayerNorm) and over the batch (BatchNorm, live or with frozen statistics).
 *
 * @module
 */
import { add, div, mul, shift, sqrt, sub } from "./elementwise.ts";
import { showShape } from "./dims.ts";
import { reduceMean } from "./reduce.ts";
import { reshape } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** Values with mean 0 and variance 1, and what they were; the statistics keep their axes with size 1. */
export interface Standardized {
  readonly y: Tensor;
  readonly mean: Tensor;
  /** Biased: divided by the count, not by one less. */
  readonly variance: Tensor;
}

/**
 * `(x - mean) / sqrt(variance + epsilon)` over `axes`. The gradient is closed:
 * `(dy - mean(dy) - y mean(dy y)) / sqrt(variance + epsilon)` (S. Ioffe and C. Szegedy, "Batch normalization",
 * 2015, section 3, simplified); none flows through the statistics handed out.
 */
export function standardize(x: Tensor, axes: readonly number[], epsilon: number): Standardized {
  const { builder } = x;
  const keep = { keep: true };
  const { y, mean, variance, inverse } = builder.unrecorded(() => {
    const mean = reduceMean(x, axes, keep);
    const centred = sub(x, mean);
    const variance = reduceMean(mul(centred, centred), axes, keep);
    // One small division, then products: cheaper than dividing every element.
    const inverse = div(builder.scalar(1), sqrt(shift(variance, epsilon)));
    return { y: mul(centred, inverse), mean, variance, inverse };
  });
  const result = builder.operator("Standardize", [x], () => y, [(dy) => {
    const along = mul(y, reduceMean(mul(dy, y), axes, keep));
    return mul(sub(sub(dy, reduceMean(dy, axes, keep)), along), inverse);
  }]);
  return { y: result, mean, variance };
}

/** Scale and offset after normalising, one a feature or channel. */
export interface Affine {
  readonly gamma: Tensor;
  readonly beta: Tensor;
}

function checkVectors(op: string, x: Tensor, axis: number, vectors: readonly Tensor[]): void {
  const wrong = vectors.find((v) => v.rank !== 1 || v.dim(0) !== x.dim(axis));
  if (wrong === undefined) return;
  const rule = `each of its vectors must have the length of axis ${axis} of ${showShape(x.shape)}`;
  throw x.builder.error(op, rule, wrong.shape);
}

/** LayerNorm over the last axis (J. Ba et al., 2016): `x [...,F]`, gamma and beta `[F]`. */
export function layerNorm(x: Tensor, { gamma, beta }: Affine, epsilon = 1e-5): Tensor {
  checkVectors("LayerNorm", x, -1, [gamma, beta]);
  return add(mul(standardize(x, [-1], epsilon).y, gamma), beta);
}

/** What live BatchNorm gives: its result, and the batch's statistics `[C]` for the running ones. */
export interface BatchNormResult {
  readonly y: Tensor;
  readonly mean: Tensor;
  readonly variance: Tensor;
}

/** A vector `[C]` as it spreads over channels of `x [N,C,...]`. */
function perChannel(vector: Tensor, x: Tensor): Tensor {
  return reshape(vector, [x.size(1), ...Array.from({ length: x.rank - 2 }, () => 1)]);
}

/**
 * BatchNorm over all axes but the second with the batch's own statistics. Make `mean` and `variance` outputs and
 * blend them into the running ones on the host (the variance is biased: times n / (n - 1) for PyTorch's).
 */
export function batchNormLive(x: Tensor, { gamma, beta }: Affine, epsilon = 1e-5): BatchNormResult {
  checkVectors("BatchNorm", x, 1, [gamma, beta]);
  const axes = x.shape.flatMap((_, i) => i === 1 ? [] : [i]);
  const { y, mean, variance } = standardize(x, axes, epsilon);
  return {
    y: add(mul(y, perChannel(gamma, x)), perChannel(beta, x)),
    mean: reshape(mean, [x.size(1)]),
    variance: reshape(variance, [x.size(1)]),
  };
}

/** Running statistics `[C]` of BatchNorm. */
export interface Statistics {
  readonly mean: Tensor;
  readonly variance: Tensor;
}

/** BatchNorm with frozen statistics, folded to one scale and one offset a channel: `x s + (beta - mean s)`. */
export function batchNormFolded(
  x: Tensor,
  { gamma, beta }: Affine,
  { mean, variance }: Statistics,
  epsilon = 1e-5,
): Tensor {
  checkVectors("BatchNorm", x, 1, [gamma, beta, mean, variance]);
  const factor = div(gamma, sqrt(shift(variance, epsilon)));
  const offset = sub(beta, mul(mean, factor));
  return add(mul(x, perChannel(factor, x)), perChannel(offset, x));
}
