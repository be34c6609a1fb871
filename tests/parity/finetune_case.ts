/**
 * Fine-tunes the last blocks of MobileNetV2 on the pictures of a case and prints how well held-out rows are told
 * apart, fold by fold, beside a head on the frozen encoder (blocks=0), and what it costs.
 *
 *   deno run -A tests/parity/finetune_case.ts CASE [key=value ...]
 *
 * Keys: `size`, `blocks`, `head` (rate of the head, in rates of the encoder), `seeds`, and those of the settings.
 * Chooses nothing by `test/`: only `train/` is read. Not a test: it takes minutes.
 *
 * @module
 */
import process from "node:process";
import * as ort from "onnxruntime-node";
import { pictureReader } from "@aisle/shared/images";
import { readProducts } from "../../hub/data/products.ts";
import { loadImageEncoder } from "../../hub/encoders/load_image_encoder.ts";
import { sharpDecoder } from "@aisle/shared/images_native";
import { crossEntropy, dense } from "../../hub/model/graph/mod.ts";
import { encodeOnnx } from "../../hub/onnx/mod.ts";
import { openCpuExecutor } from "../../hub/training/executors/cpu_executor.ts";
import type { Network } from "../../hub/training/network/mod.ts";
import { cutRows, fineTuneNetwork, planFineTune } from "../../hub/vision/fine_tune.ts";
import { learnPictures } from "../../hub/vision/learn.ts";

const [folder, ...given] = Deno.args;
if (folder === undefined) throw new Error("Name a case: finetune_case.ts CASE");
const numbers = Object.fromEntries(given.map((word) => {
  const [key, value] = word.split("=");
  return [key!, Number(value)];
}));
const { size = 128, blocks = 1, head = 10, seeds = 1, limit = 1e9, ...settings } = numbers;
const codes: string[] = [], files: string[] = [];
const source = {
  kind: "challenge",
  x: `${folder}/train/x.csv`,
  y: `${folder}/train/y.csv`,
  images: null,
} as const;
for await (const product of readProducts(source, async (key) => (await Deno.open(key)).readable)) {
  if (!product.ok || codes.length >= limit) continue;
  const { code, imageId, productId } = product.row;
  codes.push(code);
  files.push(`${folder}/train/images/image_${imageId}_product_${productId}.jpg`);
}
const classes = [...new Set(codes)].sort();
const labels = Int32Array.from(codes, (code) => classes.indexOf(code));
const cpu = () => (process.cpuUsage().user + process.cpuUsage().system) / 1e6;
let from = cpu();
const encoder = await loadImageEncoder("mobilenet-v2", { size });
const plan = blocks === 0 ? null : planFineTune(encoder.graph, blocks);
const name = plan?.cut ?? "embedding";
const options = { intraOpNumThreads: 1, interOpNumThreads: 1 };
const session = await ort.InferenceSession.create(
  encodeOnnx(plan?.front ?? encoder.graph),
  options,
);
const read = pictureReader(sharpDecoder());
let features = new Float16Array(), cutShape: number[] = [];
for (const [i, file] of files.entries()) {
  const pixels = await read(await Deno.readFile(file), encoder.recipe);
  const fed = { pixels: new ort.Tensor("uint8", pixels, [1, size, size, 3]) };
  const found = (await session.run(fed, [name]))[name]!;
  if (i === 0) {
    cutShape = found.dims.slice(1);
    features = new Float16Array(files.length * found.data.length);
  }
  features.set(found.data as Float32Array, i * found.data.length);
}
console.log(
  `${files.length} pictures to ${name} [${cutShape}]: ${(cpu() - from).toFixed(1)} CPU seconds`,
);
const length = cutShape.reduce((all, side) => all * side, 1);
const sizes = { cutShape, dims: encoder.dims, classes: classes.length };
const linear: Network = {
  training: (g) => ({ loss: crossEntropy(logits(g), g.input("targets", ["N", classes.length])) }),
  serving: (g) => ({ logits: logits(g) }),
};
const logits = (g: Parameters<Network["training"]>[0]) =>
  dense(
    g.input("features", ["N", ...cutShape]),
    g.parameter("head/weights", [encoder.dims, classes.length]),
    g.parameter("head/bias", [classes.length]),
  );
for (let seed = 1; seed <= seeds; seed++) {
  from = cpu();
  const run = learnPictures({
    network: plan === null ? linear : fineTuneNetwork(plan, sizes),
    rows: cutRows({
      count: files.length,
      featuresOf: (row) => features.subarray(row * length, (row + 1) * length),
      cutShape,
      labels,
      classes: classes.length,
      groups: files,
    }),
    settings: {
      epochs: 6,
      batchSize: 32,
      rate: 3e-4,
      weightDecay: 0.05,
      labelSmoothing: 0.1,
      emaDecay: 0,
      patience: 1000,
      folds: 5,
      ...settings,
      seed,
    },
    ...(plan && { weights: plan.weights }),
    role: (name, shape) => ({ rate: name.startsWith("head/") ? head : 1, decay: shape.length > 1 }),
    openExecutor: (program) => openCpuExecutor(program),
    digest: "",
    resume: null,
    signal: new AbortController().signal,
  });
  const scores: string[] = [];
  let next = await run.next(), spent = 0;
  for (; !next.done; next = await run.next()) {
    if (!("phase" in next.value)) continue;
    const { phase, event } = next.value;
    if (event.type === "evaluated") scores.push((event.score * 100).toFixed(1));
    if (phase === "held-out" && event.type === "stopped") spent = cpu() - from;
    if (phase === "all") break;
  }
  console.log(`seed ${seed}: ${scores.join(" ")}; ${spent.toFixed(1)} CPU seconds`);
}
await session.release();
