import assert from "node:assert/strict";
import type { Graph, GraphNode, Initializer } from "../../onnx/mod.ts";
import { encodeOnnx, readOnnx } from "../../onnx/mod.ts";
import { openGraph } from "../../testing/graph_session.ts";
import { GraphBuilder } from "../graph/builder.ts";
import { reduceSum } from "../graph/reduce.ts";
import { gradients } from "../graph/gradients.ts";
import { blocksOf, importGraph, lastBlocks, splitGraph, weightsNamed, withWeights } from "./mod.ts";

const kernel = (name: string, shape: number[]): Initializer => {
  const length = shape.reduce((a, b) => a * b, 1);
  const data = Float32Array.from({ length }, (_, i) => Math.sin(7 * i + name.length));
  return { name, type: "float32", shape, data };
};
const node = (op: string, inputs: string[], output: string, attributes = {}): GraphNode => ({
  op,
  name: `make ${output}`,
  inputs,
  outputs: [output],
  attributes,
});

/**
 * Three blocks, the last with a way round it; an operator without a rule (LRN) in the first, weights that are
 * turned round before use in the last.
 */
const network: Graph = {
  name: "small",
  opset: 17,
  inputs: [{ name: "x", type: "float32", shape: ["N", 2, 4, 4] }],
  outputs: [
    { name: "map", type: "float32", shape: ["N", 3, 4, 4] },
    { name: "embedding", type: "float32", shape: ["N", 3] },
  ],
  initializers: [
    kernel("stem/weight", [3, 2, 1, 1]),
    kernel("block.1.conv.weight", [3, 3, 3, 3]),
    kernel("block.2.conv.weight", [3, 3]),
    kernel("block.2.conv.bias", [3]),
    { name: "to", type: "int64", shape: [4], data: BigInt64Array.of(3n, 3n, 1n, 1n) },
    { name: "low", type: "float32", shape: [], data: Float32Array.of(0) },
  ],
  nodes: [
    node("Conv", ["x", "stem/weight"], "a"),
    node("LRN", ["a"], "b", { size: 3 }),
    node("Conv", ["b", "block.1.conv.weight"], "c", { pads: [1, 1, 1, 1] }),
    node("Transpose", ["block.2.conv.weight"], "turned", { perm: [1, 0] }),
    node("Reshape", ["turned", "to"], "kernel"),
    node("Conv", ["c", "kernel", "block.2.conv.bias"], "d"),
    node("Add", ["c", "d"], "e"),
    node("Clip", ["e", "low"], "map"),
    node("GlobalAveragePool", ["map"], "pooled"),
    node("Flatten", ["pooled"], "embedding"),
  ],
};

const x = { shape: [2, 2, 4, 4], data: Float32Array.from({ length: 64 }, (_, i) => Math.cos(i)) };

Deno.test("blocksOf() parts weights by the path of their layer, and by that of the node where names say nothing", () => {
  assert.deepEqual(blocksOf(network), ["stem", "block.1", "block.2"]);
  const name = "onnx::MatMul_12", weight = { ...network.initializers[0]!, name };
  const nodes = [{
    ...network.nodes[0]!,
    name: "/encoder/layer.7/attention/MatMul",
    inputs: ["x", name],
  }];
  assert.deepEqual(blocksOf({ ...network, initializers: [weight], nodes }), ["encoder/layer.7"]);
});

Deno.test("lastBlocks() and weightsNamed() choose weights, never bounds, and refuse what is not there", () => {
  assert.deepEqual([...lastBlocks(network, 1)], ["block.2.conv.bias"]);
  assert.deepEqual([...lastBlocks(network, 2)], ["block.1.conv.weight", "block.2.conv.bias"]);
  assert.deepEqual([...weightsNamed(network, ["block.1"])], ["block.1.conv.weight"]);
  assert.throws(() => lastBlocks(network, 4), /must be 1 to 3: current value is 4/);
  assert.throws(() => weightsNamed(network, ["head"]), /Cannot fine-tune head: .*stem, block.1/);
});

Deno.test("splitGraph() parts the graph where training begins; front and back together are the whole", async () => {
  const trains = new Set(["block.2.conv.weight", "block.2.conv.bias"]);
  const { front, back, cut } = splitGraph(network, trains);
  assert.deepEqual(cut, ["c"]);
  assert.deepEqual(front!.nodes.map(({ op }) => op), ["Conv", "LRN", "Conv"]);
  assert.deepEqual(front!.initializers.map(({ name }) => name), [
    "stem/weight",
    "block.1.conv.weight",
  ]);
  assert.deepEqual(readOnnx(encodeOnnx(front!)).outputs, front!.outputs);
  await using whole = await openGraph(network);
  await using first = await openGraph(front!);
  const atCut = (await first.run({ x }))["c"]!;
  const g = new GraphBuilder();
  const c = g.input("c", ["N", ...atCut.shape.slice(1)]);
  const { outputs, parameters } = importGraph(g, back, { trains, inputs: { c } });
  g.output("embedding", outputs["embedding"]!);
  const [dWeight] = gradients(reduceSum(outputs["embedding"]!), [
    parameters.get("block.2.conv.weight")!,
  ]);
  g.output("d", dWeight!);
  const weights = Object.fromEntries(
    network.initializers.filter(({ name }) => trains.has(name)).map((
      { name, shape, data },
    ) => [name, { shape, data: data as Float32Array }]),
  );
  await using second = await openGraph(g.build());
  const parted = await second.run({ c: atCut, ...weights });
  const expected = (await whole.run({ x }))["embedding"]!;
  parted["embedding"]!.data.forEach((value, i) =>
    assert.ok(Math.abs(value - expected.data[i]!) < 1e-6)
  );
  assert.ok(parted["d"]!.data.some((value) => value !== 0));
});

Deno.test("splitGraph() has no front where training begins at the input, and no cut where nothing trains", () => {
  const all = splitGraph(network, new Set(["stem/weight"]));
  assert.deepEqual([all.front, all.cut], [null, ["x"]]);
  const g = new GraphBuilder();
  assert.throws(
    () => importGraph(g, all.back, { trains: new Set(["stem/weight"]) }),
    /node "make b" \(LRN\): no gradient is known/,
  );
  assert.throws(() => splitGraph(network, new Set(["low2"])), /must depend on what trains/);
});

Deno.test("withWeights() changes these constants and nothing else", () => {
  const learned = withWeights(network, { "block.2.conv.bias": Float32Array.of(1, 2, 3) });
  assert.deepEqual(learned.initializers[3]!.data, Float32Array.of(1, 2, 3));
  assert.deepEqual(learned.initializers.toSpliced(3, 1), network.initializers.toSpliced(3, 1));
  assert.throws(
    () => withWeights(network, { low: Float32Array.of(1, 2) }),
    /low must be float32 with 1 numbers/,
  );
  assert.throws(
    () => withWeights(network, { none: new Float32Array() }),
    /must have a constant none/,
  );
});
