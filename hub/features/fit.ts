/**
 * Fits a feature spec: which words and characters are rare enough to say something.
 *
 * Only inverse document frequencies are fitted; encoding itself is `shared/features`.
 *
 * @module
 */
import {
  type CountedRows,
  countRows,
  documentFrequencies,
  FeatureRecipe,
  type FeatureSpec,
  SPEC_VERSION,
} from "@aisle/shared/features";
import type { Params } from "../params.ts";

/** What `params.text` says of the n-grams; the sentence encoder beside them is another road. */
export type NgramParams = Omit<Params["text"], "encoder" | "encoderTokens">;

/** The recipe that `params.text` asks for. */
export function recipeFrom(text: NgramParams): FeatureRecipe {
  const { words, chars, hashBits, titleRepeat, charDigitsToZero, charWeight } = text;
  return FeatureRecipe.parse({
    version: SPEC_VERSION,
    words,
    chars,
    hashBits,
    titleRepeat,
    charDigitsToZero,
    charWeight,
  });
}

/**
 * Smoothed inverse document frequencies, ln((1 + n) / (1 + df)) + 1, as scikit-learn has them.
 *
 * @param frequencies by bucket; two n-grams of one row can share a bucket, so they are cut at `documents`
 */
export function idfOf(frequencies: Int32Array, documents: number): Float32Array<ArrayBuffer> {
  const idf = new Float32Array(frequencies.length);
  for (let bucket = 0; bucket < idf.length; bucket++) {
    const df = Math.min(frequencies[bucket]!, documents);
    idf[bucket] = Math.log((1 + documents) / (1 + df)) + 1;
  }
  return idf;
}

/** The spec fitted on rows that are counted already (all, or those named). */
export function fitCounted(
  recipe: FeatureRecipe,
  counted: CountedRows,
  rows?: Int32Array,
): FeatureSpec {
  const documents = rows?.length ?? counted.wordEnds.length;
  const frequencies = documentFrequencies(counted, 1 << recipe.hashBits, rows);
  return { ...recipe, documents, idf: idfOf(frequencies, documents) };
}

/** The spec fitted on `texts`, which `productText` made. */
export function fitSpec(texts: readonly string[], text: NgramParams): FeatureSpec {
  const recipe = recipeFrom(text);
  return fitCounted(recipe, countRows(recipe, texts));
}
