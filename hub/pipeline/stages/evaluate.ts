/**
 * Stage: scores the packed bundle on the gold rows as an edge would, beside the one that it would replace.
 *
 * @module
 */
import { verify } from "@aisle/shared/bundle";
import { pictureReader } from "@aisle/shared/images";
import { readPictureBinaries, wasmDecoder } from "@aisle/shared/images_wasm";
import {
  createPredictor,
  openPredictor,
  type OrtLike,
  ortRuntime,
  type Predictor,
  readWasmBinary,
} from "@aisle/shared/serving";
import { contentGroup, PictureGroups } from "../../data/group.ts";
import type { ProductRow } from "../../data/row.ts";
import { readRows } from "../../data/version.ts";
import { evaluateBundle, evaluatePair } from "../../evaluation/evaluate.ts";
import { type Evaluation, headlineMetrics } from "../../evaluation/evaluation.ts";
import { withMergedLabels } from "../../evaluation/merged_labels.ts";
import type { GoldPictures } from "../../evaluation/picture_figures.ts";
import { splitPredictor } from "../../evaluation/split_predictor.ts";
import { openPictureReader } from "../../images/picture_reader.ts";
import type { StageContext } from "../stage_context.ts";
import type { EvaluateInput, EvaluateOutput } from "../stage_values.ts";
import { collect } from "./ingest.ts";

/** An opened bundle; disposing it closes both. */
export interface JudgedBundle extends AsyncDisposable {
  readonly predictor: Predictor;
  /** The bundle as an edge opens it; null where it reads no pictures. */
  readonly edge: Predictor | null;
}

/** Opens a bundle as an edge does, and natively too where it reads pictures. */
export async function openJudged(
  digest: string,
  merges: EvaluateInput["labelMerges"],
  blobs: StageContext["blobs"],
): Promise<JudgedBundle> {
  const bundle = verify(await blobs.bytes(digest), digest);
  const wasmBinary = await readWasmBinary();
  if (bundle.full === null) {
    const predictor = withMergedLabels(await createPredictor(bundle, { wasmBinary }), merges);
    return { predictor, edge: null, [Symbol.asyncDispose]: () => predictor[Symbol.asyncDispose]() };
  }
  const edge = await createPredictor(bundle, {
    wasmBinary,
    readPixels: pictureReader(wasmDecoder(await readPictureBinaries())),
  });
  // Loaded for bundles with pictures alone: both are native code
  const native = await import("onnxruntime-node");
  const { sharpDecoder } = await import("@aisle/shared/images_native");
  const ours = await openPredictor(
    bundle,
    ortRuntime("native", native as unknown as OrtLike),
    { readPixels: pictureReader(sharpDecoder()) },
  );
  const both = splitPredictor(edge, ours);
  return {
    predictor: withMergedLabels(both, merges),
    edge: withMergedLabels(edge, merges),
    [Symbol.asyncDispose]: () => both[Symbol.asyncDispose](),
  };
}

/** Pictures that are placeholders, by all rows; nothing is read where no gold row has a picture. */
async function placeholdersAmong(
  gold: readonly ProductRow[],
  rows: string,
  blobs: StageContext["blobs"],
): Promise<Set<string>> {
  const shown = new PictureGroups();
  if (gold.every(({ picture }) => picture === "")) return shown.placeholders();
  for await (const row of readRows(await blobs.open(rows))) {
    if (row.picture !== "") shown.add(row.picture, contentGroup(row));
  }
  return shown.placeholders();
}

/** Evaluates both bundles on the same rows in the same run. */
export async function evaluate(
  input: EvaluateInput,
  context: StageContext,
): Promise<EvaluateOutput> {
  const { blobs, params, emit } = context;
  const reader = await openPictureReader(blobs, input.images);
  const open = (digest: string) => openJudged(digest, input.labelMerges, blobs);
  const keep = async (evaluation: Evaluation) => ({
    evaluation: (await blobs.put(new TextEncoder().encode(JSON.stringify(evaluation)))).digest,
    metrics: headlineMetrics(evaluation),
  });
  const gold = await collect(blobs, input.gold);
  const options = {
    params: params.evaluate,
    clock: () => performance.now(),
    trained: await collect(blobs, input.train),
    placeholders: await placeholdersAmong(gold, input.rows, blobs),
    onProgress: (done: number, total: number) =>
      emit({ type: "progress", done, total, what: "gold rows" }),
  };
  const picturesOf = ({ edge }: JudgedBundle): GoldPictures => ({
    read: ({ picture }) => picture === "" ? Promise.resolve(null) : reader.read(picture),
    edge,
    sample: params.evaluate.wasmPictures,
  });
  await using candidate = await open(input.candidate);
  const pictures = picturesOf(candidate);
  if (input.baseline === null) {
    const alone = await evaluateBundle(candidate.predictor, gold, { ...options, pictures });
    return { candidate: await keep(alone), baseline: null };
  }
  await using champion = await open(input.baseline);
  const pair = await evaluatePair(
    {
      candidate: candidate.predictor,
      champion: champion.predictor,
    },
    gold,
    {
      ...options,
      pictures,
      championPictures: picturesOf(champion),
      ...(input.baselineTrain === null
        ? {}
        : { championTrained: await collect(blobs, input.baselineTrain) }),
    },
  );
  return { candidate: await keep(pair.candidate), baseline: await keep(pair.champion) };
}
