/**
 * Sentence encoders as stages use them: opened from blobs, run over texts. Loads the native runtime.
 *
 * @module
 */
export { type EmbedOptions, embedSentences, SentenceRunner } from "./embed_sentences.ts";
export { openSentenceEncoder } from "./open_sentence_encoder.ts";
export type { SentenceEncoder } from "./sentence_encoder.ts";
