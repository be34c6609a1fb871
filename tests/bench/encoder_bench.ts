/**
 * What one picture costs the default encoder, by input size and by where it is cut, in wasm as an edge runs it and
 * natively, one thread each: the figures of `docs/encoders.md`.
 *
 *     deno bench -q --no-prompt -P=test tests/bench/encoder_bench.ts
 */
import * as native from "onnxruntime-node";
import {
  type FullInputs,
  type FullSession,
  type OrtLike,
  ortRuntime,
  readWasmBinary,
  wasmRuntime,
} from "@aisle/shared/serving";
import { ENCODER_GRAPH, type ImageEncoder, loadImageEncoder } from "../../hub/encoders/mod.ts";
import { encodeOnnx, type Graph } from "../../hub/onnx/mod.ts";

const RUNTIMES = [
  await wasmRuntime({ wasmBinary: await readWasmBinary() }),
  ortRuntime("native", native as unknown as OrtLike),
];
const TAPS = ["auto", "Conv_1"], SIZES = [96, 128, 160, 224];
const WARM_UP_RUNS = 5;

/** The encoder's graph under the names that a bundle's session feeds and reads. */
function asFull({ graph, dims }: ImageEncoder): Graph {
  return {
    ...graph,
    inputs: [...graph.inputs, { name: "scores", type: "float32", shape: ["N", 1] }],
    outputs: [{ name: "image_scores", type: "float32", shape: ["N", dims] }],
    nodes: [
      ...graph.nodes.filter(({ outputs }) => outputs[0] !== ENCODER_GRAPH.map),
      { op: "Identity", inputs: [ENCODER_GRAPH.embedding], outputs: ["image_scores"] },
    ],
  };
}

const picture = (size: number): FullInputs => ({
  rows: 1,
  size,
  pixels: Uint8Array.from({ length: size * size * 3 }, (_, i) => i * 7919 % 256),
  scores: new Float32Array(1),
  handmade: null,
});

for (const output of TAPS) {
  for (const size of SIZES) {
    const encoder = await loadImageEncoder("mobilenet-v2", { size, output });
    const model = encodeOnnx(asFull(encoder)), inputs = picture(size);
    for (const runtime of RUNTIMES) {
      const session: FullSession = await runtime.openFull(model);
      for (let run = 0; run < WARM_UP_RUNS; run++) await session.run(inputs, ["imageScores"]);
      Deno.bench(`${encoder.name} (${encoder.dims} channels), ${runtime.name}`, {
        group: `${output} ${size}`,
      }, async () => {
        await session.run(inputs, ["imageScores"]);
      });
    }
  }
}
