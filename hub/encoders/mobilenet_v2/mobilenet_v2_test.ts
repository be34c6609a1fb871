import assert from "node:assert/strict";
import * as native from "onnxruntime-node";
import { encodeOnnx } from "../../onnx/mod.ts";
import { ENCODER_GRAPH, type ImageEncoder } from "../image_encoder.ts";
import { loadMobilenetV2 } from "./mobilenet_v2.ts";
import golden from "./testing/golden.json" with { type: "json" };
import { goldenPicture } from "./testing/golden_picture.ts";

/** Features of `pixels` [rows, S, S, 3] in the native runtime. */
async function run(encoder: ImageEncoder, pixels: Uint8Array, rows = 1) {
  const options = { intraOpNumThreads: 1, interOpNumThreads: 1 } as const;
  const session = await native.InferenceSession.create(encodeOnnx(encoder.graph), options);
  try {
    const { size } = encoder.recipe;
    const { embedding, map } = await session.run({
      [ENCODER_GRAPH.pixels]: new native.Tensor("uint8", pixels, [rows, size, size, 3]),
    });
    return {
      embedding: embedding!.data as Float32Array,
      map: map!.data as Float32Array,
      mapShape: map!.dims,
    };
  } finally {
    await session.release();
  }
}

/** The 24 numbers of `values` that lie `step` apart. */
const sampled = (values: Float32Array, step: number) =>
  Array.from({ length: 24 }, (_, i) => values[i * step % values.length]!);

function assertNear(found: readonly number[], expected: readonly number[], what: string): void {
  const worst = Math.max(...found.map((value, i) => Math.abs(value - expected[i]!)));
  assert.ok(worst < 2e-5, `${what}: ${worst} apart`);
}

for (const { size, ...layers } of golden) {
  for (const [tap, expected] of Object.entries(layers)) {
    Deno.test(`mobilenet-v2 at ${size}, ${tap}: as the weights' own runtime says`, async () => {
      const encoder = await loadMobilenetV2({ size, tap });
      const { embedding, map, mapShape } = await run(encoder, goldenPicture(size));
      assert.deepEqual([...mapShape], [1, ...expected.map]);
      assert.equal(embedding.length, encoder.dims);
      assertNear(sampled(embedding, 37), expected.embedding, "embedding");
      assertNear(sampled(map, 997), expected.places, "map");
      const sum = embedding.reduce((all, value) => all + value, 0);
      assert.ok(Math.abs(sum / expected.sum - 1) < 1e-5, `${sum} against ${expected.sum}`);
    });
  }
}

Deno.test("mobilenet-v2: the embedding is the mean of the map, and rows of a batch do not mix", async () => {
  const encoder = await loadMobilenetV2({ size: 64 });
  const one = goldenPicture(64), other = one.map((level) => 255 - level);
  const both = new Uint8Array([...one, ...other]);
  const alone = await run(encoder, other);
  const { embedding, map } = await run(encoder, both, 2);
  const { dims } = encoder;
  for (let d = 0; d < dims; d += 7) {
    let sum = 0;
    for (let place = 0; place < 16; place++) sum += map[(16 + place) * dims + d]!;
    assert.ok(Math.abs(embedding[dims + d]! - sum / 16) < 1e-5);
    assert.ok(Math.abs(embedding[dims + d]! - alone.embedding[d]!) < 1e-5);
  }
});

Deno.test("mobilenet-v2: name and id say which encoder it is", async () => {
  const [a, again, other] = await Promise.all([
    loadMobilenetV2({ size: 96 }),
    loadMobilenetV2({ size: 96 }),
    loadMobilenetV2({ size: 96, fit: "contain" }),
  ]);
  assert.equal(a.name, "mobilenet-v2@96");
  assert.equal(a.id, again.id);
  assert.notEqual(a.id, other.id);
});

Deno.test("mobilenet-v2 refuses a layer that it does not have, naming those that it has", async () => {
  await assert.rejects(loadMobilenetV2({ tap: "block_9" }), /block_9.*expanded_conv_9\/expand/s);
});

Deno.test("mobilenet-v2 refuses an input that is too small for it", async () => {
  await assert.rejects(loadMobilenetV2({ size: 16 }), /at least 32: current value is 16/);
});
