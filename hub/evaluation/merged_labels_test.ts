import assert from "node:assert/strict";
import type { Predictor } from "@aisle/shared/serving";
import { withMergedLabels } from "./merged_labels.ts";

/** Gives every product the same confidences. */
const fixed = {
  digest: "a".repeat(64),
  classes: ["10", "20", "30"],
  manifest: {},
  runtime: "fake",
  predict: (products: readonly unknown[]) =>
    Promise.resolve(products.map(() => ({
      top: [{ index: 2, confidence: 0.5 }, { index: 1, confidence: 0.3 }, {
        index: 0,
        confidence: 0.2,
      }],
      confidence: 0.5,
      decision: "auto",
      route: "fused",
      picture: "used",
      branches: {
        text: { index: 1, confidence: 0.4 },
        image: null,
        fused: { index: 2, confidence: 0.5 },
      },
    }))),
  assess: (products: readonly unknown[]) =>
    Promise.resolve(products.map(() => ({
      confidences: Float64Array.of(0.2, 0.3, 0.5),
      text: Float64Array.of(0.5, 0.3, 0.2),
      image: null,
      fused: Float64Array.of(0.2, 0.3, 0.5),
    }))),
  confidencesOf: (products: readonly unknown[]) =>
    Promise.resolve(Float64Array.from(products.flatMap(() => [0.2, 0.3, 0.5]))),
} as unknown as Predictor;
const product = { designation: "x", description: "" };

Deno.test("withMergedLabels() counts a guess of a merged code as the code it was merged into", async () => {
  const merged = withMergedLabels(fixed, { "30": "10" });
  const [answer] = await merged.predict([product]);
  assert.deepEqual(answer!.top.map((g) => merged.classes[g.index]), ["10", "20", "10"]);
  assert.deepEqual(Array.from(await merged.confidencesOf([product, product])), [
    ...[0.7, 0.3, 0],
    ...[0.7, 0.3, 0],
  ]);
});

Deno.test("withMergedLabels() merges the guesses of every branch", async () => {
  const merged = withMergedLabels(fixed, { "30": "10" });
  const [answer] = await merged.predict([product]);
  assert.deepEqual(answer!.branches.fused, { index: 0, confidence: 0.5 });
  assert.equal(answer!.branches.image, null);
  const [assessed] = await merged.assess([product]);
  assert.deepEqual([...assessed!.confidences], [0.7, 0.3, 0]);
  assert.deepEqual([...assessed!.text!], [0.7, 0.3, 0]);
  assert.equal(assessed!.image, null);
});

Deno.test("withMergedLabels() names a code that only the catalogue knows", async () => {
  const merged = withMergedLabels(fixed, { "30": "99" });
  const [answer] = await merged.predict([product]);
  assert.equal(merged.classes[answer!.top[0]!.index], "99");
});

Deno.test("withMergedLabels() leaves a bundle alone that no merge concerns", () => {
  assert.equal(withMergedLabels(fixed, { "40": "10" }), fixed);
});
