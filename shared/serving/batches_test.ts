import assert from "node:assert/strict";
import fc from "fast-check";
import { planRuns, type SparseRow, sparseRow } from "./batches.ts";

const rowOf = (length: number, mark: number): SparseRow => ({
  ids: Int32Array.from({ length }, (_, i) => mark * 1000 + i + 1),
  values: Float32Array.from({ length }, (_, i) => i + 1),
});

Deno.test("sparseRow() leaves out buckets that have no row", () => {
  const row = sparseRow({
    offsets: Int32Array.of(0, 3),
    indices: Int32Array.of(0, 1, 2),
    weights: Float32Array.of(0.5, 0.25, 2),
  }, Int32Array.of(2, 0, 1));
  assert.deepEqual([...row.ids], [2, 1]);
  assert.deepEqual([...row.values], [0.5, 2]);
});

Deno.test("planRuns() loses nothing, adds only padding and keeps to its budget", () => {
  const lengths = fc.array(fc.integer({ min: 0, max: 90 }), { maxLength: 80 });
  fc.assert(fc.property(lengths, fc.integer({ min: 1, max: 9 }), (sizes, classes) => {
    const rows = sizes.map((length, i) => rowOf(length, i));
    const runs = planRuns(rows, classes, 200);
    const found = rows.map(() => [] as number[]);
    const firsts = rows.map(() => 0);
    for (const run of runs) {
      assert.ok(run.rows * run.length * classes <= Math.max(200, classes), "budget");
      assert.equal(run.ids.length, run.rows * run.length);
      run.pieces.forEach(({ product, first }, r) => {
        if (first) firsts[product]!++;
        for (let i = r * run.length; i < (r + 1) * run.length; i++) {
          if (run.ids[i] === 0) assert.equal(run.values[i], 0);
          else found[product]!.push(run.ids[i]!);
        }
      });
    }
    found.forEach((ids, product) =>
      assert.deepEqual(ids.toSorted((a, b) => a - b), [...rows[product]!.ids])
    );
    assert.ok(firsts.every((n) => n === 1), "each product has one first piece");
  }));
});

Deno.test("planRuns() puts products of like length together", () => {
  const rows = [rowOf(100, 1), rowOf(2, 2), rowOf(100, 3), rowOf(2, 4)];
  const runs = planRuns(rows, 1, 200);
  assert.deepEqual(runs.map((run) => run.pieces.map((p) => p.product)), [[0, 2], [1, 3]]);
});

Deno.test("planRuns() cuts a product that is too long alone", () => {
  const runs = planRuns([rowOf(250, 1)], 2, 200);
  assert.deepEqual(runs.map((run) => run.length), [100, 100, 50]);
  assert.deepEqual(runs.map((run) => run.pieces[0]!.first), [true, false, false]);
});
