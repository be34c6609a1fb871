import assert from "node:assert/strict";
import fc from "fast-check";
import { batchRows, dropoutMask, stepRandom, stepsPerEpoch } from "./batches.ts";

const plans = fc.record({
  rows: fc.integer({ min: 1, max: 60 }),
  batchSize: fc.integer({ min: 1, max: 20 }),
  seed: fc.nat(),
});

Deno.test("batchRows() names every row once an epoch but for the few that fill no batch", () => {
  fc.assert(fc.property(plans, fc.nat(3), (plan, epoch) => {
    const rowsOf = batchRows(plan), perEpoch = stepsPerEpoch(plan);
    const rows = Array.from({ length: perEpoch }, (_, i) => [...rowsOf(epoch * perEpoch + i + 1)])
      .flat();
    assert.equal(new Set(rows).size, rows.length);
    assert.ok(rows.every((row) => row >= 0 && row < plan.rows));
    assert.equal(rows.length, perEpoch * Math.min(plan.batchSize, plan.rows));
  }));
});

Deno.test("batchRows() is a function of seed and step: asked in any order it gives the same", () => {
  fc.assert(fc.property(plans, fc.array(fc.integer({ min: 1, max: 40 })), (plan, steps) => {
    const asked = batchRows(plan);
    for (const step of steps) assert.deepEqual(asked(step), batchRows(plan)(step));
  }));
  const [a, b] = [1, 2].map((seed) => batchRows({ rows: 50, batchSize: 50, seed })(1));
  assert.notDeepEqual(a, b);
  const rowsOf = batchRows({ rows: 50, batchSize: 50, seed: 1 });
  assert.notDeepEqual(rowsOf(1), rowsOf(2));
});

Deno.test("dropoutMask() drops about its rate, the same for the same step", () => {
  const masks = [1, 1, 2].map((step) => dropoutMask([100, 100], 0.3, stepRandom(9, step)).data);
  assert.deepEqual(masks[0], masks[1]);
  assert.notDeepEqual(masks[0], masks[2]);
  const kept = (masks[0] as Float32Array).reduce((sum, x) => sum + x, 0) / 10_000;
  assert.ok(Math.abs(kept - 0.7) < 0.02, `kept ${kept}`);
});
