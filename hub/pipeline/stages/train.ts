/**
 * Stage: trains on the train set's texts and pictures; keeps a checkpoint so that a killed process goes on where it was.
 *
 * @module
 */
import { verify } from "@aisle/shared/bundle";
import { HANDMADE } from "@aisle/shared/images";
import { readJsonLines } from "../../data/json_lines.ts";
import { readPictureFeatures } from "../../data/picture_features.ts";
import { readRows } from "../../data/version.ts";
import { unpackText } from "../../export/unpack_text.ts";
import { openPictureReader, type PictureReader } from "../../images/picture_reader.ts";
import type { FusedModel } from "../../model/fused_model.ts";
import { modelToBytes } from "../../model/model_bytes.ts";
import { fusedToBytes } from "../../training/fused_bytes.ts";
import {
  labelErrorsCsv,
  labelErrorsHtml,
  type ListedLabelError,
} from "../../training/label_error_report.ts";
import type { LabelError } from "../../training/label_errors.ts";
import type { TrainSentences } from "../../training/sentence_branch.ts";
import type { TrainEvent, TrainOptions, TrainRow } from "../../training/train_input.ts";
import { type FusionReport, trainFused, type TrainFusedInput } from "../../training/train_fused.ts";
import type { TrainPictures } from "../../training/train_pictures.ts";
import { type Trained, trainText } from "../../training/train_text.ts";
import { learnedBranchFromBytes } from "../../vision/learned_branch.ts";
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
  const sentences = await sentencesOf(input, blobs);
  const learning = { rows, params, warm, resume, sentences }, options = { signal, nowMs };
  const pictures = await trainPictures(input, blobs);
  const { trained, fused, fusion } = pictures === null
    ? { trained: await told(trainText(learning, options), context), fused: null, fusion: null }
    : await withPictures({ ...learning, pictures }, options, context);
  const { digest } = await blobs.put(modelToBytes(trained.model));
  const scored = (fused ?? trained.model).oof;
  const labelErrors = await report(
    trained,
    { rows: rows.length, scored: scored.rows },
    input,
    context,
  );
  await removeCheckpoint(checkpointFile);
  const { rows: oofRows, accuracy, weightedF1, macroF1, ece } = scored;
  return {
    model: digest,
    fused: fused === null ? null : (await blobs.put(fusedToBytes(fused))).digest,
    fusionReport: fusion === null ? null : (await blobs.put(json(fusion))).digest,
    classRows,
    metrics: { rows: oofRows, accuracy, weightedF1, macroF1, ece, ...fusion?.figures },
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

const nowMs = () => performance.now();
const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value, null, 2));

/** Text and pictures; says in the run why where the text alone is kept. */
async function withPictures(
  input: TrainFusedInput,
  options: TrainOptions,
  context: StageContext,
): Promise<{ trained: Trained; fused: FusedModel | null; fusion: FusionReport }> {
  const trained = await told(trainFused(input, options), context);
  const { fused, report } = trained;
  const message = report.textAlone === null
    ? `text and pictures are joined by ${report.chosen}`
    : `the text alone is served: ${report.textAlone}`;
  context.emit({ type: "log", message });
  return { trained, fused, fusion: report };
}

/** What `training` returns, its events told on the way. */
async function told<R>(
  training: AsyncGenerator<TrainEvent, R>,
  context: StageContext,
): Promise<R> {
  for (let phase = "rows";;) {
    const next = await training.next();
    if (next.done) return next.value;
    if (next.value.type === "phase") phase = next.value.name;
    else await tell(next.value, phase, context);
  }
}

/** The features of the train rows' pictures; null where there are none. */
async function trainPictures(
  { train, pictures }: TrainStageInput,
  blobs: StageContext["blobs"],
): Promise<TrainPictures | null> {
  if (pictures === null) return null;
  const names: string[] = [];
  for await (const { picture } of readRows(await blobs.open(train))) names.push(picture);
  const features = await readPictureFeatures(blobs, pictures.features, new Set(names));
  const { embedding, handmade, dims, values, rowOf } = features;
  const pictureOf = Int32Array.from(names, (name) => rowOf.get(name) ?? -1);
  if (pictures.branch !== null) {
    const learned = learnedBranchFromBytes(await blobs.bytes(pictures.branch));
    const own = learned.weights.length / learned.classes.length;
    // Its features follow from the branch: what the frozen part says tells only who has a picture
    const encoder = { ...pictures.encoder, dims: own };
    const values = new Float16Array();
    return { encoder, handmade: null, dims: own, values, pictureOf, learned };
  }
  return {
    encoder: { ...pictures.encoder, dims: embedding },
    handmade: handmade === 0 ? null : { version: HANDMADE.version, dims: handmade },
    dims,
    values,
    pictureOf,
    learned: null,
  };
}

/** A likely label error, its product and the digest of its picture. */
type ListedProduct = ListedLabelError & { readonly picture: string };

/** Pictures on the page of likely label errors, worst first; some 3 kB each. */
const MAX_THUMBNAILS = 100;

/** Likely label errors as blobs for people; `train` names the rows that were trained on. */
async function report(
  { labelErrors }: Trained,
  { rows, scored }: { readonly rows: number; readonly scored: number },
  { train, pictures }: TrainStageInput,
  { blobs, params }: StageContext,
): Promise<LabelErrorsOutput> {
  const products = await withProducts(labelErrors, train, blobs);
  const listed = pictures === null
    ? products
    : await withThumbnails(products, await openPictureReader(blobs, pictures.images));
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
): Promise<ListedProduct[]> {
  const wanted = new Set(errors.map(({ row }) => row));
  const products = new Map<number, Pick<ListedProduct, "id" | "designation" | "picture">>();
  let at = 0;
  for await (const { id, designation, picture } of readRows(await blobs.open(train))) {
    if (wanted.has(at)) products.set(at, { id, designation, picture });
    at++;
  }
  return errors.map((error) => ({ ...error, ...products.get(error.row)! }));
}

/** The first products with small copies of their pictures; one that cannot be read is shown without. */
async function withThumbnails(
  products: readonly ListedProduct[],
  reader: PictureReader,
): Promise<ListedLabelError[]> {
  const shown = products.slice(0, MAX_THUMBNAILS).map(({ picture }) => picture);
  const thumbnails = new Map<string, string>();
  // Loaded for catalogues with pictures alone: the decoder is native code
  const { thumbnailOf } = await import("../../images/thumbnail.ts");
  for await (const { digest, bytes } of reader.readAll(shown.filter((name) => name !== ""))) {
    const thumbnail = bytes === null ? null : await thumbnailOf(bytes);
    if (thumbnail !== null) thumbnails.set(digest, thumbnail);
  }
  return products.map((product, i) => {
    const thumbnail = i < MAX_THUMBNAILS ? thumbnails.get(product.picture) : undefined;
    return thumbnail === undefined ? product : { ...product, thumbnail };
  });
}

async function tell(
  event: TrainEvent,
  phase: string,
  { emit, checkpointFile }: StageContext,
): Promise<void> {
  switch (event.type) {
    case "metric":
      return emit({ type: "metric", name: event.name, step: event.step, value: event.value });
    case "progress":
      return emit({ type: "progress", done: event.done, total: event.total, what: phase });
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
