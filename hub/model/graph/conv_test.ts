import assert from "node:assert/strict";
import { checkGradients } from "../../testing/gradient_check.ts";
import { GraphBuilder } from "./builder.ts";
import { conv, type ConvOptions } from "./conv.ts";
import type { Shape } from "./dims.ts";
import { gradients } from "./gradients.ts";
import { reduceSum } from "./reduce.ts";

interface Case {
  readonly name: string;
  readonly x: Shape;
  readonly kernel: Shape;
  readonly options?: ConvOptions;
}

/** Each way of the kernel's gradient, with strides that leave a rest, pads that differ by side, and symbols. */
const CASES: readonly Case[] = [
  { name: "few channels", x: ["N", 2, 4, 5], kernel: [2, 2, 3, 3] },
  {
    name: "few channels, strides with a rest, uneven pads",
    x: ["N", 2, 6, 5],
    kernel: [2, 2, 3, 2],
    options: { strides: [2, 3], pads: [1, 0, 0, 1] },
  },
  { name: "many channels", x: ["N", 5, 4, 3], kernel: [2, 5, 2, 3] },
  {
    name: "many channels, strides with a rest, uneven pads",
    x: ["N", 5, 4, 4],
    kernel: [2, 5, 3, 3],
    options: { strides: [2, 2], pads: [0, 1, 1, 0] },
  },
  { name: "many channels, 1x1", x: ["N", 6, 2, 3], kernel: [3, 6, 1, 1] },
  {
    name: "many channels, 1x1 with strides",
    x: ["N", 5, 3, 4],
    kernel: [2, 5, 1, 1],
    options: { strides: [2, 2] },
  },
  {
    name: "1x1 with pads",
    x: ["N", 5, 2, 2],
    kernel: [2, 5, 1, 1],
    options: { pads: [1, 1, 1, 1] },
  },
  {
    name: "grouped",
    x: ["N", 4, 4, 4],
    kernel: [6, 2, 3, 3],
    options: { groups: 2, strides: [2, 1], pads: [1, 1, 1, 1] },
  },
  {
    name: "grouped, steps of one, uneven windows and pads",
    x: ["N", 4, 3, 4],
    kernel: [6, 2, 2, 3],
    options: { groups: 2, pads: [1, 2, 0, 1] },
  },
  {
    name: "depthwise",
    x: ["N", 3, 4, 5],
    kernel: [3, 1, 3, 3],
    options: { groups: 3, strides: [2, 2], pads: [1, 1, 1, 1] },
  },
  {
    name: "depthwise, two kernels a channel",
    x: ["N", 2, 3, 3],
    kernel: [4, 1, 2, 2],
    options: { groups: 2 },
  },
];

for (const { name, x, kernel, options } of CASES) {
  Deno.test(`conv() has the gradient of finite differences: ${name}`, () =>
    checkGradients({
      by: { x, kernel, bias: [kernel[0]!] },
      build: ({ x, kernel, bias }) => conv(x!, kernel!, bias!, options),
    }));
}

Deno.test("conv() without a bias has the gradient of finite differences", () =>
  checkGradients({
    by: { x: ["N", 1, 3, 3], kernel: [2, 1, 2, 2] },
    build: ({ x, kernel }) => conv(x!, kernel!, null),
  }));

Deno.test("conv() refuses what does not fit, naming layer and shapes", () => {
  const g = new GraphBuilder();
  const x = g.input("x", ["N", 4, 5, 5]), bias = g.input("bias", [2]);
  const kernel = g.input("kernel", [2, 4, 3, 3]), large = g.input("large", [2, 4, 7, 7]);
  assert.deepEqual(conv(x, kernel, bias, { strides: [2, 2] }).shape, ["N", 2, 2, 2]);
  assert.throws(
    () => g.layer("stem", () => conv(x, kernel, bias, { groups: 2 })),
    /Cannot build stem: Conv: .*2 groups.*\[N,4,5,5\] and \[2,4,3,3\] and \[2\]/,
  );
  assert.throws(
    () => conv(x, large, null),
    /windows \[7,7\].* must fit: current value is \[N,4,5,5\]/,
  );
  assert.throws(() => conv(x, kernel, null, { strides: [0, 1] }), /must fit/);
  assert.throws(() => conv(x, kernel, null, { pads: [-1, 0, 0, 0] }), /must fit/);
  assert.throws(
    () => conv(g.input("w", ["N", 4, "H", 5]), kernel, null),
    /must be known when building/,
  );
});

Deno.test("conv() refuses to differentiate what one backend would add up wrongly", () => {
  const g = new GraphBuilder();
  const x = g.variable(g.input("x", ["N", 2, 5, 5])), kernel = g.input("kernel", [8, 1, 3, 3]);
  const strided = reduceSum(conv(x, kernel, null, { groups: 2, strides: [2, 2] }));
  assert.throws(() => gradients(strided, [x]), /fewer than 4 kernels a channel/);
});
