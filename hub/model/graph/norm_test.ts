import assert from "node:assert/strict";
import { checkGradients } from "../../testing/gradient_check.ts";
import { openGraph } from "../../testing/graph_session.ts";
import { GraphBuilder } from "./builder.ts";
import { batchNormFolded, batchNormLive, layerNorm, standardize } from "./norm.ts";

Deno.test("layerNorm() has the gradient of finite differences", async () => {
  for (const x of [["N", 4], ["N", 2, 3]] as const) {
    const width = x.at(-1) as number;
    await checkGradients({
      by: { x, gamma: [width], beta: [width] },
      build: ({ x, gamma, beta }) => layerNorm(x!, { gamma: gamma!, beta: beta! }, 0.1),
    });
  }
});

Deno.test("batchNormLive() has the gradient of finite differences through the batch's statistics", async () => {
  for (const x of [["N", 2, 3, 2], ["N", 3]] as const) {
    await checkGradients({
      by: { x, gamma: [x[1]], beta: [x[1]] },
      sizes: { N: 4 },
      build: ({ x, gamma, beta }) => batchNormLive(x!, { gamma: gamma!, beta: beta! }, 0.1).y,
    });
  }
});

Deno.test("batchNormFolded() has the gradient of finite differences", () =>
  checkGradients({
    by: { x: ["N", 2, 3, 2], gamma: [2], beta: [2] },
    fed: {
      mean: { shape: [2], data: Float32Array.of(0.3, -0.2) },
      variance: { shape: [2], data: Float32Array.of(0.5, 2) },
    },
    build: ({ x, gamma, beta, mean, variance }) =>
      batchNormFolded(x!, { gamma: gamma!, beta: beta! }, { mean: mean!, variance: variance! }),
  }));

Deno.test("batchNormFolded() with a batch's own statistics equals batchNormLive()", async () => {
  const g = new GraphBuilder();
  const x = g.input("x", ["N", 2, 2, 2]);
  const affine = {
    gamma: g.constant(Float32Array.of(0.5, 2)),
    beta: g.constant(Float32Array.of(1, -1)),
  };
  const live = batchNormLive(x, affine);
  g.output("live", live.y);
  g.output("folded", batchNormFolded(x, affine, live));
  g.output("mean", live.mean);
  g.output("variance", live.variance);
  await using session = await openGraph(g.build());
  const data = Float32Array.from({ length: 24 }, (_, i) => Math.sin(i));
  const run = await session.run({ x: { shape: [3, 2, 2, 2], data } });
  run["live"]!.data.forEach((y, i) => assert.ok(Math.abs(y - run["folded"]!.data[i]!) < 1e-5));
  for (const channel of [0, 1]) {
    const own = [...data].filter((_, i) => Math.floor(i / 4) % 2 === channel);
    const mean = own.reduce((a, b) => a + b) / own.length;
    const variance = own.reduce((sum, x) => sum + (x - mean) ** 2, 0) / own.length;
    assert.ok(Math.abs(run["mean"]!.data[channel]! - mean) < 1e-6);
    assert.ok(Math.abs(run["variance"]!.data[channel]! - variance) < 1e-6);
  }
});

Deno.test("standardize() gives mean 0 and variance 1", async () => {
  const g = new GraphBuilder();
  g.output("y", standardize(g.input("x", ["N", 8]), [1], 0).y);
  await using session = await openGraph(g.build());
  const data = Float32Array.from({ length: 8 }, (_, i) => 3 + i * i);
  const y = [...(await session.run({ x: { shape: [1, 8], data } }))["y"]!.data];
  assert.ok(Math.abs(y.reduce((a, b) => a + b) / 8) < 1e-6);
  assert.ok(Math.abs(y.reduce((a, b) => a + b * b, 0) / 8 - 1) < 1e-5);
});

Deno.test("normalisations refuse vectors of another length, naming the layer", () => {
  const g = new GraphBuilder();
  const x = g.input("x", ["N", 4]), two = g.input("two", [2]);
  const affine = { gamma: two, beta: two };
  assert.throws(
    () => g.layer("n1", () => layerNorm(x, affine)),
    /Cannot build n1: LayerNorm: .*\[2\]/,
  );
  assert.throws(() => batchNormLive(x, affine), /length of axis 1 of \[N,4\]/);
  assert.throws(() => batchNormFolded(x, affine, { mean: two, variance: two }), /BatchNorm/);
});
