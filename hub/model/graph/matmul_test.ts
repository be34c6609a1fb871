import assert from "node:assert/strict";
import { checkGradients } from "../../testing/gradient_check.ts";
import { GraphBuilder } from "./builder.ts";
import { dense, matmul } from "./matmul.ts";

Deno.test("matmul() has the gradient of finite differences, batched, broadcast and with one matrix for all", async () => {
  for (
    const [a, b] of [
      [["N", 3], [3, 2]],
      [["N", 2, 3], ["N", 3, 2]],
      [["N", 2, 3], [3, 2]],
      [[2, 3], ["N", 3, 2]],
      [["N", 1, 2, 3], [2, 3, 2]],
    ] as const
  ) await checkGradients({ by: { a, b }, build: ({ a, b }) => matmul(a!, b!) });
});

Deno.test("dense() has the gradient of finite differences, over more than one leading axis too", async () => {
  for (const x of [["N", 3], ["N", 2, 3]] as const) {
    await checkGradients({
      by: { x, w: [3, 2], b: [2] },
      build: ({ x, w, b }) => dense(x!, w!, b!),
    });
  }
});

Deno.test("products refuse what does not fit, naming layer and shapes", () => {
  const g = new GraphBuilder();
  const x = g.input("x", ["N", 3]), w = g.input("w", [4, 2]), b = g.input("b", [2]);
  assert.throws(
    () => g.layer("head", () => dense(x, w, b)),
    /Cannot build head: Gemm: .*\[N,3\] and \[4,2\] and \[2\]/,
  );
  assert.throws(() => matmul(x, w), /MatMul: .*\[N,3\] x \[4,2\]/);
  assert.throws(() => matmul(b, w), /MatMul/);
});
