import assert from "node:assert/strict";
import fc from "fast-check";
import { bagKernels, plainBagKernels } from "./bag_kernels.ts";
import { FixedMemory } from "./fixed_memory.ts";
import { rng } from "@aisle/shared/random";

Deno.test("bagKernels() have the bits of their plain twin, whatever the width and the rows", () => {
  const widths = fc.constantFrom(4, 12, 32, 36, 128);
  const rows = fc.array(fc.nat(6), { maxLength: 20 });
  fc.assert(fc.property(widths, rows, fc.nat(), (width, rows, seed) => {
    const lengths = [7 * width, rows.length, width];
    const [fast, plain] = [bagKernels, plainBagKernels].map((make) => {
      const random = rng(seed), memory = new FixedMemory(lengths), kernels = make(width, memory);
      const table = memory.floats(7 * width),
        list = memory.integers(rows.length),
        row = memory.floats(width);
      table.forEach((_, i) => table[i] = random() - 0.5);
      list.set(rows);
      const part = { from: Math.min(1, rows.length), to: rows.length, share: 1 / 3 };
      kernels.gather(table, list, part, row);
      const gathered = [...row];
      kernels.spread(table, list, part, row);
      return { gathered, table: [...table] };
    });
    assert.deepEqual(fast, plain);
  }));
});

Deno.test("bagKernels() refuse a width that is not made of whole vectors", () => {
  assert.throws(() => bagKernels(6, new FixedMemory([1])), /multiple of 4: current value is 6/);
});
