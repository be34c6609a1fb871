/**
 * Stage: vectors of the train set's texts by a sentence encoder.
 *
 * @module
 */
import { sentenceText } from "@aisle/shared/tokens";
import { readRows } from "../../data/version.ts";
import { embedSentences, openSentenceEncoder } from "../../encoders/sentence/mod.ts";
import type { StageContext } from "../stage_context.ts";
import type { SentencesInput, SentencesOutput } from "../stage_values.ts";

/** Reads the texts of the rows of `input.train`, in their order. */
export async function sentences(
  input: SentencesInput,
  context: StageContext,
): Promise<SentencesOutput> {
  const { blobs, params, emit, signal } = context;
  const encoder = await openSentenceEncoder(input.encoder, params.text.encoderTokens, {
    read: (digest) => blobs.bytes(digest),
    log: (message) => emit({ type: "log", message }),
  });
  const texts: string[] = [];
  for await (const row of readRows(await blobs.open(input.train))) texts.push(sentenceText(row));
  const vectors = await embedSentences(encoder, texts, {
    signal,
    onProgress: (done) => emit({ type: "progress", done, total: texts.length, what: "texts" }),
  });
  const { id, name, dims } = encoder;
  const { digest } = await blobs.put(new Uint8Array(vectors.buffer));
  return { vectors: digest, encoder: { id, name, dims }, rows: texts.length };
}
