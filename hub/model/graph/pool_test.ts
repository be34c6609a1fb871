import assert from "node:assert/strict";
import { rng, shuffle } from "@aisle/shared/random";
import { checkGradients } from "../../testing/gradient_check.ts";
import { openGraph } from "../../testing/graph_session.ts";
import { GraphBuilder } from "./builder.ts";
import { mul } from "./elementwise.ts";
import { gradients } from "./gradients.ts";
import { averagePool, globalAveragePool, maxPool } from "./pool.ts";
import { reduceSum } from "./reduce.ts";

/** Values so far apart that no step of the differences changes which is largest. */
function apart(length: number): number[] {
  return shuffle(Array.from({ length }, (_, i) => (i - length / 2) * 0.1), rng(3));
}

Deno.test("globalAveragePool() has the gradient of finite differences", () =>
  checkGradients({ by: { x: ["N", 2, 3, 4] }, build: ({ x }) => globalAveragePool(x!) }));

for (
  const [name, height, width, options] of [
    ["windows side by side", 4, 4, { strides: [2, 2] }],
    ["windows that overlap", 4, 3, {}],
    ["pads", 4, 4, { strides: [2, 2], pads: [1, 1, 1, 1] }],
    ["uneven pads and a rest", 5, 6, { strides: [2, 3], pads: [0, 1, 1, 0] }],
  ] as const
) {
  Deno.test(`maxPool() has the gradient of finite differences: ${name}`, () =>
    checkGradients({
      by: { x: ["N", 2, height, width] },
      values: { x: apart(4 * height * width) },
      build: ({ x }) => maxPool(x!, [2, 2], options),
    }));
}

for (const countPads of [false, true]) {
  Deno.test(`averagePool() has the gradient of finite differences: pads ${countPads ? "count" : "do not count"}`, async () => {
    const options = { strides: [2, 1], pads: [0, 1, 1, 0], countPads } as const;
    await checkGradients({
      by: { x: ["N", 2, 6, 5] },
      build: ({ x }) => averagePool(mul(x!, x!), [3, 2], options),
    });
    await checkGradients({ by: { x: ["N", 1, 3, 3] }, build: ({ x }) => averagePool(x!, [3, 3]) });
  });
}

Deno.test("maxPool() gives the gradient to the first of equal elements", async () => {
  const g = new GraphBuilder();
  const x = g.variable(g.input("x", [1, 1, 2, 4]));
  g.output("dx", gradients(reduceSum(maxPool(x, [2, 2], { strides: [2, 2] })), [x])[0]!);
  await using session = await openGraph(g.build());
  const run = await session.run({
    x: { shape: [1, 1, 2, 4], data: new Float32Array(8).fill(0.5) },
  });
  assert.deepEqual([...run["dx"]!.data], [1, 0, 1, 0, 0, 0, 0, 0]);
});

Deno.test("pools refuse what is no picture and windows that do not fit", () => {
  const g = new GraphBuilder();
  assert.throws(() => globalAveragePool(g.input("a", ["N", 2])), /must be \[N,C,H,W\]/);
  assert.throws(() => maxPool(g.input("b", ["N", 2]), [1, 1]), /must be \[N,C,H,W\]/);
  assert.throws(() => maxPool(g.input("c", ["N", 2, 3, 3]), [4, 1]), /must fit/);
});
