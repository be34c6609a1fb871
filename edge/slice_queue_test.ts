import assert from "node:assert/strict";
import fc from "fast-check";
import {
  MAX_RUN_CHARS,
  MAX_RUN_PICTURES,
  MAX_RUN_PRODUCTS,
  SliceQueue,
  slicesOf,
} from "./slice_queue.ts";

const products = fc.array(
  fc.record({
    designation: fc.nat(9_000).map((n) => "x".repeat(n)),
    description: fc.nat(9_000).map((n) => "y".repeat(n)),
    picture: fc.constantFrom(null, undefined, new Uint8Array(1)),
  }),
  { maxLength: 100 },
);
const picturesOf = (list: readonly { picture?: Uint8Array | null | undefined }[]) =>
  list.filter((p) => p.picture != null).length;
const charsOf = (list: readonly { designation: string; description: string }[]) =>
  list.reduce((sum, p) => sum + p.designation.length + p.description.length, 0);

Deno.test("slicesOf() cuts without losing or reordering, and within the bounds of a run", () => {
  fc.assert(fc.property(products, (list) => {
    const slices = [...slicesOf(list)];
    assert.deepEqual(slices.flat(), list);
    for (const slice of slices) {
      assert.ok(slice.length > 0 && slice.length <= MAX_RUN_PRODUCTS);
      assert.ok(slice.length === 1 || charsOf(slice) <= MAX_RUN_CHARS);
      assert.ok(picturesOf(slice) <= MAX_RUN_PICTURES);
    }
  }));
});

Deno.test("take() gives slices in order, as many as fit one run, and always at least one", () => {
  fc.assert(fc.property(fc.array(products.filter((p) => p.length > 0)), (requests) => {
    const queue = new SliceQueue<never>();
    const slices = requests.flatMap((request) => [...slicesOf(request)]);
    for (const slice of slices) void queue.add(slice);
    const taken = [];
    while (!queue.empty) {
      const together = queue.take();
      assert.ok(together.length > 0);
      const run = together.flatMap((slice) => slice.products);
      if (together.length > 1) {
        assert.ok(run.length <= MAX_RUN_PRODUCTS && charsOf(run) <= MAX_RUN_CHARS);
        assert.ok(picturesOf(run) <= MAX_RUN_PICTURES);
      }
      taken.push(...together.map((slice) => slice.products));
    }
    assert.deepEqual(taken, slices);
    assert.deepEqual(queue.take(), []);
  }));
});

Deno.test("take() lets a slice that failed before travel alone", () => {
  const queue = new SliceQueue<never>();
  const product = { designation: "x", description: "" };
  for (let i = 0; i < 3; i++) void queue.add([product]);
  const slices = queue.take();
  slices[1]!.failures = 1;
  queue.putBack(slices);
  assert.deepEqual([queue.take().length, queue.take().length, queue.take().length], [1, 1, 1]);
});
