import assert from "node:assert/strict";
import { checkGradients } from "../../testing/gradient_check.ts";
import { openGraph } from "../../testing/graph_session.ts";
import { clip, dropout, gelu, hardSigmoid, hardSwish, leakyRelu, relu } from "./activation.ts";
import { GraphBuilder } from "./builder.ts";
import { scale } from "./elementwise.ts";

Deno.test("relu() has the gradient of finite differences away from 0", () =>
  checkGradients({ by: { x: ["N", 5] }, build: ({ x }) => relu(x!) }));

Deno.test("gelu() has the gradient of finite differences, far out too", () =>
  checkGradients({ by: { x: ["N", 5] }, build: ({ x }) => gelu(scale(x!, 3)) }));

Deno.test("clip() has the gradient of finite differences inside and outside of its bounds", () =>
  checkGradients({
    by: { x: ["N", 3] },
    values: { x: [-1, -0.3, 0.4, 0.9, 2, 0.1] },
    build: ({ x }) => clip(x!, -0.5, 1),
  }));

for (const [name, build] of Object.entries({ hardSigmoid, hardSwish })) {
  Deno.test(`${name}() has the gradient of finite differences on each of its three pieces`, () =>
    checkGradients({
      by: { x: ["N", 3] },
      values: { x: [-5, -1, -0.3, 0.4, 1.2, 7] },
      build: ({ x }) => build(x!),
    }));
}

Deno.test("leakyRelu() has the gradient of finite differences on both sides", () =>
  checkGradients({ by: { x: ["N", 3] }, build: ({ x }) => leakyRelu(x!, 0.1) }));

Deno.test("dropout() has the gradient of finite differences and keeps the scale of what it keeps", async () => {
  await checkGradients({
    by: { x: ["N", 3] },
    fed: { mask: { shape: ["N", 3], data: Float32Array.of(1, 0, 1, 1, 1, 0) } },
    build: ({ x, mask }) => dropout(x!, mask!, 0.2),
  });
  const g = new GraphBuilder();
  g.output("y", dropout(g.input("x", [2]), g.input("mask", [2]), 0.5));
  await using session = await openGraph(g.build());
  const run = await session.run({
    x: { shape: [2], data: Float32Array.of(3, 5) },
    mask: { shape: [2], data: Float32Array.of(1, 0) },
  });
  assert.deepEqual([...run["y"]!.data], [6, 0]);
});

Deno.test("gelu() is 0 at 0, near x far above and near 0 far below", async () => {
  const g = new GraphBuilder();
  g.output("y", gelu(g.input("x", [4])));
  await using session = await openGraph(g.build());
  const run = await session.run({ x: { shape: [4], data: Float32Array.of(0, 6, -6, 1) } });
  // 0.8413447 is the standard normal distribution at 1.
  [0, 6, 0, 0.8413447].forEach((want, i) => assert.ok(Math.abs(run["y"]!.data[i]! - want) < 1e-5));
});

Deno.test("activations refuse bounds, rates and masks that cannot be", () => {
  const g = new GraphBuilder();
  const x = g.input("x", ["N", 2]);
  assert.throws(() => clip(x, 1, 1), /low must be under high/);
  assert.throws(() => dropout(x, g.input("m", [2]), 0.5), /mask must be shaped like \[N,2\]/);
  assert.throws(() => dropout(x, x, 1), /rate must be in/);
});
