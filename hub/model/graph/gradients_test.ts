import assert from "node:assert/strict";
import { checkGradients } from "../../testing/gradient_check.ts";
import { relu } from "./activation.ts";
import { GraphBuilder } from "./builder.ts";
import { conv } from "./conv.ts";
import { add, mul, scale, tanh } from "./elementwise.ts";
import { gradients } from "./gradients.ts";
import { dense } from "./matmul.ts";
import { layerNorm } from "./norm.ts";
import { globalAveragePool } from "./pool.ts";
import { reduceSum } from "./reduce.ts";

Deno.test("checkGradients() notices a rule that is wrong by a hundredth", async () => {
  const wrong = () =>
    checkGradients({
      by: { x: ["N", 3] },
      build: ({ x }, g) =>
        g.operator("Wrong", [x!], () => mul(x!, x!), [(dy) => mul(dy, scale(x!, 2.02))]),
    });
  await assert.rejects(wrong, /gradient of x\[\d\] is/);
});

Deno.test("gradients() flow through layers that part and meet again", () =>
  checkGradients({
    by: {
      x: ["N", 5, 3, 3],
      kernel: [5, 5, 3, 3],
      slow: [5, 1, 3, 3],
      w: [5, 3],
      b: [3],
      gamma: [3],
    },
    build: ({ x, kernel, slow, w, b, gamma }) => {
      const pads = [1, 1, 1, 1] as const;
      const inner = tanh(conv(x!, scale(kernel!, 0.3), null, { pads }));
      const block = add(x!, conv(inner, slow!, null, { pads, groups: 5 }));
      return layerNorm(dense(globalAveragePool(block), w!, b!), { gamma: gamma!, beta: b! }, 0.1);
    },
  }));

Deno.test("gradients() add no node for layers that do not train", () => {
  const built = (by: "first" | "second") => {
    const g = new GraphBuilder();
    const first = g.parameter("first", [3, 4]), second = g.parameter("second", [4, 2]);
    const hidden = relu(dense(g.input("x", ["N", 3]), first, g.constant(new Float32Array(4))));
    const loss = reduceSum(dense(hidden, second, g.constant(new Float32Array(2))));
    g.output("d", gradients(loss, [by === "first" ? first : second])[0]!);
    return g.build().nodes.map((node) => node.op);
  };
  assert.ok(built("first").includes("Greater"));
  assert.ok(!built("second").includes("Greater"));
});

Deno.test("gradients() by a value between are those by a leaf put in its place", () => {
  const g = new GraphBuilder();
  const x = g.parameter("x", [2]), y = mul(x, x);
  const [dy] = gradients(reduceSum(scale(y, 3)), [y]);
  assert.deepEqual(dy!.shape, [2]);
});

Deno.test("gradients() refuse a loss that is no scalar or does not depend on a parameter", () => {
  const g = new GraphBuilder();
  const x = g.parameter("x", [2]), unused = g.parameter("unused", [2]);
  assert.throws(() => gradients(mul(x, x), [x]), /must be a scalar: current value is \[2\]/);
  const loss = reduceSum(mul(x, x));
  assert.throws(() => gradients(loss, [x, unused]), /must depend on .* current value is unused/);
  const [dx] = gradients(loss, [x]);
  assert.throws(() => gradients(reduceSum(dx!), [x]), /must depend on/, "first order only");
});

Deno.test("gradients() name the layer of a rule that gives a wrong shape", () => {
  const g = new GraphBuilder();
  const x = g.parameter("x", [2]);
  const y = g.layer("block", () => g.operator("Odd", [x], () => reduceSum(x), [(dy) => dy]));
  assert.throws(
    () => gradients(y, [x]),
    /gradient of Odd in block must be shaped like its input x \[2\]/,
  );
});
