/**
 * Stage: trains an image encoder on the train set's pictures; keeps a checkpoint so that a killed process goes on.
 *
 * It never sees a picture: what does not learn has run before (stage `pictures`), and what learns takes its values.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { canonicalJson, sha256 } from "@aisle/shared/hash";
import { readJsonLines } from "../../data/json_lines.ts";
import { readPictureFeatures } from "../../data/picture_features.ts";
import { readRows } from "../../data/version.ts";
import { imageEncoder, type ImageEncoderSource, openImageEncoder } from "../../encoders/mod.ts";
import { encodeOnnx } from "../../onnx/mod.ts";
import { openExecutor } from "../../training/executors/open_executor.ts";
import type { DeviceReport } from "../../training/network/executor.ts";
import type { TrainRow } from "../../training/train_input.ts";
import { type LearnEvent, learnPictures } from "../../vision/learn.ts";
import { learnedBranchToBytes } from "../../vision/learned_branch.ts";
import { cnnTask, fineTuneTask } from "../../vision/tasks.ts";
import { PicturedRows } from "../../vision/pictured_rows.ts";
import { readCheckpoint, removeCheckpoint, writeCheckpoint } from "../checkpoint_file.ts";
import type { StageContext } from "../stage_context.ts";
import type { EncoderInput, EncoderOutput } from "../stage_values.ts";

/**
 * The same on every machine: from 3 threads on the runtime parts its sums by their number, and weights differ in the
 * last bits (1 and 2 gave the same).
 */
const THREADS = 2;

/** Trains on the rows that have a picture; the others are passed over. */
export async function encoder(
  input: EncoderInput,
  context: StageContext,
): Promise<EncoderOutput> {
  const { blobs, params, signal, emit, checkpointFile } = context;
  const texts = await Array.fromAsync(readJsonLines<TrainRow>(await blobs.open(input.texts)));
  const pictures: string[] = [];
  for await (const { picture } of readRows(await blobs.open(input.train))) pictures.push(picture);
  const features = await readPictureFeatures(blobs, input.features, new Set(pictures));
  const rows = new PicturedRows(texts, pictures, features);
  if (rows.classes.length < 2) {
    throw new AppError(
      "data-invalid",
      "Cannot train an image encoder: pictures of two codes at least must be there: " +
        `current value is ${rows.classes.length}. Take a frozen encoder (image.encoder)`,
    );
  }
  const task = input.base === null ? cnnTask(rows, params.image.cnn) : fineTuneTask(
    rows,
    await openImageEncoder(input.base, params.image, { read: (digest) => blobs.bytes(digest) }),
    params.image.finetune,
  );
  const run = learnPictures({
    ...task,
    openExecutor: (program) =>
      openExecutor(program, { device: params.training.device, threads: THREADS }),
    digest: sha256(canonicalJson({ input, image: params.image })),
    resume: await readCheckpoint(checkpointFile),
    signal,
  });
  let next = await run.next(), device: DeviceReport | null = null;
  for (; !next.done; next = await run.next()) {
    await tell(next.value, context);
    device = deviceOf(next.value) ?? device;
  }
  const { weights, heldOut, epochs, accuracy } = next.value;
  const { name, recipe } = task, learned = imageEncoder(name, recipe, task.graph(weights));
  const { digest: model } = await blobs.put(encodeOnnx(learned.graph));
  const { digest: branch } = await blobs.put(learnedBranchToBytes({
    classes: rows.classes,
    weights: weights["head/weights"]!,
    bias: weights["head/bias"]!,
    heldOut: { rows: rows.numbersOf(heldOut.rows), logits: heldOut.logits },
  }));
  await removeCheckpoint(checkpointFile);
  const source: ImageEncoderSource = { kind: "own", name, recipe, model };
  emit({
    type: "log",
    message: `${name}: ${(100 * accuracy).toFixed(1)} % of ${heldOut.rows.length} held-out ` +
      `pictures after ${epochs} epochs`,
  });
  const metrics = { accuracy, rows: heldOut.rows.length, epochs };
  return { source, encoder: { id: learned.id, name }, branch, metrics, device: device! };
}

/** Every phase begins by saying where it runs. */
function deviceOf(event: LearnEvent): DeviceReport | null {
  return "bytes" in event || event.event.type !== "started" ? null : event.event.device;
}

async function tell(
  event: LearnEvent,
  { emit, checkpointFile }: StageContext,
): Promise<void> {
  if ("bytes" in event) return await writeCheckpoint(checkpointFile, event.bytes);
  const { phase, event: inner } = event;
  if (inner.type === "started") {
    const { device, adapter, reason } = inner.device;
    emit({ type: "log", message: `${phase}: on ${device}, ${adapter} (${reason})` });
  } else if (inner.type === "log") emit({ type: "log", message: inner.message });
  else if (inner.type === "step") {
    const { step, loss: value } = inner;
    emit({ type: "metric", name: `encoder.loss.${phase}`, step, value });
  } else if (inner.type === "evaluated") {
    const { step, score: value } = inner;
    emit({ type: "metric", name: "encoder.accuracy", step, value });
  }
}
