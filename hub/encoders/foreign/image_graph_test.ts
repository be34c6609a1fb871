import assert from "node:assert/strict";
import * as native from "onnxruntime-node";
import { AppError } from "@aisle/shared/errors";
import { FULL_LIMITS, guardOnnx } from "@aisle/shared/bundle";
import { encodeOnnx, type Graph } from "../../onnx/mod.ts";
import type { ImageEncoder } from "../image_encoder.ts";
import { TINY_CHANNELS, TINY_SIZE, tinyCnn, tinyPatches } from "../testing/tiny_networks.ts";
import { foreignImageEncoder, type ForeignImageOptions } from "./image_graph.ts";

const plain: ForeignImageOptions = {
  name: "onnx:tiny",
  size: null,
  fit: "stretch",
  mean: null,
  std: null,
  output: null,
  preprocessor: null,
  log: () => {},
};

type Feeds = Record<string, native.Tensor>;
async function run(graph: Graph, feeds: Feeds): Promise<Record<string, native.Tensor>> {
  const session = await native.InferenceSession.create(encodeOnnx(graph));
  try {
    return await session.run(feeds) as Record<string, native.Tensor>;
  } finally {
    await session.release();
  }
}
const numbers = (tensor: native.Tensor | undefined) => [...tensor!.data as Float32Array];
const levels = (size: number) => Uint8Array.from({ length: 2 * size * size * 3 }, (_, i) => i * 31);
const encode = (encoder: ImageEncoder, pixels: Uint8Array) => {
  const { size } = encoder.recipe;
  return run(encoder.graph, { pixels: new native.Tensor("uint8", pixels, [2, size, size, 3]) });
};
function near(found: readonly number[], expected: readonly number[]): void {
  assert.equal(found.length, expected.length);
  found.forEach((value, i) => assert.ok(Math.abs(value - expected[i]!) < 1e-4, `at ${i}`));
}
/** [N, S, S, 3] bytes to [N, 3, S, S], (x / 255 - mean) / std. */
function prepared(pixels: Uint8Array, size: number, mean: number, std: number): Float32Array {
  const out = new Float32Array(pixels.length), plane = size * size;
  pixels.forEach((level, i) => {
    const c = i % 3, place = (i - c) / 3, n = Math.floor(place / plane);
    out[(n * 3 + c) * plane + place % plane] = (level / 255 - mean) / std;
  });
  return out;
}
async function refusal(graph: Graph, options: Partial<ForeignImageOptions> = {}): Promise<string> {
  try {
    await foreignImageEncoder(graph, { ...plain, ...options });
  } catch (error) {
    assert.ok(error instanceof AppError && error.code === "model-invalid", String(error));
    return error.message;
  }
  throw new assert.AssertionError({ message: "it was accepted" });
}

Deno.test("foreignImageEncoder() cuts a classifier off: the embedding is what its global pooling gives", async () => {
  const options = { ...plain, mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] };
  const encoder = await foreignImageEncoder(tinyCnn(), options);
  assert.equal(encoder.dims, TINY_CHANNELS);
  assert.ok(encoder.graph.nodes.every(({ op }) => op !== "Gemm" && op !== "Dropout"));
  const pixels = levels(TINY_SIZE);
  const found = await encode(encoder, pixels);
  const whole = tinyCnn({ ends: "hidden" });
  const fed = new native.Tensor("float32", prepared(pixels, TINY_SIZE, 0.5, 0.25), [
    2,
    3,
    TINY_SIZE,
    TINY_SIZE,
  ]);
  near(numbers(found["embedding"]), numbers((await run(whole, { pixel_values: fed }))["pooled"]));
  assert.deepEqual([...found["map"]!.dims], [2, 4, 4, TINY_CHANNELS]);
});

Deno.test("foreignImageEncoder() takes features with places where they are an output", async () => {
  const a = await foreignImageEncoder(tinyCnn({ ends: "hidden" }), plain);
  const b = await foreignImageEncoder(tinyCnn(), plain);
  const pixels = levels(TINY_SIZE);
  near(numbers((await encode(a, pixels))["map"]), numbers((await encode(b, pixels))["map"]));
});

Deno.test("foreignImageEncoder() reads channels last and bytes", async () => {
  const shape = ["n", TINY_SIZE, TINY_SIZE, 3];
  const bytes = await foreignImageEncoder(
    tinyCnn({ input: { name: "in", type: "uint8", shape } }),
    plain,
  );
  const floats = await foreignImageEncoder(
    tinyCnn({ input: { name: "in", type: "float32", shape } }),
    { ...plain, mean: [0, 0, 0], std: [1 / 255, 1 / 255, 1 / 255] },
  );
  const pixels = levels(TINY_SIZE);
  near(
    numbers((await encode(bytes, pixels))["embedding"]),
    numbers((await encode(floats, pixels))["embedding"]),
  );
});

Deno.test("foreignImageEncoder() makes a map of a transformer's tokens and tells what it guessed", async () => {
  const told: string[] = [];
  const encoder = await foreignImageEncoder(tinyPatches(), {
    ...plain,
    size: TINY_SIZE,
    log: (message) => told.push(message),
  });
  const { embedding, map } = await encode(encoder, levels(TINY_SIZE));
  assert.deepEqual([...map!.dims], [2, 4, 4, 8]);
  const places = numbers(map).slice(0, 128);
  const mean = Array.from(
    { length: 8 },
    (_, d) => places.filter((_, i) => i % 8 === d).reduce((sum, x) => sum + x) / 16,
  );
  near(numbers(embedding).slice(0, 8), mean);
  assert.match(told.join("\n"), /ImageNet's are taken/);
  assert.match(told.join("\n"), /features are last_hidden_state \[N,17,8\]/);
});

Deno.test("foreignImageEncoder() takes the output that params name; a vector is a map of one place", async () => {
  const encoder = await foreignImageEncoder(tinyCnn(), { ...plain, output: "logits" });
  const { embedding, map } = await encode(encoder, levels(TINY_SIZE));
  assert.deepEqual([...map!.dims], [2, 1, 1, 5]);
  assert.deepEqual(numbers(map), numbers(embedding));
  assert.match(await refusal(tinyCnn(), { output: "features" }), /logits float32.*is features/);
});

Deno.test("foreignImageEncoder() gives graphs that the bundle's guard lets pass", async () => {
  for (const graph of [tinyCnn(), tinyPatches(), tinyCnn({ ends: "hidden", opset: 9 })]) {
    const encoder = await foreignImageEncoder(graph, { ...plain, size: TINY_SIZE });
    guardOnnx(encodeOnnx(encoder.graph), FULL_LIMITS);
  }
});

Deno.test("foreignImageEncoder() says why a network is no image encoder", async () => {
  const input = (shape: (number | string)[], type: "float32" | "int64" = "float32") =>
    tinyCnn({ input: { name: "in", type, shape } });
  assert.match(await refusal(input(["n", 8])), /one input with four dimensions.*\[n,8\]/);
  assert.match(await refusal(input(["n", 3, 8, 8], "int64")), /float32 or uint8.*is int64/);
  assert.match(await refusal(input(["n", 3, 16, 24])), /must be square/);
  assert.match(await refusal(input(["n", 1, 16, 16])), /three channels/);
  assert.match(await refusal(tinyCnn(), { size: 32 }), /must be the 16 of its input.*is 32/);
  assert.match(await refusal(tinyCnn({ opset: 22 })), /7 to 21: current value is 22/);
  const broken = tinyCnn();
  const nodes = broken.nodes.map((node) =>
    node.op === "Gemm" ? node : { ...node, op: node.op.replace("Relu", "Bogus") }
  );
  assert.match(await refusal({ ...broken, nodes }), /Cannot run the ONNX model/);
});
