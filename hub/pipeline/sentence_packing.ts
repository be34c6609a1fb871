/**
 * A sentence encoder and its head, ready to be packed: what goes into the bundle, and what they add to the scores of
 * the golden samples.
 *
 * @module
 */
import type { ProductTexts } from "@aisle/shared/features";
import { sentenceText } from "@aisle/shared/tokens";
import { embedSentences, openSentenceEncoder } from "../encoders/sentence/mod.ts";
import type { SentenceEncoderSource } from "../encoders/mod.ts";
import { goldenCandidates } from "../export/golden_samples.ts";
import type { PackTextInput } from "../export/pack_text.ts";
import { exportSentence } from "../export/sentence_export.ts";
import { type SentenceHead, sentenceScores } from "../model/sentence_head.ts";
import type { StageContext } from "./stage_context.ts";

/** The part of the bundle; the encoder is run here on every text that may become a golden sample. */
export async function sentencePacking(
  source: SentenceEncoderSource,
  head: SentenceHead,
  { blobs, params, signal }: StageContext,
): Promise<NonNullable<PackTextInput["sentence"]>> {
  const encoder = await openSentenceEncoder(source, params.text.encoderTokens, {
    read: (digest) => blobs.bytes(digest),
  });
  // The product without a text is that of a picture alone
  const products: ProductTexts[] = [
    ...goldenCandidates(params.export.goldenSamples),
    { designation: "", description: "" },
  ];
  const texts = products.map(sentenceText);
  const vectors = await embedSentences(encoder, texts, { signal });
  const scores = new Map(
    texts.map((text, i) => [text, sentenceScores(head, vectors, i * encoder.dims)]),
  );
  return {
    ...exportSentence(encoder, head),
    scoresOf(product) {
      const found = scores.get(sentenceText(product));
      if (found === undefined) throw new TypeError("a golden sample's sentence was not read");
      return found;
    },
  };
}
