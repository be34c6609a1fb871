/**
 * A sentence encoder: texts to vectors of length 1 that lie near each other where texts mean the same.
 *
 * @module
 */
import { hasher } from "@aisle/shared/hash";
import { openTokenizer, type Tokenize, type TokenizerFiles } from "@aisle/shared/tokens";
import { encodeOnnx, type Graph } from "../../onnx/mod.ts";

/** An encoder that is ready to be run or put into a bundle. */
export interface SentenceEncoder {
  /** SHA-256 over graph, tokenizer and longest text: vectors with the same id are the same vectors. */
  readonly id: string;
  /** For people: `hf:owner/model`. */
  readonly name: string;
  /** Inputs and output are those of `SENTENCE_GRAPH`. */
  readonly graph: Graph;
  readonly dims: number;
  readonly tokenizer: TokenizerFiles;
  /** Longest text in tokens; what is longer is cut. */
  readonly maxTokens: number;
  readonly tokenize: Tokenize;
}

/** Puts an encoder together and names it by its content. */
export function sentenceEncoder(
  parts: Omit<SentenceEncoder, "id" | "tokenize">,
): SentenceEncoder {
  const { graph, tokenizer, maxTokens } = parts;
  const id = hasher().update(encodeOnnx(graph)).update(tokenizer.tokenizer)
    .update(`\n${tokenizer.config}\n${maxTokens}`).hex();
  return { ...parts, id, tokenize: openTokenizer(tokenizer, maxTokens) };
}
