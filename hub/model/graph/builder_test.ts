import assert from "node:assert/strict";
import { encodeOnnx } from "../../onnx/mod.ts";
import { openGraph } from "../../testing/graph_session.ts";
import { relu } from "./activation.ts";
import { GraphBuilder } from "./builder.ts";
import { add, exp, scale } from "./elementwise.ts";
import { gradients } from "./gradients.ts";
import { softmaxCrossEntropy } from "./loss.ts";
import { dense } from "./matmul.ts";

function classifier(): GraphBuilder {
  const g = new GraphBuilder();
  const hidden = g.layer(
    "hidden",
    () => relu(dense(g.input("x", ["N", 3]), g.parameter("w", [3, 4]), g.parameter("b", [4]))),
  );
  const logits = g.layer(
    "head",
    () => dense(hidden, g.parameter("w", [4, 2]), g.parameter("b", [2])),
  );
  const loss = softmaxCrossEntropy(logits, g.input("labels", ["N"], "int32"));
  g.output("logits", logits);
  g.output("loss", loss);
  gradients(loss, g.parameters).forEach((d, i) => g.output(`d:${g.parameters[i]!.name}`, d));
  return g;
}

Deno.test("build() gives the same bytes for the same calls, again and again", () => {
  const g = classifier();
  const bytes = encodeOnnx(g.build());
  assert.deepEqual(encodeOnnx(g.build()), bytes);
  assert.deepEqual(encodeOnnx(classifier().build()), bytes);
});

Deno.test("build() makes parameters inputs for training and constants for serving, with equal results", async () => {
  const g = classifier();
  const names = g.parameters.map((p) => p.name);
  assert.deepEqual(names, ["hidden/w", "hidden/b", "head/w", "head/b"]);
  const weights = Object.fromEntries(g.parameters.map((p, k) => {
    const length = p.shape.reduce<number>((all, dim) => all * Number(dim), 1);
    return [p.name, Float32Array.from({ length }, (_, i) => Math.sin(i + k))];
  }));
  const training = g.build(), serving = g.build({ weights });
  assert.deepEqual(training.inputs.map((i) => i.name), ["x", "labels", ...names]);
  assert.deepEqual(serving.inputs.map((i) => i.name), ["x", "labels"]);
  const feeds = {
    x: { shape: [2, 3], data: Float32Array.of(1, 2, 3, -1, 0, 1) },
    labels: { shape: [2], data: Int32Array.of(0, 1) },
  };
  await using a = await openGraph(training), b = await openGraph(serving);
  const fed = Object.fromEntries(
    g.parameters.map((p) => [p.name, { shape: p.shape as number[], data: weights[p.name]! }]),
  );
  assert.deepEqual((await a.run({ ...feeds, ...fed }))["logits"], (await b.run(feeds))["logits"]);
  assert.throws(
    () => g.build({ weights: { "hidden/w": new Float32Array(1) } }),
    /hidden\/w must fill \[3,4\].* 1$/,
  );
});

Deno.test("build() leaves out nodes and constants that no output needs", () => {
  const g = new GraphBuilder();
  const x = g.input("x", ["N"]);
  exp(scale(x, 3));
  g.output("y", scale(x, 2));
  const { nodes, initializers } = g.build();
  assert.deepEqual(nodes.map((node) => [node.op, node.outputs]), [["Mul", ["y"]]]);
  assert.deepEqual(initializers.map((c) => [...c.data]), [[2]]);
});

Deno.test("an input, a constant and one value under two names can be outputs", async () => {
  const g = new GraphBuilder();
  const x = g.input("x", ["N"]), y = add(x, x);
  g.output("same", x);
  g.output("two", g.scalar(2));
  g.output("y", y);
  g.output("again", y);
  g.output("next", add(y, x));
  await using session = await openGraph(g.build());
  const run = await session.run({ x: { shape: [2], data: Float32Array.of(1, 2) } });
  const data = Object.fromEntries(Object.entries(run).map(([name, { data }]) => [name, [...data]]));
  assert.deepEqual(data, { same: [1, 2], two: [2], y: [2, 4], again: [2, 4], next: [3, 6] });
});

Deno.test("equal constants are written once; 0 and -0 are two", () => {
  const g = new GraphBuilder();
  assert.equal(g.scalar(3), g.scalar(3));
  assert.notEqual(g.scalar(0), g.scalar(-0));
  assert.notEqual(g.scalar(1), g.constant(Float32Array.of(1)));
  assert.notEqual(g.ints([1]), g.constant(Int32Array.of(1)));
});

Deno.test("the builder refuses names twice, wrong dimensions, constants that do not fill, and strangers", () => {
  const g = new GraphBuilder(), other = new GraphBuilder();
  const x = g.input("x", ["N"]);
  assert.throws(() => g.input("x", ["N"]), /unique and not empty: current value is "x"/);
  assert.throws(() => g.layer("l", () => g.parameter("", [1.5])), /must be counts or names/);
  assert.throws(() => g.input("z", [""]), /must be counts or names/);
  assert.throws(
    () => g.constant(Float32Array.of(1, 2), [3]),
    /must fill \[3\]: current value is 2/,
  );
  assert.throws(() => add(x, other.input("y", ["N"])), /must be of this graph: current value is y/);
  assert.throws(() => other.output("o", x), /must be of this graph/);
  assert.throws(
    () => g.output("b", g.node("Greater", [x, x], ["N"], { type: "bool" })),
    /not be bool/,
  );
  assert.throws(() => x.dim(1), /axis 1 must exist/);
});

Deno.test("layer() forgets a layer whose building failed", () => {
  const g = new GraphBuilder();
  assert.throws(() => g.layer("bad", () => g.input("", [])));
  assert.equal(g.layerName, "");
});
