import assert from "node:assert/strict";
import { checkGradients } from "../../testing/gradient_check.ts";
import { GraphBuilder } from "./builder.ts";
import { mul } from "./elementwise.ts";
import { concat, expandTo, flatten, pad, reshape, slice, take, transpose } from "./shape.ts";

Deno.test("reshape() and flatten() have the gradient of finite differences", async () => {
  for (const to of [["N", 6], ["N", 3, -1], [-1], [-1, 2]]) {
    await checkGradients({ by: { x: ["N", 2, 3] }, build: ({ x }) => reshape(mul(x!, x!), to) });
  }
  await checkGradients({ by: { x: ["N", 2, 3] }, build: ({ x }) => flatten(mul(x!, x!)) });
});

Deno.test("reshape() joins two symbols and the gradient parts them again", () =>
  checkGradients({
    by: { x: ["N", "L", 2] },
    sizes: { L: 3 },
    build: ({ x }) => reshape(mul(x!, x!), [-1, 2]),
  }));

Deno.test("transpose() has the gradient of finite differences", () =>
  checkGradients({
    by: { x: ["N", 2, 3] },
    build: ({ x }) => transpose(mul(x!, x!), [2, 0, 1]),
  }));

Deno.test("concat() and slice() have the gradient of finite differences", async () => {
  await checkGradients({
    by: { a: ["N", 2], b: ["N", 3], c: ["N", 1] },
    build: ({ a, b, c }) => concat([mul(a!, a!), b!, c!, b!], -1),
  });
  await checkGradients({ by: { x: ["N", 5] }, build: ({ x }) => slice(mul(x!, x!), 1, 1, 4) });
});

Deno.test("pad(), expandTo() and take() have the gradient of finite differences", async () => {
  await checkGradients({
    by: { x: ["N", 2, 3] },
    build: ({ x }) => pad(mul(x!, x!), [0, 1, 0], [0, 0, 2]),
  });
  await checkGradients({
    by: { x: [1, 3], like: ["N", 3] },
    build: ({ x, like }) => mul(expandTo(mul(x!, x!), like!), like!),
  });
  await checkGradients({
    by: { x: ["N", 4] },
    build: ({ x }) => take(mul(x!, x!), 1, [2, 0, 2, -1]),
  });
});

Deno.test("shape operators know the shape they give", () => {
  const x = new GraphBuilder().input("x", ["N", 3, 4]);
  assert.deepEqual(reshape(x, [-1, 4]).shape, ["3*N", 4]);
  assert.deepEqual(reshape(reshape(x, [-1, 4]), ["N", -1]).shape, ["N", 12]);
  assert.deepEqual(flatten(x).shape, ["N", 12]);
  assert.deepEqual(transpose(x, [1, 2, 0]).shape, [3, 4, "N"]);
  assert.deepEqual(concat([x, x], 2).shape, ["N", 3, 8]);
  assert.deepEqual(slice(x, -1, 1, 3).shape, ["N", 3, 2]);
});

Deno.test("shape operators refuse what does not fit, naming both shapes", () => {
  const g = new GraphBuilder();
  const x = g.input("x", ["N", 3, 4]);
  assert.throws(() => reshape(x, ["N", 11]), /\[N,11\] must hold as many elements as \[N,3,4\]/);
  assert.throws(() => reshape(x, [-1, -1]), /must hold/);
  assert.throws(() => reshape(x, [-1, 5]), /must hold/);
  assert.throws(() => transpose(x, [0, 1]), /must name each axis once/);
  assert.throws(() => concat([x, g.input("z", ["N", 2, 4])], 2), /must agree but for axis 2/);
  assert.throws(() => concat([x, x], 0), /axis 0 must be known/);
  assert.throws(() => slice(x, 1, 2, 4), /2 to 4 must lie in axis 1/);
  assert.throws(() => slice(x, 0, 0, 1), /axis 0 must be known/);
});
