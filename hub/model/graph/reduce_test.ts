import assert from "node:assert/strict";
import { checkGradients } from "../../testing/gradient_check.ts";
import { openGraph } from "../../testing/graph_session.ts";
import { GraphBuilder } from "./builder.ts";
import { mul } from "./elementwise.ts";
import { reduceMax, reduceMean, reduceSum } from "./reduce.ts";

for (const [name, reduce] of Object.entries({ reduceSum, reduceMean })) {
  Deno.test(`${name}() has the gradient of finite differences over any axes, symbols included`, async () => {
    for (const axes of [undefined, [0], [-1], [0, 2], [1, 2]]) {
      for (const keep of [false, true]) {
        await checkGradients({
          by: { x: ["N", 2, 3] },
          build: ({ x }) => reduce(mul(x!, x!), axes, { keep }),
        });
      }
    }
  });
}

Deno.test("reduceMax() has the gradient of finite differences", async () => {
  const x = [0.1, 0.5, -0.3, 0.9, 0.2, -0.7];
  for (const [axes, keep] of [[[1], false], [[-1], true], [[0, 1], false]] as const) {
    await checkGradients({
      by: { x: ["N", 3] },
      values: { x },
      build: ({ x }) => reduceMax(x!, axes, { keep }),
    });
  }
});

Deno.test("reduceMean() over a symbol divides by what is fed", async () => {
  const g = new GraphBuilder();
  g.output("y", reduceMean(g.input("x", ["N"])));
  await using session = await openGraph(g.build());
  for (const n of [1, 3, 8]) {
    const run = await session.run({ x: { shape: [n], data: new Float32Array(n).fill(2) } });
    assert.deepEqual(run["y"], { data: Float32Array.of(2), shape: [] });
  }
});

Deno.test("reductions refuse axes that are not there, or twice", () => {
  const x = new GraphBuilder().input("x", ["N", 2]);
  for (const axes of [[2], [-3], [0, 0], [1, -1]]) {
    assert.throws(() => reduceSum(x, axes), /must exist, each once/);
  }
});
