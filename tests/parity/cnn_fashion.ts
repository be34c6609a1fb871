/**
 * The small CNN of `image.encoder: cnn`, trained as the pipeline trains it on the pixels that `fashion_pixels.ts`
 * left; prints the accuracy on `test`. `cnn_torch.py` beside it trains the same network as long in PyTorch.
 *
 *   deno run -A tests/parity/cnn_fashion.ts FOLDER [key=value ...]
 *
 * Keys: those of the settings (epochs, rate, ...), `shift`, `crop`, `colour`, `threads`. Not a test: it takes minutes.
 *
 * @module
 */
import process from "node:process";
import { openCpuExecutor } from "../../hub/training/executors/cpu_executor.ts";
import { CNN_LAYERS, cnnGraph, cnnNetwork } from "../../hub/vision/cnn.ts";
import { learnPictures } from "../../hub/vision/learn.ts";
import { pixelRows } from "../../hub/vision/pixel_rows.ts";
import { openGraph } from "../../hub/testing/graph_session.ts";
import { accuracyOf } from "../../hub/vision/targets.ts";

const [folder, ...given] = Deno.args;
if (folder === undefined) throw new Error("Name the folder of fashion_pixels.ts");
const numbers = Object.fromEntries(given.map((word) => {
  const [key, value] = word.split("=");
  return [key!, Number(value)];
}));
const { threads = 1, shift = 0, crop = 1, colour = 0, ...settings } = numbers;
const size = 64, classes = 27;
const pixels = (part: string) => Deno.readFile(`${folder}/${part}_${size}.u8`);
const labelsOf = async (part: string) =>
  new Int32Array((await Deno.readFile(`${folder}/${part}.i32`)).buffer);
const labels = await labelsOf("train");
const train = await pixels("train"), length = size * size * 3;
const rows = pixelRows({
  count: labels.length,
  pixelsOf: (row) => train.subarray(row * length, (row + 1) * length),
  size,
  labels,
  classes,
  groups: Array.from(labels, (_, i) => `${i}`),
  variation: { shift, crop, colour },
});
const start = process.cpuUsage();
const cpuSeconds = () => {
  const { user, system } = process.cpuUsage(start);
  return ((user + system) / 1e6).toFixed(1);
};
console.log(CNN_LAYERS.map(({ channels, stride }) => `${channels}/${stride}`).join(" "), numbers);
const run = learnPictures({
  network: cnnNetwork({ size, classes }),
  rows,
  settings: {
    epochs: 12,
    batchSize: 32,
    rate: 3e-3,
    weightDecay: 0.05,
    labelSmoothing: 0,
    emaDecay: 0,
    patience: 1000,
    folds: 5,
    seed: 1,
    ...settings,
  },
  openExecutor: (program) => openCpuExecutor(program, { threads }),
  digest: "",
  resume: null,
  signal: new AbortController().signal,
});
let next = await run.next();
for (let loss = 0; !next.done; next = await run.next()) {
  if (!("phase" in next.value)) continue;
  const { phase, event } = next.value;
  if (event.type === "step") loss = event.loss;
  if (event.type === "evaluated") {
    console.log(phase, event.step, loss.toFixed(3), (event.score * 100).toFixed(2), cpuSeconds());
  }
}
const { weights, epochs, accuracy } = next.value;
const test = await pixels("test"), wanted = await labelsOf("test"), count = wanted.length;
await using session = await openGraph(cnnGraph(size, weights));
const logits = new Float32Array(count * classes);
const head = weights["head/weights"]!, bias = weights["head/bias"]!, dims = head.length / classes;
for (let row = 0; row < count; row += 100) {
  const data = test.subarray(row * size * size * 3, (row + 100) * size * size * 3);
  const features =
    (await session.run({ pixels: { shape: [100, size, size, 3], data } }))["embedding"]!;
  for (let i = 0; i < 100; i++) {
    for (let k = 0; k < classes; k++) {
      let sum = bias[k]!;
      for (let d = 0; d < dims; d++) sum += features.data[i * dims + d]! * head[d * classes + k]!;
      logits[(row + i) * classes + k] = sum;
    }
  }
}
const right = accuracyOf(logits, Int32Array.from({ length: count }, (_, i) => i), {
  labels: wanted,
  classes,
});
console.log(
  `held-out ${(accuracy * 100).toFixed(2)} after ${epochs} epochs; test ${
    (right * 100).toFixed(2)
  }; ` +
    `${cpuSeconds()} CPU seconds for both trainings`,
);
