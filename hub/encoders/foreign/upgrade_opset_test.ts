import assert from "node:assert/strict";
import * as native from "onnxruntime-node";
import { type Attribute, encodeOnnx, type Graph } from "../../onnx/mod.ts";
import { upgradeOpset } from "./upgrade_opset.ts";

/** One operator on x [2, 3, 4, 4], as the runtime answers. */
async function answers(graph: Graph): Promise<Record<string, unknown>> {
  const session = await native.InferenceSession.create(encodeOnnx(graph), { logSeverityLevel: 4 });
  const data = Float32Array.from({ length: 96 }, (_, i) => Math.sin(i * 7));
  const found = await session.run({ x: new native.Tensor("float32", data, [2, 3, 4, 4]) });
  await session.release();
  return Object.fromEntries(
    Object.entries(found).map(([name, { data, dims }]) => [name, { data, dims }]),
  );
}

const CASES: readonly {
  op: string;
  opset: number;
  attributes?: Record<string, Attribute>;
  outputs?: number;
}[] = [
  { op: "Unsqueeze", opset: 11, attributes: { axes: [1] } },
  { op: "ReduceSum", opset: 11, attributes: { axes: [1, 3], keepdims: 0 } },
  { op: "ReduceSum", opset: 12 },
  { op: "Split", opset: 11, attributes: { axis: 1, split: [1, 2] }, outputs: 2 },
  { op: "Split", opset: 11, attributes: { axis: 2 }, outputs: 2 },
  { op: "Softmax", opset: 11 },
  { op: "Softmax", opset: 12, attributes: { axis: -1 } },
  { op: "LogSoftmax", opset: 9, attributes: { axis: 2 } },
  { op: "Clip", opset: 9, attributes: { min: { float: 0 }, max: { float: 0.5 } } },
  { op: "Clip", opset: 9, attributes: { max: { float: 0.5 } } },
  { op: "Pad", opset: 9, attributes: { pads: [0, 0, 1, 1, 0, 0, 0, 2], value: { float: 3 } } },
  { op: "Slice", opset: 9, attributes: { starts: [1, 0], ends: [3, 2], axes: [1, 3] } },
  { op: "Upsample", opset: 7, attributes: { scales: { floats: [1, 1, 2, 3] } } },
  { op: "Dropout", opset: 9, attributes: { ratio: { float: 0.5 } } },
  { op: "Relu", opset: 7 },
];

for (const { op, opset, attributes, outputs = 1 } of CASES) {
  const said = JSON.stringify(attributes ?? {});
  Deno.test(`upgradeOpset() keeps what ${op} of set ${opset} gives: ${said}`, async () => {
    const names = Array.from({ length: outputs }, (_, i) => `y${i}`);
    // The rank of y is the runtime's to find: a name a dimension would fix it
    const rank = op === "Unsqueeze" ? 5 : op === "ReduceSum" && attributes ? 2 : 4;
    const shape = Array.from({ length: rank }, (_, i) => `d${i}`);
    const graph: Graph = {
      name: "one",
      opset,
      inputs: [{ name: "x", type: "float32", shape: [2, 3, 4, 4] }],
      outputs: names.map((name) => ({ name, type: "float32", shape })),
      initializers: [],
      nodes: [{ op, inputs: ["x"], outputs: names, ...(attributes && { attributes }) }],
    };
    const upgraded = upgradeOpset(graph);
    assert.equal(upgraded.opset, 13);
    assert.deepEqual(await answers(upgraded), await answers(graph));
  });
}

Deno.test("upgradeOpset() leaves a graph of set 13 or later as it is", () => {
  const graph: Graph = {
    name: "g",
    opset: 14,
    inputs: [],
    outputs: [],
    initializers: [],
    nodes: [],
  };
  assert.equal(upgradeOpset(graph), graph);
});
