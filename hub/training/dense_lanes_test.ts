import assert from "node:assert/strict";
import { rng } from "@aisle/shared/random";
import type { DenseRows } from "../model/dense.ts";
import { halfValues } from "../model/half_values.ts";
import { DenseLanes } from "./dense_lanes.ts";

const DIMS = 12, CLASSES = 11, ROWS = 300;
const random = rng(7);
const values = new Float16Array(new SharedArrayBuffer(ROWS * DIMS * 2));
for (let i = 0; i < values.length; i++) values[i] = random();
const rows: DenseRows = {
  dims: DIMS,
  classes: CLASSES,
  values: halfValues(values, DIMS, 8),
  labels: Int32Array.from({ length: ROWS }, (_, row) => (row * row) % CLASSES),
};
const train = Int32Array.from({ length: 250 }, (_, i) => i);
const held = Int32Array.from({ length: 50 }, (_, i) => 250 + i);
const nowMs = () => performance.now();

async function fitted(workers: number) {
  using lanes = new DenseLanes(rows, { signal: new AbortController().signal, nowMs, workers });
  await lanes.start(train, { c: 3, seed: 1 });
  const violations = [];
  for (let pass = 0; pass < 3; pass++) violations.push(await lanes.pass(pass));
  const first = { violations, scores: await lanes.scores(held), model: await lanes.model() };
  // A second fit in the same lanes begins at zero
  await lanes.start(train.subarray(0, 100), { c: 1, seed: 1 });
  return [first, await lanes.pass(0), await lanes.model()];
}

Deno.test("DenseLanes gives the same bits on this thread and on any number of Workers", async () => {
  const alone = await fitted(1);
  assert.deepEqual(await fitted(2), alone);
  assert.deepEqual(await fitted(8), alone);
});

Deno.test("DenseLanes ends with `cancelled` when it is told to stop, also in the middle of a pass", async () => {
  for (const workers of [1, 2]) {
    const stop = new AbortController();
    using lanes = new DenseLanes(rows, { signal: stop.signal, nowMs, workers });
    await lanes.start(train, { c: 3, seed: 1 });
    const pass = (async () => {
      for (let n = 0; n < 1e6; n++) await lanes.pass(n);
    })();
    stop.abort();
    await assert.rejects(pass, { code: "cancelled" });
  }
});
