/**
 * The small CNN of `image.encoder: cnn`, trained as the pipeline trains it on the pixels that `fashion_pixels.ts`
 * left; prints the accuracy on `test`. `cnn_torch.py` beside it trains the same network as long in PyTorch.
 *
 *   deno run -A tests/parity/cnn_fashion.ts FOLDER [key=value ...]
 *
 * Keys: those of `image.cnn` (params.yaml has their defaults), `flip`, `crop`, `colour`, `threads`; `test=0` leaves the
 * test rows unread, and `stop` trains on all rows at once, without held-out ones, for so many of the epochs. Not a
 * test: it takes minutes.
 *
 * @module
 */
import process from "node:process";
import { openCpuExecutor } from "../../hub/training/executors/cpu_executor.ts";
import { parseParams } from "../../hub/params.ts";
import { CNN_LAYERS, cnnGraph, cnnNetwork } from "../../hub/vision/cnn.ts";
import { learnPictures } from "../../hub/vision/learn.ts";
import { LearnCheckpoint } from "../../hub/vision/learn_checkpoint.ts";
import { pixelRows } from "../../hub/vision/pixel_rows.ts";
import { openGraph } from "../../hub/testing/graph_session.ts";
import { accuracyOf } from "../../hub/vision/targets.ts";

const [folder, ...given] = Deno.args;
if (folder === undefined) throw new Error("Name the folder of fashion_pixels.ts");
const numbers = Object.fromEntries(given.map((word) => {
  const [key, value] = word.split("=");
  return [key!, Number(value)];
}));
const { image } = parseParams(
  await Deno.readTextFile(new URL("../../params.yaml", import.meta.url)),
);
const { threads = 1, stop = 0, test: judges = 1, ...more } = numbers;
const { size, flip, crop, shift, colour, ...settings } = { ...image.cnn, patience: 1000, ...more };
const classes = 27;
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
  variation: { flip: Boolean(flip), shift, crop, colour },
});
const start = process.cpuUsage();
const cpuSeconds = () => {
  const { user, system } = process.cpuUsage(start);
  return ((user + system) / 1e6).toFixed(1);
};
console.log(CNN_LAYERS.map(({ channels, stride }) => `${channels}/${stride}`).join(" "), numbers);
/** Held-out rows where there are none: with them the first network counts as trained. */
const NONE = { rows: new Int32Array(), logits: new Float32Array() };
const run = learnPictures({
  network: cnnNetwork({ size, classes }),
  rows,
  settings: { ...settings, folds: 5 },
  openExecutor: (program) => openCpuExecutor(program, { threads }),
  digest: "",
  resume: stop === 0 ? null : new LearnCheckpoint("", { ...NONE, epochs: stop }, null).toBytes(),
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
if (stop === 0) console.log(`held-out ${(accuracy * 100).toFixed(2)} after ${epochs} epochs`);
if (judges === 0) Deno.exit();
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
  `test ${(right * 100).toFixed(2)}; ${cpuSeconds()} CPU seconds for ${
    stop === 0 ? "both trainings" : "the training"
  }`,
);
