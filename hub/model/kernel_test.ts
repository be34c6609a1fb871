import assert from "node:assert/strict";
import fc from "fast-check";
import { COUNT_SHIFT, LOG_COUNT } from "@aisle/shared/features";
import { Arena } from "./arena.ts";
import { ENTRY_BYTES, type Kernel, type LoadTables, scriptKernel } from "./kernel.ts";
import { wasmKernel } from "./wasm_kernel.ts";

/** A small problem in an arena of its own, filled from a list of numbers. */
function problem(classes: number, entries: number, numbers: readonly number[]) {
  const arena = new Arena(), features = 50, stride = Math.ceil(classes / 4) * 4;
  let at = 0;
  const next = () => numbers[at++ % numbers.length]!;
  const tables: LoadTables = {
    idf: arena.take(features * 4),
    logCount: arena.take(1024),
    weights: arena.take(features * stride * 4),
    stride,
  };
  const packed = arena.take(entries * 4), loaded = arena.take(entries * ENTRY_BYTES);
  const scores = arena.take(stride * 4), deltas = arena.take(stride * 4);
  for (let i = 0; i < features; i++) arena.f32(tables.idf, features)[i] = 1 + Math.abs(next());
  arena.f32(tables.logCount, 256).set(LOG_COUNT);
  for (let i = 0; i < features * stride; i++) {
    arena.f32(tables.weights, features * stride)[i] = next();
  }
  for (let i = 0; i < entries; i++) {
    const feature = Math.floor(Math.abs(next()) * 7919) % features;
    const count = 1 + Math.floor(Math.abs(next()) * 1000) % 255;
    arena.i32(packed, entries)[i] = count << COUNT_SHIFT | feature << 1 | (next() > 0 ? 1 : 0);
  }
  for (let k = 0; k < classes; k++) {
    arena.f32(scores, stride)[k] = next();
    // Late in a fit most deltas are zero
    arena.f32(deltas, stride)[k] = next() > 0.3 ? next() : 0;
  }
  return { arena, tables, packed, loaded, scores, deltas, entries };
}

/** Everything in the arena after the three loops have run. */
function outcome(
  make: (arena: Arena, tables: LoadTables) => Kernel,
  ...args: Parameters<typeof problem>
) {
  const { arena, tables, packed, loaded, scores, deltas, entries } = problem(...args);
  const kernel = make(arena, tables);
  kernel.load(packed, entries, 0.37, loaded);
  kernel.score(loaded, entries, scores);
  kernel.update(loaded, entries, deltas);
  return new Uint32Array(arena.memory.buffer.slice(0));
}

Deno.test("wasmKernel gives the bits of scriptKernel for any classes and entries", () => {
  const number = fc.float({ min: -4, max: 4, noNaN: true, noDefaultInfinity: true })
    .filter((x) => Math.abs(x) > 1e-20);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 75 }),
      fc.integer({ min: 0, max: 40 }),
      fc.array(number, { minLength: 7, maxLength: 60 }),
      (classes, entries, numbers) => {
        assert.deepEqual(
          outcome(wasmKernel, classes, entries, numbers),
          outcome(scriptKernel, classes, entries, numbers),
        );
      },
    ),
    { numRuns: 150 },
  );
});

for (const [name, make] of [["scriptKernel", scriptKernel], ["wasmKernel", wasmKernel]] as const) {
  Deno.test(`${name} adds value times weight to each score, and value times delta to each weight`, () => {
    const { arena, tables, packed, loaded, scores, deltas } = problem(3, 2, [0]);
    arena.f32(tables.idf, 2).set([2, 3]);
    arena.i32(packed, 2).set([1 << COUNT_SHIFT | 0 << 1, 1 << COUNT_SHIFT | 1 << 1 | 1]);
    arena.f32(tables.weights, 8).set([1, 2, 3, 0, 10, 20, 30, 0]);
    arena.f32(scores, 4).set([0.5, 0, 0, 0]);
    arena.f32(deltas, 4).set([1, 0, -1, 0]);
    const kernel = make(arena, tables);
    kernel.load(packed, 2, 0.5, loaded);
    kernel.score(loaded, 2, scores);
    kernel.update(loaded, 2, deltas);
    // values: 1 x 2 x .5 = 1 and -(1 x 3 x .5) = -1.5
    assert.deepEqual([...arena.f32(scores, 3)], [0.5 + 1 - 15, 2 - 30, 3 - 45]);
    assert.deepEqual([...arena.f32(tables.weights, 7)], [2, 2, 2, 0, 8.5, 20, 31.5]);
  });
}
