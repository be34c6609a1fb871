import assert from "node:assert/strict";
import fc from "fast-check";
import { addInput, type InputFacts, InputStats, mergeInputs, noInputs } from "./inputs.ts";

const facts = fc.record({
  designation: fc.string(),
  description: fc.string({ maxLength: 300 }),
  unknown: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
  pictureBytes: fc.option(fc.nat(50_000_000)),
});

function statsOf(products: readonly InputFacts[]): InputStats {
  const stats = noInputs();
  for (const product of products) addInput(stats, product);
  return stats;
}

const total = (counts: readonly number[]) => counts.reduce((sum, n) => sum + n, 0);

Deno.test("addInput() counts every product once in every histogram that it belongs to", () => {
  fc.assert(fc.property(fc.array(facts), (products) => {
    const stats = InputStats.parse(statsOf(products));
    assert.equal(stats.products, products.length);
    assert.equal(total(stats.length), products.length);
    assert.equal(total(stats.unknown), products.filter((p) => p.unknown !== undefined).length);
    assert.equal(total(stats.pictures), products.filter((p) => p.pictureBytes !== null).length);
  }));
});

Deno.test("mergeInputs() of two lots is what one lot of both would be", () => {
  fc.assert(fc.property(fc.array(facts), fc.array(facts), (a, b) => {
    assert.deepEqual(mergeInputs(statsOf(a), statsOf(b)), statsOf([...a, ...b]));
  }));
});

Deno.test("addInput() bins by powers of two: 0, 1, 2-3, 4-7, and pictures from 1 KiB", () => {
  const lengths = [0, 1, 2, 3, 4, 7, 8].map((n) => ({
    designation: "x".repeat(n),
    description: "",
    pictureBytes: n * 1024,
  }));
  const { length, pictures } = statsOf(lengths);
  assert.deepEqual(length.slice(0, 5), [1, 1, 2, 2, 1]);
  assert.deepEqual(pictures.slice(0, 5), [1, 1, 2, 2, 1]);
});
