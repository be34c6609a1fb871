import assert from "node:assert/strict";
import fc from "fast-check";
import { rowMapFromBytes, rowMapToBytes } from "./row_map.ts";

Deno.test("rowMapFromBytes() numbers the kept buckets from 1 in their order", () => {
  assert.deepEqual([...rowMapFromBytes(rowMapToBytes([0, 1, 0, 1, 1]), 5, 4)], [0, 1, 0, 2, 3]);
});

Deno.test("rowMapFromBytes() undoes rowMapToBytes()", () => {
  fc.assert(fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 70 }), (kept) => {
    const rows = 1 + kept.filter(Boolean).length;
    const map = rowMapFromBytes(rowMapToBytes(kept), kept.length, rows);
    assert.deepEqual([...map].map((row) => row > 0), kept);
    assert.deepEqual(
      [...map].filter((row) => row > 0),
      Array.from({ length: rows - 1 }, (_, i) => i + 1),
    );
  }));
});

Deno.test("rowMapFromBytes() refuses another size, another count and bits beyond the last bucket", () => {
  const bits = rowMapToBytes([1, 1, 0, 1, 0]);
  assert.throws(() => rowMapFromBytes(bits, 9, 4), /must have 9 bits/);
  assert.throws(() => rowMapFromBytes(bits, 5, 5), /must name 4 buckets: current value is 3/);
  assert.throws(() => rowMapFromBytes(Uint8Array.from([0b1000_0000]), 5, 2), /a bucket too many/);
});
