import assert from "node:assert/strict";
import { encode } from "@aisle/shared/features";
import { fitSpec, idfOf } from "./fit.ts";

const text = {
  words: [1, 2] as [number, number],
  chars: [2, 5] as [number, number],
  hashBits: 18,
  titleRepeat: 2,
  charWeight: 1,
  charDigitsToZero: true,
};

Deno.test("idfOf() is ln((1 + n) / (1 + df)) + 1, and never below 1", () => {
  const idf = idfOf(Int32Array.of(0, 1, 9, 30), 9);
  const expected = [Math.log(10) + 1, Math.log(5) + 1, 1, 1];
  assert.deepEqual([...idf], expected.map(Math.fround));
});

Deno.test("fitSpec() weighs what is rare above what is common", () => {
  const spec = fitSpec(["red mug", "red pot", "red pan"], text);
  assert.equal(spec.documents, 3);
  const idfOfWord = (word: string) => spec.idf[encode(spec, [word]).indices[0]!]!;
  assert.equal(idfOfWord("red"), Math.fround(Math.log(4 / 4) + 1));
  assert.equal(idfOfWord("mug"), Math.fround(Math.log(4 / 2) + 1));
  assert.equal(idfOfWord("never"), Math.fround(Math.log(4 / 1) + 1));
});

Deno.test("fitSpec() of no texts is a spec all the same", () => {
  const spec = fitSpec([], text);
  assert.equal(spec.idf.length, 1 << 18);
  assert.ok(spec.idf.every((value) => value === 1));
});
