import assert from "node:assert/strict";
import fc from "fast-check";
import { checkGradients } from "../../testing/gradient_check.ts";
import { openGraph } from "../../testing/graph_session.ts";
import { GraphBuilder } from "./builder.ts";
import {
  add,
  div,
  erf,
  exp,
  log,
  mul,
  neg,
  pow,
  scale,
  shift,
  sigmoid,
  sqrt,
  sub,
  tanh,
} from "./elementwise.ts";

for (const [name, build] of Object.entries({ add, sub, mul, div })) {
  Deno.test(`${name}() has the gradient of finite differences, also broadcast both ways`, async () => {
    for (
      const [a, b] of [
        [["N", 3], ["N", 3]],
        [["N", 3], [3]],
        [["N", 1, 3], [2, 1]],
        [[], ["N", 2]],
        [["N", 3], ["N", 1]],
      ] as const
    ) await checkGradients({ by: { a, b }, build: ({ a, b }) => build(a!, b!) });
  });
}

for (const [name, build] of Object.entries({ neg, exp, tanh, sigmoid, erf })) {
  Deno.test(`${name}() has the gradient of finite differences`, () =>
    checkGradients({ by: { x: ["N", 3] }, build: ({ x }) => build(x!) }));
}

for (const [name, build] of Object.entries({ log, sqrt })) {
  Deno.test(`${name}() has the gradient of finite differences above 0`, () =>
    checkGradients({
      by: { x: ["N", 3] },
      values: { x: [0.4, 0.7, 1, 1.5, 2, 3] },
      build: ({ x }) => build(x!),
    }));
}

Deno.test("pow() has the gradient of finite differences", async () => {
  const values = { x: [0.4, 0.7, 1, 1.5, 2, 3] };
  for (const exponent of [-1, 0.5, 2.5]) {
    await checkGradients({ by: { x: ["N", 3] }, values, build: ({ x }) => pow(x!, exponent) });
  }
  for (const exponent of [1, 2, 3]) {
    await checkGradients({ by: { x: ["N", 3] }, build: ({ x }) => pow(x!, exponent) });
  }
});

Deno.test("scale() and shift() have the gradient of finite differences", () =>
  checkGradients({ by: { x: ["N", 3] }, build: ({ x }) => scale(shift(mul(x!, x!), 2), -3) }));

Deno.test("a tensor used twice gets the sum of both gradients", () =>
  checkGradients({ by: { x: ["N", 2] }, build: ({ x }) => add(mul(x!, x!), exp(x!)) }));

Deno.test("add() and mul() broadcast alike whichever side is smaller", async () => {
  const dims = fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(dims, fc.array(fc.boolean(), { maxLength: 3 }), async (large, ones) => {
      const small = large.slice(large.length - Math.min(ones.length, large.length))
        .map((dim, i) => ones[i] ? 1 : dim);
      const g = new GraphBuilder();
      const a = g.input("a", large), b = g.input("b", small);
      const results = { ab: add(a, b), ba: add(b, a), "a*b": mul(a, b), "b*a": mul(b, a) };
      for (const [name, tensor] of Object.entries(results)) {
        assert.deepEqual(tensor.shape, large);
        g.output(name, tensor);
      }
      await using session = await openGraph(g.build());
      const fill = (shape: readonly number[]) => {
        const length = shape.reduce((x, y) => x * y, 1);
        return { shape, data: Float32Array.from({ length }, (_, i) => i + 0.5) };
      };
      const run = await session.run({ a: fill(large), b: fill(small) });
      assert.deepEqual(run["ab"], run["ba"]);
      assert.deepEqual(run["a*b"], run["b*a"]);
      assert.deepEqual(run["ab"]!.shape, large);
    }),
    { numRuns: 40 },
  );
});

Deno.test("operands that do not broadcast are refused with the layer's name", () => {
  const g = new GraphBuilder();
  const build = () =>
    g.layer(
      "block",
      () => g.layer("sum", () => add(g.input("a", ["N", 3]), g.input("b", ["N", 2]))),
    );
  assert.throws(build, /^RangeError: Cannot build block\/sum: Add: .*\[N,3\] and \[N,2\]$/);
  assert.throws(() => mul(g.input("n", ["N"]), g.input("m", ["M"])), /\[N\] and \[M\]/);
  assert.throws(() => sub(g.input("i", [1], "int32"), g.input("f", [1])), /int32 and float32/);
});
