/**
 * Stage: packs the model into the bundle that is judged and served; its digest is its name.
 *
 * @module
 */
import { unpack } from "@aisle/shared/bundle";
import { readPictureIndex } from "../../data/picture_index.ts";
import { readRows } from "../../data/version.ts";
import { inputReference, type ReferenceRow } from "../../export/input_reference.ts";
import { packText, type PackTextInput } from "../../export/pack_text.ts";
import { modelFromBytes } from "../../model/model_bytes.ts";
import type { SentenceHead } from "../../model/sentence_head.ts";
import type { packPictures as PackPictures } from "../picture_packing.ts";
import type { StageContext } from "../stage_context.ts";
import type { ExportInput, ExportOutput } from "../stage_values.ts";

/** Packs `input.model`, and what pictures add to it. */
export async function exportBundle(
  input: ExportInput,
  context: StageContext,
): Promise<ExportOutput> {
  const { blobs, params } = context;
  const { provenance, classRows, fused } = input;
  const model = modelFromBytes(await blobs.bytes(input.model));
  const sentence = model.sentences === undefined
    ? null
    : await sentencePart(input, model.sentences, context);
  const count = Object.values(classRows).reduce((sum, n) => sum + n, 0);
  const inputs = await inputReference(rowsOf(input, context), count, model.spec);
  const packing = { provenance, classRows, params, sentence, inputs };
  const bytes = fused === null
    ? packText(model, packing)
    : await withPictures(model, fused, packing, context);
  const { digest, sizeBytes } = await blobs.put(bytes);
  return { bundle: digest, sizeBytes, manifest: unpack(bytes).manifest };
}

/** The rows that were trained on, with the sizes of those pictures that lie in packs. */
async function* rowsOf(
  { train, images }: ExportInput,
  { blobs }: StageContext,
): AsyncGenerator<ReferenceRow> {
  const places = images === null ? null : (await readPictureIndex(await blobs.open(images))).places;
  for await (const { designation, description, picture } of readRows(await blobs.open(train))) {
    // Few came with feedback and are blobs of their own: looking each up is not worth a file access a row.
    const pictureBytes = picture === "" ? null : places?.get(picture)?.sizeBytes ?? null;
    yield { designation, description, pictureBytes };
  }
}

/** Loads what runs an encoder only for a model that has its head. */
async function sentencePart(
  { sentences }: ExportInput,
  head: SentenceHead,
  context: StageContext,
): Promise<PackTextInput["sentence"]> {
  if (sentences === null) throw new TypeError("a model has a sentence head without an encoder");
  const { sentencePacking } = await import("../sentence_packing.ts");
  return await sentencePacking(sentences, head, context);
}

/** Loads what runs encoders only for a model that has one. */
async function withPictures(
  ...given: Parameters<typeof PackPictures>
): ReturnType<typeof PackPictures> {
  const { packPictures } = await import("../picture_packing.ts");
  return await packPictures(...given);
}
