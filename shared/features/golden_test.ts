import assert from "node:assert/strict";
import { encode, FeatureRecipe, type FeatureSpec, productText } from "./mod.ts";

/** One product and what it must turn into, for ever, under spec version 1. */
interface GoldenVector {
  readonly designation: string;
  readonly description: string;
  readonly text: string;
  readonly indices: readonly number[];
  /** Bits of the float32 weights, as hexadecimal digits. */
  readonly weights: readonly string[];
}

interface Golden {
  /** From before there was a weight of characters: it must read as 1. */
  readonly recipe: unknown;
  readonly vectors: readonly GoldenVector[];
}

const file = new URL("../../tests/golden/features.json", import.meta.url);

/** idf values that float32 holds exactly and that every bucket shares with few others. */
function goldenSpec(recipe: FeatureRecipe): FeatureSpec {
  const idf = Float32Array.from({ length: 1 << recipe.hashBits }, (_, i) => 1 + (i % 61) / 8);
  return { ...recipe, documents: 1000, idf };
}

const bitsOf = (weights: Float32Array) =>
  Array.from(
    new Uint32Array(weights.buffer, weights.byteOffset, weights.length),
    (bits) => bits.toString(16).padStart(8, "0"),
  );

Deno.test("encode() gives the golden vectors, bit for bit", async () => {
  const { recipe, vectors }: Golden = JSON.parse(await Deno.readTextFile(file));
  const spec = goldenSpec(FeatureRecipe.parse(recipe));
  for (const { text, indices, weights, ...product } of vectors) {
    assert.equal(productText(spec, product), text);
    const encoded = encode(spec, [text]);
    assert.deepEqual([...encoded.indices], indices, text);
    assert.deepEqual(bitsOf(encoded.weights), weights, text);
  }
});
