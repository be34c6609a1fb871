import assert from "node:assert/strict";
import { learnedBranchFromBytes, learnedBranchToBytes } from "./learned_branch.ts";

const branch = {
  classes: ["0060", "größe"],
  weights: Float32Array.of(1, 2, 3, 4, 5, 6),
  bias: Float32Array.of(-1, 1),
  heldOut: { rows: Int32Array.of(0, 70_000, 2 ** 30), logits: Float32Array.of(1, 2, 3, 4, 5, 6) },
};

Deno.test("learnedBranchFromBytes() reads what learnedBranchToBytes() wrote, and nothing that is damaged", () => {
  const bytes = learnedBranchToBytes(branch);
  assert.deepEqual(learnedBranchFromBytes(bytes), branch);
  assert.throws(() => learnedBranchFromBytes(bytes.subarray(0, bytes.length - 4)), /damaged/);
  assert.throws(() => learnedBranchFromBytes(Uint8Array.of(1, 2)), /damaged/);
});
