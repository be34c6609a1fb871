/**
 * How much of a text the model has never met: a sign of products, languages or spellings that training did not have.
 *
 * @module
 */
import type { Encoded } from "./encode.ts";
import type { FeatureSpec } from "./spec.ts";

/**
 * Share of the n-grams of row `r` that at most `rows` of the training rows have; undefined where it has none.
 *
 * With 0 it is what the model has never seen. With 1, of a row that was trained on, it is what it would not have
 * seen had that row been left out.
 */
export function unseenShare(
  spec: FeatureSpec,
  { offsets, indices }: Encoded,
  r = 0,
  rows = 0,
): number | undefined {
  const from = offsets[r]!, to = offsets[r + 1]!;
  if (from === to) return undefined;
  // The smoothed idf falls with the number of rows, so that it tells that number (hub/features/fit.ts).
  const bound = Math.fround(Math.log((1 + spec.documents) / (1 + rows)) + 1);
  let unseen = 0;
  for (let i = from; i < to; i++) if (spec.idf[indices[i]!]! >= bound) unseen++;
  return unseen / (to - from);
}
