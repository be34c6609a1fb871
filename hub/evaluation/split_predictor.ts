/**
 * A bundle judged by two runtimes: products without a picture by that of an edge, the others natively.
 *
 * Thousands of gold pictures in wasm would take minutes; that both agree is measured on a sample and asked for by the
 * gate (`picture_rules.ts`).
 *
 * @module
 */
import type { Assessed, Predictor, ProductContent } from "@aisle/shared/serving";

/** One predictor over both; what is served and timed is the edge's. */
export function splitPredictor(edge: Predictor, native: Predictor): Predictor {
  return {
    digest: edge.digest,
    classes: edge.classes,
    manifest: edge.manifest,
    runtime: `${edge.runtime}, pictures ${native.runtime}`,
    predict: (products) => edge.predict(products),
    confidencesOf: (products) => edge.confidencesOf(products),
    async assess(products, options) {
      const hasPicture = (product: ProductContent) => (product.picture ?? null) !== null;
      const texts = await edge.assess(products.filter((p) => !hasPicture(p)), options);
      const pictures = await native.assess(products.filter(hasPicture), options);
      const [text, picture] = [texts.values(), pictures.values()];
      return products.map((p) => (hasPicture(p) ? picture : text).next().value as Assessed);
    },
    selfTest: () => edge.selfTest(),
    async [Symbol.asyncDispose]() {
      await edge[Symbol.asyncDispose]();
      await native[Symbol.asyncDispose]();
    },
  };
}
