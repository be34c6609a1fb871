/**
 * Stage: vectors of the train set's texts by a sentence encoder. Each text is read once and for all: what is known of it
 * under the same encoder is kept, beside the features of pictures.
 *
 * @module
 */
import { sha256 } from "@aisle/shared/hash";
import { sentenceText } from "@aisle/shared/tokens";
import { readFeatureChunk } from "../../data/picture_features.ts";
import { readRows } from "../../data/version.ts";
import {
  openSentenceEncoder,
  type SentenceEncoder,
  SentenceRunner,
} from "../../encoders/sentence/mod.ts";
import { FeatureCache } from "../../images/feature_cache.ts";
import type { StageContext } from "../stage_context.ts";
import type { SentencesInput, SentencesOutput } from "../stage_values.ts";

/** Texts of a chunk: a few seconds of work, which is what a kill can cost. */
const CHUNK = 512;

/** Reads the texts of the rows of `input.train`, in their order. */
export async function sentences(
  input: SentencesInput,
  context: StageContext,
): Promise<SentencesOutput> {
  const { blobs, params, emit } = context;
  const encoder = await openSentenceEncoder(input.encoder, params.text.encoderTokens, {
    read: (digest) => blobs.bytes(digest),
    log: (message) => emit({ type: "log", message }),
  });
  const texts: string[] = [];
  for await (const row of readRows(await blobs.open(input.train))) texts.push(sentenceText(row));
  const vectors = await vectorsOf(texts, encoder, context);
  const { id, name, dims } = encoder;
  const { digest } = await blobs.put(new Uint8Array(vectors.buffer));
  return { vectors: digest, encoder: { id, name, dims }, rows: texts.length };
}

/** Vectors of `texts` [texts, dims]; those that are known come as they were kept, in float16, and so do the others. */
async function vectorsOf(
  texts: readonly string[],
  encoder: SentenceEncoder,
  { blobs, emit, featuresDir, signal }: StageContext,
): Promise<Float32Array<ArrayBuffer>> {
  const { id, dims } = encoder;
  const cache = await FeatureCache.open(
    featuresDir,
    { encoder: id, embedding: dims, handmade: 0 },
    blobs,
  );
  const textOf = new Map(texts.map((text) => [sha256(text), text]));
  const missing = [...textOf].filter(([digest]) => !cache.has(digest))
    // Texts of like length run together
    .sort(([, a], [, b]) => a.length - b.length);
  if (missing.length > 0) {
    await using runner = await SentenceRunner.open(encoder);
    for (let at = 0; at < missing.length; at += CHUNK) {
      const some = missing.slice(at, at + CHUNK);
      const values = await runner.embed(some.map(([, text]) => text), {
        signal,
        onProgress: (done) =>
          emit({ type: "progress", done: at + done, total: missing.length, what: "texts" }),
      });
      const digests = some.map(([digest]) => digest);
      await cache.addChunk({ digests, values: Float16Array.from(values) });
    }
  }
  emit({
    type: "log",
    message: `${textOf.size} texts of ${texts.length} rows: ${missing.length} read now`,
  });
  const rowsOf = new Map<string, Float16Array>();
  for (const chunk of cache.lookUp(textOf.keys()).chunks) {
    const { digests, values } = readFeatureChunk(await blobs.bytes(chunk));
    digests.forEach((digest, i) => rowsOf.set(digest, values.subarray(i * dims, (i + 1) * dims)));
  }
  const out = new Float32Array(texts.length * dims);
  texts.forEach((text, row) => out.set(rowsOf.get(sha256(text))!, row * dims));
  return out;
}
