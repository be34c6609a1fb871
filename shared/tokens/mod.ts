/**
 * The only road from a product's texts to the tokens that a sentence encoder reads, for hub and edge.
 *
 * @module
 */
export { sentenceText } from "./sentence_text.ts";
export {
  openTokenizer,
  type Tokenize,
  TOKENIZER_FILES,
  type TokenizerFiles,
  type Tokens,
} from "./tokenizer.ts";
