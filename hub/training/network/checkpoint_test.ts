import assert from "node:assert/strict";
import { runFromBytes, runToBytes } from "./checkpoint.ts";

const run = {
  step: 12,
  stale: 1,
  best: { step: 10, score: 0.5, weights: { w: Float32Array.of(1, 2) } },
  state: { w: Float32Array.of(3, -0), "w:mean": Float32Array.of(1e-30, 4), b: new Float32Array(0) },
};

Deno.test("runFromBytes() gives back what runToBytes() was given, bit by bit", () => {
  assert.deepEqual(runFromBytes(runToBytes("x", run), "x"), { run });
  const early = { ...run, best: null };
  assert.deepEqual(runFromBytes(runToBytes("x", early), "x"), { run: early });
});

Deno.test("runFromBytes() says why a checkpoint is of no use", () => {
  const bytes = runToBytes("x", run), broken = { unusable: "the checkpoint is not whole" };
  assert.deepEqual(runFromBytes(bytes, "y"), {
    unusable: "the checkpoint is of other data or params",
  });
  for (const end of [0, 5, 30, bytes.length - 1]) {
    assert.deepEqual(runFromBytes(bytes.slice(0, end), "x"), broken);
  }
});
