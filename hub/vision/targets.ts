/**
 * Classes as targets of training, and logits against classes.
 *
 * @module
 */
import type { BatchValue } from "../training/network/mod.ts";

/** Rows with classes. */
export interface Labelled {
  readonly labels: Int32Array;
  readonly classes: number;
}

/** Targets [N,C] of `rows`: the class's share and what is spread over all, divided by N, so that the loss is a mean. */
export function softTargets(
  rows: Int32Array,
  { labels, classes }: Labelled,
  smoothing: number,
): BatchValue {
  const n = rows.length;
  const data = new Float32Array(n * classes).fill(smoothing / classes / n);
  rows.forEach((row, i) => data[i * classes + labels[row]!]! += (1 - smoothing) / n);
  return { shape: [n, classes], data };
}

/** Share of `rows` whose largest logit is that of their class; logits in the order of `rows`. */
export function accuracyOf(
  logits: Float32Array,
  rows: Int32Array,
  { labels, classes }: Labelled,
): number {
  let right = 0;
  rows.forEach((row, i) => {
    const own = logits[i * classes + labels[row]!]!;
    if (logits.subarray(i * classes, (i + 1) * classes).every((x) => x <= own)) right++;
  });
  return rows.length === 0 ? 0 : right / rows.length;
}
