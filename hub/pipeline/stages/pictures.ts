/**
 * Stage: features of the train set's pictures. Each picture is decoded once and for all: what is known of it under the
 * same encoder is kept.
 *
 * @module
 */
import { HANDMADE } from "@aisle/shared/images";
import { readRows } from "../../data/version.ts";
import { baseName } from "../../data/picture_index.ts";
import { openImageEncoder } from "../../encoders/mod.ts";
import { encodePictures } from "../../images/encode_pictures.ts";
import { FeatureCache } from "../../images/feature_cache.ts";
import { openPictureReader } from "../../images/picture_reader.ts";
import { encodeOnnx } from "../../onnx/mod.ts";
import type { StageContext } from "../stage_context.ts";
import type { PicturesInput, PicturesOutput } from "../stage_values.ts";

const EXAMPLES = 5;

/** Encodes the pictures of the rows of `input.train`; no other picture is opened. */
export async function pictures(
  input: PicturesInput,
  context: StageContext,
): Promise<PicturesOutput> {
  const { blobs, params, emit, signal, featuresDir } = context;
  const encoder = await openImageEncoder(input.encoder, params.image, {
    read: (digest) => blobs.bytes(digest),
    log: (message) => emit({ type: "log", message }),
  });
  /** Digest to the name of a file that has it. */
  const names = new Map<string, string>();
  let rows = 0;
  for await (const { picture, image } of readRows(await blobs.open(input.train))) {
    if (picture === "") continue;
    rows++;
    if (!names.has(picture)) names.set(picture, baseName(image));
  }
  const handmade = input.handmade ? HANDMADE.dims : 0;
  const kind = { encoder: encoder.id, embedding: encoder.dims, handmade };
  const { list, decoded } = await encodePictures(new Set(names.keys()), {
    kind,
    cache: await FeatureCache.open(featuresDir, kind, blobs),
    reader: await openPictureReader(blobs, input.images),
    model: encodeOnnx(encoder.graph),
    recipe: encoder.recipe,
    workers: navigator.hardwareConcurrency,
    signal,
    onProgress: (done, total) => emit({ type: "progress", done, total, what: "pictures" }),
  });
  const { undecodable } = list;
  const examples = undecodable.slice(0, EXAMPLES).map(({ digest, problem }) =>
    `${names.get(digest) || digest.slice(0, 12)}: ${problem}`
  );
  emit({
    type: "log",
    message: `${names.size} pictures of ${rows} rows: ${decoded} decoded now, ` +
      `${undecodable.length} not to be decoded`,
  });
  for (const example of examples) emit({ type: "log", message: example });
  const bytes = new TextEncoder().encode(JSON.stringify(list));
  return {
    features: (await blobs.put(bytes)).digest,
    encoder: { id: encoder.id, name: encoder.name },
    rows,
    pictures: names.size - undecodable.length,
    undecodable: undecodable.length,
    examples,
  };
}
