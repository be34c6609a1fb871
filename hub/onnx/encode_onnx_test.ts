import assert from "node:assert/strict";
import * as native from "onnxruntime-node";
import { guardOnnx, TEXT_LIMITS } from "@aisle/shared/bundle";
import { encodeOnnx, type Graph } from "./mod.ts";

/** y = Squeeze(x x table, axis 1) + bias: every kind of field that the writer knows. */
const graph: Graph = {
  name: "small",
  inputs: [{ name: "x", type: "float32", shape: ["N", 1, 2] }],
  outputs: [{ name: "y", type: "float32", shape: ["N", 2] }],
  initializers: [
    { name: "table", type: "float32", shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
    { name: "bias", type: "float32", shape: [2], data: Float32Array.of(10, 20) },
    { name: "axis", type: "int64", shape: [1], data: BigInt64Array.of(1n) },
  ],
  nodes: [
    { op: "MatMul", inputs: ["x", "table"], outputs: ["product"] },
    { op: "Squeeze", inputs: ["product", "axis"], outputs: ["sum"] },
    { op: "Add", inputs: ["sum", "bias"], outputs: ["y"] },
  ],
};

Deno.test("encodeOnnx() writes a model that ONNX Runtime runs", async () => {
  const session = await native.InferenceSession.create(encodeOnnx(graph));
  const x = new native.Tensor("float32", Float32Array.of(1, 1, 0, 2), [2, 1, 2]);
  const { y } = await session.run({ x });
  assert.deepEqual([...y!.data as Float32Array], [14, 26, 16, 28]);
  assert.deepEqual(y!.dims, [2, 2]);
  await session.release();
});

Deno.test("encodeOnnx() writes integer attributes and lists of them", async () => {
  const transposed: Graph = {
    ...graph,
    initializers: [],
    outputs: [{ name: "y", type: "float32", shape: [2, 1, "N"] }],
    nodes: [{ op: "Transpose", inputs: ["x"], outputs: ["y"], attributes: { perm: [2, 1, 0] } }],
  };
  const session = await native.InferenceSession.create(encodeOnnx(transposed));
  const x = new native.Tensor("float32", Float32Array.of(1, 2, 3, 4), [2, 1, 2]);
  assert.deepEqual([...(await session.run({ x })).y!.data as Float32Array], [1, 3, 2, 4]);
  await session.release();
});

Deno.test("encodeOnnx() gives the same bytes for the same graph, and what the guard describes", () => {
  const bytes = encodeOnnx(graph);
  assert.deepEqual(encodeOnnx(graph), bytes);
  const { inputs, outputs, initializers } = guardOnnx(bytes, TEXT_LIMITS);
  assert.deepEqual(inputs.get("x"), { type: 1, shape: ["N", 1, 2] });
  assert.deepEqual(outputs.get("y"), { type: 1, shape: ["N", 2] });
  const { type, shape, data } = initializers.get("table")!;
  assert.deepEqual([type, shape], [1, [2, 2]]);
  assert.deepEqual(data, new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer));
});

Deno.test("encodeOnnx() refuses a tensor whose data do not fill its shape, and what is no count", () => {
  const tensor = { name: "t", type: "float32", shape: [3], data: Float32Array.of(1) } as const;
  assert.throws(() => encodeOnnx({ ...graph, initializers: [tensor] }), /holds 3 elements/);
  const [input] = graph.inputs;
  const inputs = [{ ...input!, shape: [-1] }];
  assert.throws(() => encodeOnnx({ ...graph, inputs }), /non-negative integer/);
});
