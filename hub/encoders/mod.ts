/**
 * Encoders: what turns a picture or a text into numbers, from wherever it comes.
 *
 * Light to import: weights, runtimes and libraries are loaded when an encoder is opened.
 *
 * @module
 */
export { gatherImageEncoder, type GatherOptions } from "./gather_image_encoder.ts";
export { ENCODER_GRAPH, type ImageEncoder, imageEncoder } from "./image_encoder.ts";
export type { ImageEncoderSource } from "./image_encoder_source.ts";
export { loadImageEncoder, type LoadImageEncoderOptions } from "./load_image_encoder.ts";
export { AUTO, type ImageEncoderParams, openImageEncoder } from "./open_image_encoder.ts";
export {
  gatherSentenceEncoder,
  type SentenceEncoderSource,
} from "./sentence/gather_sentence_encoder.ts";
export type { SentenceEncoder } from "./sentence/sentence_encoder.ts";
