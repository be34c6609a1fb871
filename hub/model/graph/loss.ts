/**
 * Softmax and cross-entropy.
 *
 * Made of small operators, not of LogSoftmax, which WebGPU hands back to the CPU at every step.
 *
 * @module
 */
import { div, exp, log, mul, neg, scale, shift, sub } from "./elementwise.ts";
import { sameShape, showShape } from "./dims.ts";
import { oneHot } from "./embedding.ts";
import { overCount, reduceMax, reduceSum } from "./reduce.ts";
import type { Tensor } from "./tensor.ts";

const last = [-1], keep = { keep: true };

/** Probabilities over the last axis; the largest score is taken off first, so that no exponential overflows. */
export function softmax(x: Tensor): Tensor {
  const { builder } = x;
  const y = builder.unrecorded(() => {
    const grown = exp(sub(x, reduceMax(x, last, keep)));
    return div(grown, reduceSum(grown, last, keep));
  });
  return builder.operator("Softmax", [x], () => y, [
    (dy) => mul(y, sub(dy, reduceSum(mul(dy, y), last, keep))),
  ]);
}

/** Logarithms of the probabilities over the last axis. */
export function logSoftmax(x: Tensor): Tensor {
  const { builder } = x;
  const y = builder.unrecorded(() => {
    const low = sub(x, reduceMax(x, last, keep));
    return sub(low, log(reduceSum(exp(low), last, keep)));
  });
  return builder.operator("LogSoftmax", [x], () => y, [
    (dy) => sub(dy, mul(exp(y), reduceSum(dy, last, keep))),
  ]);
}

/**
 * `-sum(targets logSoftmax(logits))`, a scalar. Targets `[N,C]` carry all weighting, also the division by the
 * number of rows; their rows need not sum to 1. The gradient is closed: `softmax(logits) rowSum(targets) - targets`;
 * none flows into the targets.
 */
export function crossEntropy(logits: Tensor, targets: Tensor): Tensor {
  const { builder } = logits;
  if (logits.rank !== 2 || !sameShape(logits.shape, targets.shape)) {
    const value = `${showShape(logits.shape)} and ${showShape(targets.shape)}`;
    throw builder.error("CrossEntropy", "logits and targets must both be [N,C]", value);
  }
  const logs = builder.unrecorded(() => logSoftmax(logits));
  return builder.operator(
    "CrossEntropy",
    [logits],
    () => neg(reduceSum(mul(logs, targets))),
    [(dy) => mul(dy, sub(mul(exp(logs), reduceSum(targets, last, keep)), targets))],
  );
}

/** Settings of {@linkcode softmaxCrossEntropy}. */
export interface CrossEntropyOptions {
  /** Share of each target spread evenly over all classes, in [0, 1). */
  readonly labelSmoothing?: number;
  /** One weight a class, `[C]`. */
  readonly classWeights?: Tensor;
}

/**
 * Mean cross-entropy of `logits [N,C]` against class numbers `labels [N]` (int32 or int64). As PyTorch's: with
 * class weights the mean is over the labels' weights, and smoothing spreads each class's own weight.
 */
export function softmaxCrossEntropy(
  logits: Tensor,
  labels: Tensor,
  { labelSmoothing = 0, classWeights }: CrossEntropyOptions = {},
): Tensor {
  const { builder } = logits;
  if (logits.rank !== 2 || labels.rank !== 1 || logits.dim(0) !== labels.dim(0)) {
    const value = `${showShape(logits.shape)} and ${showShape(labels.shape)}`;
    throw builder.error("CrossEntropy", "logits must be [N,C] and labels [N]", value);
  }
  const classes = logits.size(1);
  if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
    throw builder.error("CrossEntropy", "label smoothing must be in [0, 1)", `${labelSmoothing}`);
  }
  if (classWeights !== undefined && !sameShape(classWeights.shape, [classes])) {
    const rule = `class weights must be [${classes}]`;
    throw builder.error("CrossEntropy", rule, classWeights.shape);
  }
  const targets = builder.unrecorded(() => {
    const hot = oneHot(labels, classes);
    const smooth = labelSmoothing === 0
      ? hot
      : shift(scale(hot, 1 - labelSmoothing), labelSmoothing / classes);
    if (classWeights === undefined) return overCount(smooth, labels, [0]);
    const weighed = reduceSum(mul(hot, classWeights));
    return div(mul(smooth, classWeights), weighed);
  });
  return crossEntropy(logits, targets);
}
