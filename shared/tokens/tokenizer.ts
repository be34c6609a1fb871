/**
 * Texts to token ids by a Hugging Face tokenizer's own files, in plain JavaScript.
 *
 * The library makes the same ids as `AutoTokenizer` of `@huggingface/transformers`; a text that is too long is cut
 * inside, as Python's tokenizers do it: the tokens that open and close it stay.
 *
 * @module
 */
import { Tokenizer } from "@huggingface/tokenizers";
import { AppError, messageOf } from "../errors.ts";

/** Names of a tokenizer's files in a model's folder. */
export const TOKENIZER_FILES = ["tokenizer.json", "tokenizer_config.json"] as const;

/** A tokenizer's files, as text. */
export interface TokenizerFiles {
  readonly tokenizer: string;
  readonly config: string;
}

/** Tokens of some texts, padded to the longest: each array is [rows x length]. */
export interface Tokens {
  readonly rows: number;
  readonly length: number;
  readonly ids: Int32Array<ArrayBuffer>;
  /** 1 where there is a token, 0 where there is padding. */
  readonly mask: Int32Array<ArrayBuffer>;
}

/** Makes tokens of texts; the same text gives the same tokens, whatever stands beside it. */
export type Tokenize = (texts: readonly string[]) => Tokens;

/** Characters a token that are looked at: words are shorter, and a text of one endless word must end too. */
const CHARS_PER_TOKEN = 24;

/**
 * Opens the tokenizer of `files`; texts are cut to `maxTokens` tokens.
 *
 * @throws {AppError} `model-invalid` for files that are no tokenizer
 */
export function openTokenizer(files: TokenizerFiles, maxTokens: number): Tokenize {
  const tokenizer = makeTokenizer(files);
  const { opening, closing, pad } = frameOf(tokenizer, files);
  const inside = maxTokens - opening.length - closing.length;
  if (inside < 1) {
    throw unfit(`a text must have room for a token: current value is ${maxTokens} tokens`);
  }
  const idsOf = (text: string): readonly number[] => {
    const { ids } = tokenizer.encode(text.slice(0, maxTokens * CHARS_PER_TOKEN));
    if (ids.length <= maxTokens) return ids;
    return [...ids.slice(0, opening.length + inside), ...closing];
  };
  return (texts) => {
    const all = texts.map(idsOf);
    // A graph never meets a length of nothing
    const length = all.reduce((longest, { length }) => Math.max(longest, length), 1);
    const ids = new Int32Array(all.length * length).fill(pad);
    const mask = new Int32Array(all.length * length);
    all.forEach((row, r) => {
      ids.set(row, r * length);
      mask.fill(1, r * length, r * length + row.length);
    });
    return { rows: all.length, length, ids, mask };
  };
}

function makeTokenizer({ tokenizer, config }: TokenizerFiles): Tokenizer {
  try {
    return new Tokenizer(JSON.parse(tokenizer), JSON.parse(config));
  } catch (cause) {
    throw unfit(messageOf(cause), cause);
  }
}

/** What stands around every text, found by looking at one; and what fills up short ones. */
function frameOf(tokenizer: Tokenizer, { config }: TokenizerFiles) {
  const probe = "a";
  const bare = tokenizer.encode(probe, { add_special_tokens: false }).ids;
  const whole = tokenizer.encode(probe).ids;
  const at = whole.findIndex((_, i) => bare.every((id, k) => whole[i + k] === id));
  if (bare.length === 0 || at < 0) throw unfit("it must make tokens of a letter");
  const { pad_token } = JSON.parse(config) as { pad_token?: string | { content?: string } };
  const name = typeof pad_token === "string" ? pad_token : pad_token?.content;
  return {
    opening: whole.slice(0, at),
    closing: whole.slice(at + bare.length),
    // Padding is masked: any token that the model knows will do
    pad: (name === undefined ? undefined : tokenizer.token_to_id(name)) ?? 0,
  };
}

function unfit(why: string, cause?: unknown): AppError {
  return new AppError("model-invalid", `Cannot use the tokenizer: ${why}`, { cause });
}
