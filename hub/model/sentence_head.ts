/**
 * What a sentence encoder adds to the scores of the n-grams.
 *
 * @module
 */

/** A linear head on the encoder's vectors: score_k = bias_k + sum over d of weights[d][k] x vector[d]. */
export interface SentenceHead {
  readonly encoder: { readonly id: string; readonly name: string; readonly dims: number };
  /** [dims x classes], row-major; already weighed against the n-grams. */
  readonly weights: Float32Array;
  /** [classes] */
  readonly bias: Float32Array;
}

/** What `head` adds to the scores of the product whose vector begins at `at` of `vectors`. */
export function sentenceScores(head: SentenceHead, vectors: Float32Array, at = 0): Float64Array {
  const scores = Float64Array.from(head.bias), classes = scores.length;
  for (let d = 0; d < head.encoder.dims; d++) {
    const value = vectors[at + d]!;
    for (let k = 0; k < classes; k++) scores[k]! += value * head.weights[d * classes + k]!;
  }
  return scores;
}
