import assert from "node:assert/strict";
import * as native from "onnxruntime-node";
import { rng } from "@aisle/shared/random";
import { encodeOnnx } from "./encode_onnx.ts";
import type { Graph } from "./graph.ts";
import { withPalettes } from "./palettes.ts";

const random = rng(2);
/** y = x times a matrix of `values` different numbers. */
function product(values: number): Graph {
  const palette = Float32Array.from({ length: values }, () => random() - 0.5);
  palette.set([0, -0, NaN].slice(0, values - 1));
  const data = Float32Array.from({ length: 128 * 64 }, (_, i) => palette[i % values]!);
  return {
    name: "product",
    inputs: [{ name: "x", type: "float32", shape: ["N", 128] }],
    outputs: [{ name: "y", type: "float32", shape: ["N", 64] }],
    initializers: [{ name: "w", type: "float32", shape: [128, 64], data }],
    nodes: [{ op: "MatMul", inputs: ["x", "w"], outputs: ["y"] }],
  };
}

Deno.test("withPalettes() gives a smaller graph that answers with the same bits", async () => {
  const graph = product(256), packed = withPalettes(graph);
  const sizes = [graph, packed].map((each) => encodeOnnx(each).length);
  assert.ok(sizes[1]! < sizes[0]! / 3, String(sizes));
  const x = new native.Tensor(
    "float32",
    Float32Array.from({ length: 256 }, () => random()),
    [2, 128],
  );
  const [plain, looked] = await Promise.all([graph, packed].map(async (each) => {
    const session = await native.InferenceSession.create(encodeOnnx(each));
    const { y } = await session.run({ x });
    await session.release();
    return new Uint32Array((y!.data as Float32Array).slice().buffer);
  }));
  assert.deepEqual(looked, plain);
});

Deno.test("withPalettes() keeps every bit of the values, signs of zero and NaN too", () => {
  const [tensor] = product(10).initializers;
  const { initializers } = withPalettes({ ...product(10), initializers: [tensor!] });
  const [codes, values] = initializers.map(({ data }) => data) as [Uint8Array, Float32Array];
  const bits = new Uint32Array(values.buffer);
  const before = new Uint32Array((tensor!.data as Float32Array).buffer);
  assert.deepEqual(Array.from(codes, (code) => bits[code]), [...before]);
});

Deno.test("withPalettes() leaves alone what has many values or is small", () => {
  const many = product(257);
  assert.equal(withPalettes(many), many);
  const small = { ...product(3) };
  const [tensor] = small.initializers;
  const cut = {
    ...small,
    initializers: [{
      ...tensor!,
      shape: [1, 64],
      data: (tensor!.data as Float32Array).slice(0, 64),
    }],
  };
  assert.equal(withPalettes(cut), cut);
});
