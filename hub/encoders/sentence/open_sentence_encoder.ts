/**
 * Opens a sentence encoder from what was gathered: needs the blobs and nothing else.
 *
 * @module
 */
import { readOnnx } from "../../onnx/mod.ts";
import type { OpenOptions } from "../open_image_encoder.ts";
import type { SentenceEncoderSource } from "./gather_sentence_encoder.ts";
import { type SentenceEncoder, sentenceEncoder } from "./sentence_encoder.ts";
import { sentenceGraph } from "./sentence_graph.ts";

/**
 * Opens `source`; texts are cut to `tokens`, or to what the network has positions for.
 *
 * @throws {AppError} `model-invalid` for a network or a tokenizer that does not fit
 */
export async function openSentenceEncoder(
  source: SentenceEncoderSource,
  tokens: number,
  { read, log = () => {} }: OpenOptions,
): Promise<SentenceEncoder> {
  const text = async (digest: string) => new TextDecoder().decode(await read(digest));
  const { name, pooling, positions } = source;
  const maxTokens = Math.min(tokens, positions ?? tokens);
  if (maxTokens < tokens) log(`${name}: texts are cut to the ${maxTokens} tokens that it reads`);
  const { graph, dims } = await sentenceGraph(readOnnx(await read(source.model)), pooling);
  const tokenizer = { tokenizer: await text(source.tokenizer), config: await text(source.config) };
  return sentenceEncoder({ name, graph, dims, tokenizer, maxTokens });
}
