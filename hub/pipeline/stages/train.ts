/**
 * Stage: trains on the train set's texts; keeps a checkpoint so that a killed process goes on where it was.
 *
 * @module
 */
import { verify } from "@aisle/shared/bundle";
import { readJsonLines } from "../../data/json_lines.ts";
import { readRows } from "../../data/version.ts";
import { unpackText } from "../../export/unpack_text.ts";
import { modelToBytes } from "../../model/model_bytes.ts";
import {
  labelErrorsCsv,
  labelErrorsHtml,
  type ListedLabelError,
} from "../../training/label_error_report.ts";
import type { LabelError } from "../../training/label_errors.ts";
import type { TrainSentences } from "../../training/sentence_branch.ts";
import type { TrainEvent, TrainRow } from "../../training/train_input.ts";
import { type Trained, trainText } from "../../training/train_text.ts";
import type { StageContext } from "../stage_context.ts";
import type { LabelErrorsOutput, TrainStageInput, TrainStageOutput } from "../stage_values.ts";

/** Trains; the model is a blob that `export` packs. */
export async function train(
  input: TrainStageInput,
  context: StageContext,
): Promise<TrainStageOutput> {
  const { blobs, params, signal, checkpointFile } = context;
  const rows = await Array.fromAsync(readJsonLines<TrainRow>(await blobs.open(input.texts)));
  const classRows: Record<string, number> = {};
  for (const { code } of rows) classRows[code] = (classRows[code] ?? 0) + 1;
  const warm = input.warm === null
    ? null
    : unpackText(verify(await blobs.bytes(input.warm), input.warm));
  const resume = await readCheckpoint(checkpointFile);
  if (resume !== null) context.emit({ type: "log", message: "goes on from its checkpoint" });
  const training = trainText({
    rows,
    params,
    warm,
    resume,
    sentences: await sentencesOf(input, blobs),
  }, {
    signal,
    nowMs: () => performance.now(),
  });
  let trained: Trained;
  while (true) {
    const next = await training.next();
    if (next.done) {
      trained = next.value;
      break;
    }
    await tell(next.value, context);
  }
  const { model } = trained;
  const { digest } = await blobs.put(modelToBytes(model));
  const labelErrors = await report(trained, rows.length, input.train, context);
  await removeCheckpoint(checkpointFile);
  const { rows: oofRows, accuracy, weightedF1, macroF1, ece } = model.oof;
  return {
    model: digest,
    classRows,
    metrics: { rows: oofRows, accuracy, weightedF1, macroF1, ece },
    labelErrors,
  };
}

/** The vectors that the stage before made. */
async function sentencesOf(
  { sentences }: TrainStageInput,
  blobs: StageContext["blobs"],
): Promise<TrainSentences | null> {
  if (sentences === null) return null;
  // Copied, because typed arrays must begin at multiples of four.
  const bytes = (await blobs.bytes(sentences.vectors)).slice();
  return { encoder: sentences.encoder, values: new Float32Array(bytes.buffer) };
}

/** Likely label errors as blobs for people; `train` names the rows that were trained on. */
async function report(
  { model, labelErrors }: Trained,
  rows: number,
  train: string,
  { blobs, params }: StageContext,
): Promise<LabelErrorsOutput> {
  const listed = await withProducts(labelErrors, train, blobs);
  const scored = model.oof.rows;
  const minConfidence = params.train.labelErrorConfidence;
  const page = labelErrorsHtml(listed, { scored, rows, minConfidence });
  return {
    count: listed.length,
    scored,
    csv: (await blobs.put(labelErrorsCsv(listed))).digest,
    html: (await blobs.put(new TextEncoder().encode(page))).digest,
  };
}

/** Reads the products by streaming: only those that are listed stay in memory. */
async function withProducts(
  errors: readonly LabelError[],
  train: string,
  blobs: StageContext["blobs"],
): Promise<ListedLabelError[]> {
  const wanted = new Set(errors.map(({ row }) => row));
  const products = new Map<number, Pick<ListedLabelError, "id" | "designation">>();
  let at = 0;
  for await (const { id, designation } of readRows(await blobs.open(train))) {
    if (wanted.has(at)) products.set(at, { id, designation });
    at++;
  }
  return errors.map((error) => ({ ...error, ...products.get(error.row)! }));
}

async function tell(event: TrainEvent, { emit, checkpointFile }: StageContext): Promise<void> {
  switch (event.type) {
    case "metric":
      return emit({ type: "metric", name: event.name, step: event.step, value: event.value });
    case "progress":
      return emit({ type: "progress", done: event.done, total: event.total, what: "rows" });
    case "log":
      return emit({ type: "log", message: event.message });
    case "checkpoint":
      // Written beside and renamed: a kill in between leaves the checkpoint before.
      await Deno.writeFile(`${checkpointFile}.new`, event.bytes);
      return await Deno.rename(`${checkpointFile}.new`, checkpointFile);
  }
}

async function readCheckpoint(file: string): Promise<Uint8Array | null> {
  try {
    return await Deno.readFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

async function removeCheckpoint(file: string): Promise<void> {
  try {
    await Deno.remove(file);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
