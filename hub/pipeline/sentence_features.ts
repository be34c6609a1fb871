/**
 * Runs the stage `sentences` where the params ask for a sentence encoder.
 *
 * @module
 */
import { gatherSentenceEncoder, type SentenceEncoderSource } from "../encoders/mod.ts";
import type { PipelineContext } from "./datasets.ts";
import type { SentencesInput, SentencesOutput, SplitOutput } from "./stage_values.ts";

/** Vectors of the train set, and what made them; two nulls where `text.encoder` is `tfidf`. */
export async function encodeTrainSentences(
  { blobs, dataDir, params, runner }: PipelineContext,
  split: SplitOutput,
): Promise<{ encoder: SentenceEncoderSource | null; sentences: SentencesOutput | null }> {
  const encoder = await gatherSentenceEncoder(params.text.encoder, {
    put: async (bytes) => (await blobs.put(bytes)).digest,
    modelsDir: `${dataDir}/models`,
  });
  if (encoder === null) return { encoder, sentences: null };
  const input: SentencesInput = { train: split.sets.train.blob, encoder };
  return { encoder, sentences: await runner.run<SentencesOutput>("sentences", input) };
}
