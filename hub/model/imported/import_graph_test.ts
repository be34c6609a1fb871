import assert from "node:assert/strict";
import { AppError } from "@aisle/shared/errors";
import type { Attribute, Graph, GraphNode, Initializer } from "../../onnx/mod.ts";
import { checkGradients } from "../../testing/gradient_check.ts";
import { type Fed, openGraph } from "../../testing/graph_session.ts";
import { GraphBuilder } from "../graph/builder.ts";
import type { Shape } from "../graph/dims.ts";
import { importGraph } from "./import_graph.ts";
import { RULES } from "./rules.ts";

const ints = (name: string, values: number[], shape = [values.length]): Initializer => ({
  name,
  type: "int64",
  shape,
  data: BigInt64Array.from(values, BigInt),
});
const floats = (name: string, values: number[], shape = [values.length]): Initializer => ({
  name,
  type: "float32",
  shape,
  data: Float32Array.from(values),
});
/** Numbers between 0.2 and 1 of either sign that repeat late. */
const some = (name: string, shape: number[]): Initializer => {
  const length = shape.reduce((a, b) => a * b, 1);
  const value = (i: number) => (0.2 + (i * 37 % 80) / 100) * (i % 3 === 0 ? -1 : 1);
  return floats(name, Array.from({ length }, (_, i) => value(i)), shape);
};

interface Case {
  readonly op: string;
  readonly title?: string;
  readonly x: Shape;
  /** Values of x where drawn ones will not do. */
  readonly values?: readonly number[];
  readonly constants?: readonly Initializer[];
  readonly attributes?: Record<string, Attribute>;
  readonly opset?: number;
  /** Instead of the one node `op(x, constants...)` = y. */
  readonly nodes?: readonly GraphNode[];
}

const positive = [0.4, 0.7, 1, 1.5, 2, 3];
const apart = Array.from({ length: 64 }, (_, i) => ((i * 29) % 64) / 10 - 3.17);
const picture = ["N", 2, 4, 4];
const chain = (...nodes: GraphNode[]) => nodes;
const node = (
  op: string,
  inputs: string[],
  output: string,
  attributes?: GraphNode["attributes"],
) => ({
  op,
  inputs,
  outputs: [output],
  ...(attributes && { attributes }),
});

const CASES: readonly Case[] = [
  { op: "Add", x: ["N", 3], constants: [some("c", [3])] },
  { op: "Sub", x: ["N", 3], constants: [some("c", [1])] },
  { op: "Mul", x: ["N", 3], constants: [some("c", [2, 1, 3])] },
  { op: "Div", x: ["N", 3], constants: [some("c", [])] },
  { op: "Pow", x: ["N", 3], values: positive, constants: [floats("c", [3], [])] },
  ...[
    "Neg",
    "Exp",
    "Tanh",
    "Sigmoid",
    "Erf",
    "Relu",
    "HardSwish",
    "HardSigmoid",
    "LeakyRelu",
    "Identity",
    "Dropout",
  ]
    .map((op) => ({ op, x: ["N", 3] })),
  ...["Log", "Sqrt", "Reciprocal"].map((op) => ({ op, x: ["N", 3], values: positive })),
  {
    op: "HardSigmoid",
    title: "with slopes",
    x: ["N", 3],
    attributes: { alpha: { float: 0.3 }, beta: { float: 0.4 } },
  },
  { op: "Gelu", x: ["N", 3], opset: 20 },
  { op: "Gelu", title: "approximate", x: ["N", 3], opset: 20, attributes: { approximate: "tanh" } },
  { op: "Clip", x: ["N", 3], constants: [floats("low", [-0.15], []), floats("high", [0.15], [])] },
  {
    op: "Clip",
    title: "above only",
    x: ["N", 3],
    nodes: [node("Clip", ["x", "", "high"], "y")],
    constants: [floats("high", [0.15], [])],
  },
  {
    op: "Clip",
    title: "by attributes",
    x: ["N", 3],
    opset: 10,
    attributes: { min: { float: -0.1 }, max: { float: 6 } },
  },
  { op: "Cast", title: "to its own type", x: ["N", 3], attributes: { to: 1 } },
  { op: "Reshape", x: ["N", 2, 3], constants: [ints("to", [0, -1])] },
  { op: "Flatten", x: ["N", 2, 3] },
  { op: "Flatten", title: "from axis 2", x: ["N", 2, 3], attributes: { axis: 2 } },
  { op: "Squeeze", x: ["N", 1, 3], constants: [ints("axes", [1])] },
  {
    op: "Squeeze",
    title: "by attribute",
    x: ["N", 1, 3, 1],
    opset: 11,
    attributes: { axes: [1, -1] },
  },
  { op: "Unsqueeze", x: ["N", 3], constants: [ints("axes", [0, 3])] },
  { op: "Transpose", x: ["N", 2, 3], attributes: { perm: [2, 0, 1] } },
  { op: "Transpose", title: "by default", x: ["N", 2, 3] },
  { op: "Concat", x: ["N", 2], nodes: [node("Concat", ["x", "x"], "y", { axis: -1 })] },
  { op: "Slice", x: ["N", 5], constants: [ints("from", [1]), ints("to", [-1]), ints("axes", [1])] },
  {
    op: "Split",
    x: ["N", 4],
    constants: [ints("sizes", [1, 3])],
    nodes: chain(
      { op: "Split", inputs: ["x", "sizes"], outputs: ["a", "b"], attributes: { axis: 1 } },
      node("Mul", ["a", "b"], "y"),
    ),
  },
  {
    op: "Split",
    title: "in even parts",
    x: ["N", 4],
    opset: 11,
    nodes: chain(
      { op: "Split", inputs: ["x"], outputs: ["a", "b"], attributes: { axis: 1 } },
      node("Mul", ["a", "b"], "y"),
    ),
  },
  {
    op: "Gather",
    title: "one place",
    x: ["N", 3, 2],
    constants: [ints("at", [0], [])],
    attributes: { axis: 1 },
  },
  {
    op: "Gather",
    title: "places",
    x: ["N", 3],
    constants: [ints("at", [2, 0, 2])],
    attributes: { axis: 1 },
  },
  { op: "Pad", x: ["N", 3], constants: [ints("pads", [0, 1, 0, 2])] },
  { op: "Expand", x: ["N", 1, 2], constants: [ints("to", [1, 3, 1])] },
  {
    op: "Shape",
    title: "and what exporters make of it",
    x: ["N", 2, 3],
    constants: [ints("zero", [0], []), ints("axis", [0]), ints("rest", [-1])],
    nodes: chain(
      node("Shape", ["x"], "shape"),
      node("Gather", ["shape", "zero"], "batch", { axis: 0 }),
      node("Unsqueeze", ["batch", "axis"], "listed"),
      node("Concat", ["listed", "rest"], "to", { axis: 0 }),
      node("Reshape", ["x", "to"], "y"),
    ),
  },
  {
    op: "Conv",
    x: picture,
    constants: [some("k", [3, 2, 3, 3]), some("b", [3])],
    attributes: { pads: [1, 1, 1, 1], strides: [2, 2] },
  },
  {
    op: "Conv",
    title: "SAME_UPPER",
    x: picture,
    constants: [some("k", [1, 2, 3, 3])],
    attributes: { auto_pad: "SAME_UPPER", strides: [2, 2] },
  },
  {
    op: "Conv",
    title: "SAME_LOWER",
    x: picture,
    constants: [some("k", [1, 2, 2, 2])],
    attributes: { auto_pad: "SAME_LOWER" },
  },
  {
    op: "Conv",
    title: "grouped",
    x: ["N", 4, 3, 3],
    constants: [some("k", [2, 2, 2, 2])],
    attributes: { group: 2 },
  },
  {
    op: "Conv",
    title: "depthwise",
    x: picture,
    constants: [some("k", [2, 1, 3, 3])],
    attributes: { group: 2 },
  },
  { op: "GlobalAveragePool", x: picture },
  { op: "GlobalMaxPool", x: picture, values: apart },
  {
    op: "AveragePool",
    x: picture,
    attributes: { kernel_shape: [2, 2], strides: [2, 2], pads: [1, 1, 0, 0] },
  },
  {
    op: "MaxPool",
    x: picture,
    values: apart,
    attributes: { kernel_shape: [2, 2], strides: [2, 2] },
  },
  {
    op: "BatchNormalization",
    x: picture,
    constants: [some("g", [2]), some("b", [2]), some("m", [2]), floats("v", [0.5, 2])],
    attributes: { epsilon: { float: 1e-3 } },
  },
  { op: "MatMul", x: ["N", 2, 3], constants: [some("w", [3, 2])] },
  { op: "Gemm", x: ["N", 3], constants: [some("w", [3, 2]), some("b", [2])] },
  {
    op: "Gemm",
    title: "transposed and scaled",
    x: ["N", 3],
    constants: [some("w", [2, 3]), some("b", [1])],
    attributes: { transB: 1, alpha: { float: 0.5 }, beta: { float: 2 } },
  },
  { op: "ReduceMean", x: ["N", 2, 3], attributes: { axes: [-1, 1], keepdims: 0 } },
  {
    op: "ReduceMean",
    title: "axes as input",
    x: ["N", 2, 3],
    opset: 18,
    constants: [ints("axes", [1])],
  },
  { op: "ReduceSum", x: ["N", 2, 3], constants: [ints("axes", [2])] },
  { op: "ReduceMax", x: ["N", 3], values: positive, attributes: { axes: [1] } },
  { op: "Softmax", x: ["N", 3] },
  { op: "Softmax", title: "over the second axis", x: ["N", 3, 2], attributes: { axis: 1 } },
  { op: "Softmax", title: "of old", x: ["N", 3, 1, 1], opset: 11 },
  { op: "LogSoftmax", x: ["N", 3] },
  { op: "LayerNormalization", x: ["N", 2, 3], constants: [some("g", [3]), some("b", [3])] },
  {
    op: "Constant",
    x: ["N", 2],
    nodes: chain(
      {
        op: "Constant",
        inputs: [],
        outputs: ["c"],
        attributes: { value: { tensor: some("", [2]) } },
      },
      node("Mul", ["x", "c"], "y"),
    ),
  },
];

function graphOf({ op, x, constants = [], attributes, opset = 17, nodes }: Case): Graph {
  const inputs = ["x", ...constants.map(({ name }) => name)];
  return {
    name: op,
    opset,
    inputs: [{ name: "x", type: "float32", shape: x }],
    outputs: [{ name: "y", type: "float32", shape: ["..."] }],
    initializers: constants,
    nodes: nodes ?? [node(op, inputs, "y", attributes)],
  };
}

for (const given of CASES) {
  const { op, title, x, values } = given;
  Deno.test(`importGraph() of ${op}${title ? ` (${title})` : ""} computes the same, with the gradient of finite differences`, async () => {
    const graph = graphOf(given);
    await checkGradients({
      by: { x },
      ...(values && { values: { x: values.slice(0, count(x)) } }),
      build: ({ x }, g) => importGraph(g, graph, { inputs: { x: x! } }).outputs["y"]!,
    });
    const length = count(x),
      data = Float32Array.from({ length }, (_, i) => values?.[i] ?? 0.3 * Math.sin(i + 1));
    const fed: Fed = { data, shape: x.map((dim) => dim === "N" ? 2 : dim as number) };
    const g = new GraphBuilder();
    g.output("y", importGraph(g, graph).outputs["y"]!);
    const [a, b] = [await runOnce(graph, fed), await runOnce(g.build(), fed)];
    assert.deepEqual(b.shape, a.shape);
    b.data.forEach((value, i) =>
      assert.ok(Math.abs(value - a.data[i]!) < 2e-6, `${value} for ${a.data[i]}`)
    );
  });
}

function count(shape: Shape): number {
  return shape.reduce<number>((all, dim) => all * (dim === "N" ? 2 : dim as number), 1);
}

async function runOnce(graph: Graph, x: Fed) {
  await using session = await openGraph(graph);
  return (await session.run({ x }))["y"]!;
}

Deno.test("importGraph() has a case for every operator through which a gradient can flow", () => {
  const tried = new Set(CASES.flatMap(({ op, nodes }) => [op, ...(nodes ?? []).map((n) => n.op)]));
  const without = [...RULES.keys()].filter((op) => !tried.has(op));
  assert.deepEqual(without.sort(), [
    ...["Abs", "And", "Ceil", "Equal", "Floor", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"],
    ...["Max", "Min", "Not", "Or", "Round", "Sign", "Where"],
  ]);
});

Deno.test("importGraph() names node and operator where no gradient can flow, and only there", () => {
  const graph = graphOf({ op: "Round", x: ["N", 3] });
  const named: Graph = { ...graph, nodes: [{ ...graph.nodes[0]!, name: "encoder/step" }] };
  const g = new GraphBuilder();
  const x = g.input("x", ["N", 3]);
  assert.deepEqual(importGraph(g, named, { inputs: { x } }).outputs["y"]!.shape, ["N", 3]);
  assert.throws(
    () => importGraph(g, named, { inputs: { x: g.variable(x) } }),
    /node "encoder\/step" \(Round\): no gradient is known for it/,
  );
  const unknown: Graph = { ...named, nodes: [{ ...named.nodes[0]!, op: "LRN" }] };
  assert.throws(
    () => importGraph(g, unknown, { inputs: { x: g.variable(x) } }),
    (error: unknown) =>
      error instanceof AppError && error.code === "model-invalid" &&
      /node "encoder\/step" \(LRN\): no gradient is known for this operator/.test(error.message),
  );
});

Deno.test("importGraph() names the node whose inputs do not fit, and what cannot train", () => {
  const g = new GraphBuilder();
  const graph = graphOf({ op: "MatMul", x: ["N", 2], constants: [some("w", [3, 2])] });
  assert.throws(() => importGraph(g, graph), /node "y" \(MatMul\): .*inner axes must be equal/);
  const whole = graphOf({ op: "Add", x: ["N", 2], constants: [some("w", [2])] });
  assert.throws(
    () => importGraph(new GraphBuilder(), whole, { trains: new Set(["v"]) }),
    /must have a constant v to train/,
  );
  const dilated = graphOf({
    op: "Conv",
    x: picture,
    constants: [some("k", [1, 2, 2, 2])],
    attributes: { dilations: [2, 2] },
  });
  assert.throws(() => importGraph(new GraphBuilder(), dilated), /not dilated/);
  const away = graphOf({
    op: "Reshape",
    x: ["N", 2],
    nodes: [node("Cast", ["x"], "to", { to: 7 }), node("Reshape", ["x", "to"], "y")],
  });
  assert.throws(() => importGraph(new GraphBuilder(), away), /shape must be known while building/);
});

Deno.test("importGraph() makes parameters of what trains, under the constants' own names", () => {
  const g = new GraphBuilder();
  const graph = graphOf({
    op: "Gemm",
    x: ["N", 3],
    constants: [some("w", [3, 2]), some("b", [2])],
  });
  const { parameters, outputs } = importGraph(g, graph, { trains: new Set(["w"]) });
  assert.deepEqual(g.parameters.map(({ name, shape }) => [name, shape]), [["w", [3, 2]]]);
  assert.equal(parameters.get("w"), g.parameters[0]);
  assert.ok(outputs["y"]!.tracked);
});

Deno.test("importGraph() with live norms normalises by the batch and hands out what running statistics follow", async () => {
  const values = [floats("v", [0.5, 2])];
  const constants = [some("g", [2]), some("b", [2]), some("m", [2]), ...values];
  const graph = graphOf({ op: "BatchNormalization", x: picture, constants });
  const trains = new Set(["g", "b"]),
    build = (norms: "running" | "live") => {
      const g = new GraphBuilder();
      const imported = importGraph(g, graph, { trains, norms });
      assert.deepEqual(g.parameters.map(({ name }) => name), ["g", "b", "m", "v"]);
      g.output("y", imported.outputs["y"]!);
      for (const { parameter, batch } of imported.statistics) {
        g.output(
          `new ${parameter.name}`,
          batch,
        );
      }
      return g.build();
    };
  const data = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i) * (1 + i % 3));
  const x: Fed = { data, shape: [2, 2, 4, 4] };
  const fed = Object.fromEntries(
    constants.map(({ name, shape, data }) => [name, { shape, data: data as Float32Array }]),
  );
  await using live = await openGraph(build("live"));
  const run = await live.run({ x, ...fed });
  const ones = data.filter((_, i) => i % 32 < 16), mean = ones.reduce((a, b) => a + b) / 32;
  assert.ok(Math.abs(run["new m"]!.data[0]! - mean) < 1e-5);
  // By the batch's own statistics as running ones, serving gives what training gave.
  await using serving = await openGraph(build("running"));
  const served = await serving.run({ x, ...fed, m: run["new m"]!, v: run["new v"]! });
  served["y"]!.data.forEach((value, i) => assert.ok(Math.abs(value - run["y"]!.data[i]!) < 1e-4));
});
