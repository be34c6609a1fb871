/**
 * The only road from raw text to numbers, for the hub (which fits a spec) and every edge (which gets it).
 *
 * `productText` makes one normalised text of a product, `encode` turns it into sparse weights by a `FeatureSpec`.
 * Golden vectors in `tests/golden/` pin both; what changes them needs a new `SPEC_VERSION`.
 *
 * @module
 */
export { contentName, type NamedContent } from "./content.ts";
export {
  cleanText,
  normalizeText,
  type ProductLayout,
  productLayout,
  productText,
  type ProductTexts,
  type TextPart,
} from "./normalize.ts";
export {
  FeatureRecipe,
  type FeatureSpec,
  recipeOf,
  sameHashing,
  SPEC_VERSION,
  specFromBytes,
  specToBytes,
} from "./spec.ts";
export {
  blockScale,
  createEncoder,
  encode,
  type Encoded,
  type Encoder,
  LOG_COUNT,
} from "./encode.ts";
export {
  COUNT_SHIFT,
  KEY_MASK,
  MAX_COUNT,
  NgramCounter,
  type Packed,
  type Pieces,
  type Walk,
} from "./ngrams.ts";
export { unseenShare } from "./unseen.ts";
export { createTracer, type TracedText, type Tracer } from "./trace.ts";
export {
  type CountedRows,
  countRows,
  documentFrequencies,
  type Grow,
  RowCounter,
} from "./count_rows.ts";
