import assert from "node:assert/strict";
import type { Graph } from "../onnx/mod.ts";
import { openGraph } from "../testing/graph_session.ts";
import { planFineTune } from "./fine_tune.ts";
import { cutShapeOf, fineTuneFront, pixelFront } from "./front.ts";
import { untrainedEncoder } from "./testing/untrained_encoder.ts";

const data = Uint8Array.from({ length: 2 * 16 * 16 * 3 }, (_, i) => i % 251);
const pixels = { shape: [2, 16, 16, 3], data };

Deno.test("pixelFront() gives the pixels as they are", async () => {
  await using session = await openGraph(pixelFront(16));
  const { embedding, map } = await session.run({ pixels });
  assert.deepEqual([embedding!.shape, map!.shape], [[2, 768], [2, 16, 16, 3]]);
  assert.deepEqual(Uint8Array.from(embedding!.data), data);
});

Deno.test("fineTuneFront() gives the value at the cut, flat and with its places", async () => {
  const plan = planFineTune(untrainedEncoder(16), 1);
  assert.deepEqual(cutShapeOf(plan), [4, 4, 4]);
  await using whole = await openGraph(plan.front!);
  await using front = await openGraph(fineTuneFront(plan));
  const value = (await whole.run({ pixels }))[plan.cut]!;
  const { embedding, map } = await front.run({ pixels });
  assert.deepEqual(embedding!.data, value.data);
  assert.deepEqual([embedding!.shape, map!.shape], [[2, 64], [2, 4, 4, 4]]);
});

Deno.test("fineTuneFront() takes a cut without height and width, as transformers have it", async () => {
  const w = (name: string) => ({
    name,
    type: "float32" as const,
    shape: [3, 3],
    data: Float32Array.from({ length: 9 }, (_, i) => i / 9),
  });
  const graph: Graph = {
    name: "tokens",
    inputs: [{ name: "pixels", type: "uint8", shape: ["N", 16, 16, 3] }],
    outputs: [{ name: "embedding", type: "float32", shape: ["N", 3] }],
    initializers: [
      w("layer.0.weight"),
      w("layer.1.weight"),
      { name: "to", type: "int64", shape: [3], data: BigInt64Array.of(0n, 256n, 3n) },
    ],
    nodes: [
      { op: "Cast", inputs: ["pixels"], outputs: ["levels"], attributes: { to: 1 } },
      { op: "Reshape", inputs: ["levels", "to"], outputs: ["tokens"] },
      { op: "MatMul", inputs: ["tokens", "layer.0.weight"], outputs: ["hidden"] },
      { op: "MatMul", inputs: ["hidden", "layer.1.weight"], outputs: ["last"] },
      {
        op: "ReduceMean",
        inputs: ["last"],
        outputs: ["embedding"],
        attributes: { axes: [1], keepdims: 0 },
      },
    ],
  };
  const plan = planFineTune(graph, 1);
  assert.deepEqual(cutShapeOf(plan), [256, 3]);
  await using front = await openGraph(fineTuneFront(plan));
  assert.deepEqual((await front.run({ pixels }))["map"]!.shape, [2, 1, 1, 768]);
});

Deno.test("fineTuneFront() refuses a plan in which everything learns", () => {
  const plan = planFineTune(untrainedEncoder(16), 3);
  assert.throws(() => fineTuneFront({ ...plan, front: null }), /Ask for fewer blocks/);
});
