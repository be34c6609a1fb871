import assert from "node:assert/strict";
import { PicturedRows } from "./pictured_rows.ts";
import { accuracyOf, softTargets } from "./targets.ts";

const texts = ["b", "a", "b", "c", "a"].map((code, i) => ({ code, group: `text ${i % 4}` }));
const pictures = ["p", "", "q", "p", "gone"];
const values = {
  rowOf: new Map([["q", 0], ["p", 1]]),
  values: Float16Array.of(1, 2, 9, 3, 4, 9),
  dims: 3,
  embedding: 2,
};

Deno.test("PicturedRows has the rows whose picture was decoded, and knows their numbers and values", () => {
  const rows = new PicturedRows(texts, pictures, values);
  assert.equal(rows.count, 3);
  assert.deepEqual(rows.classes, ["b", "c"]);
  assert.deepEqual([...rows.labels], [0, 0, 1]);
  assert.deepEqual([...rows.numbersOf(Int32Array.of(0, 1, 2))], [0, 2, 3]);
  assert.deepEqual([...rows.valuesOf(0)], [3, 4]);
  assert.deepEqual([...rows.valuesOf(1)], [1, 2]);
});

Deno.test("PicturedRows keeps to the rows' content groups: a shared placeholder joins nothing", () => {
  const rows = new PicturedRows(texts, pictures, values);
  assert.deepEqual(rows.groups, ["text 0", "text 2", "text 3"]);
});

Deno.test("softTargets() sums to 1 over all rows of a batch; accuracyOf() counts the largest logits", () => {
  const labelled = { labels: Int32Array.of(2, 0), classes: 3 };
  const { shape, data } = softTargets(Int32Array.of(0, 1), labelled, 0.3);
  assert.deepEqual(shape, [2, 3]);
  const rounded = Array.from(data as Float32Array, (x) => Math.round(x * 1000) / 1000);
  assert.deepEqual(rounded, [0.05, 0.05, 0.4, 0.4, 0.05, 0.05]);
  const logits = Float32Array.of(0, 1, 2, 0, 1, 2);
  assert.equal(accuracyOf(logits, Int32Array.of(0, 1), labelled), 0.5);
});
