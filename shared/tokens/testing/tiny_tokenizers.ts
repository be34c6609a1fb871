/**
 * Tokenizers small enough to be read: word pieces as BERT has them, byte pairs as RoBERTa has them.
 *
 * @module
 */
import type { TokenizerFiles } from "../tokenizer.ts";

/** A WordPiece tokenizer that knows `words`, single letters and their continuations. */
export function wordPieceTokenizer(words: readonly string[]): TokenizerFiles {
  const letters = "abcdefghijklmnopqrstuvwxyzéèàüß0123456789".split("");
  const special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
  const tokens = [
    ...special,
    ...".,!?-'".split(""),
    ...letters,
    ...letters.map((l) => `##${l}`),
    ...words,
  ];
  const vocab = Object.fromEntries([...new Set(tokens)].map((token, id) => [token, id]));
  return {
    tokenizer: JSON.stringify({
      version: "1.0",
      truncation: null,
      padding: null,
      added_tokens: special.map((content, id) => ({
        id,
        content,
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
        special: true,
      })),
      normalizer: {
        type: "BertNormalizer",
        clean_text: true,
        handle_chinese_chars: true,
        strip_accents: null,
        lowercase: true,
      },
      pre_tokenizer: { type: "BertPreTokenizer" },
      post_processor: {
        type: "TemplateProcessing",
        single: [
          { SpecialToken: { id: "[CLS]", type_id: 0 } },
          { Sequence: { id: "A", type_id: 0 } },
          { SpecialToken: { id: "[SEP]", type_id: 0 } },
        ],
        pair: [
          { SpecialToken: { id: "[CLS]", type_id: 0 } },
          { Sequence: { id: "A", type_id: 0 } },
          { SpecialToken: { id: "[SEP]", type_id: 0 } },
          { Sequence: { id: "B", type_id: 1 } },
          { SpecialToken: { id: "[SEP]", type_id: 1 } },
        ],
        special_tokens: {
          "[CLS]": { id: "[CLS]", ids: [2], tokens: ["[CLS]"] },
          "[SEP]": { id: "[SEP]", ids: [3], tokens: ["[SEP]"] },
        },
      },
      decoder: { type: "WordPiece", prefix: "##", cleanup: true },
      model: {
        type: "WordPiece",
        unk_token: "[UNK]",
        continuing_subword_prefix: "##",
        max_input_chars_per_word: 100,
        vocab,
      },
    }),
    config: JSON.stringify({
      tokenizer_class: "BertTokenizer",
      do_lower_case: true,
      model_max_length: 512,
      pad_token: "[PAD]",
      unk_token: "[UNK]",
      cls_token: "[CLS]",
      sep_token: "[SEP]",
      mask_token: "[MASK]",
    }),
  };
}

/** The character that stands for each byte in byte-level vocabularies: printable ones for themselves. */
function byteAlphabet(): string[] {
  const own = (byte: number) =>
    byte > 32 && byte !== 127 && !(byte > 127 && byte < 161) && byte !== 173;
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(own(byte) ? byte : next++));
}

const added = (tokens: readonly string[], ids: readonly number[]) =>
  tokens.map((content, i) => ({
    id: ids[i],
    content,
    single_word: false,
    lstrip: content === "<mask>",
    rstrip: false,
    normalized: false,
    special: true,
  }));

/** A byte-level BPE tokenizer (as RoBERTa's): case is kept, nothing is unknown. */
export function bytePairTokenizer(merges: readonly (readonly [string, string])[]): TokenizerFiles {
  const special = ["<s>", "<pad>", "</s>", "<unk>"];
  const tokens = [...special, ...byteAlphabet(), ...merges.map((pair) => pair.join("")), "<mask>"];
  const vocab = Object.fromEntries([...new Set(tokens)].map((token, id) => [token, id]));
  const known = [...special, "<mask>"];
  return {
    tokenizer: JSON.stringify({
      version: "1.0",
      truncation: null,
      padding: null,
      added_tokens: added(known, known.map((token) => vocab[token]!)),
      normalizer: null,
      pre_tokenizer: {
        type: "ByteLevel",
        add_prefix_space: false,
        trim_offsets: true,
        use_regex: true,
      },
      post_processor: {
        type: "RobertaProcessing",
        sep: ["</s>", 2],
        cls: ["<s>", 0],
        trim_offsets: true,
        add_prefix_space: false,
      },
      decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true },
      model: {
        type: "BPE",
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: "",
        end_of_word_suffix: "",
        fuse_unk: false,
        vocab,
        merges: merges.map((pair) => pair.join(" ")),
      },
    }),
    config: JSON.stringify({
      tokenizer_class: "RobertaTokenizer",
      model_max_length: 512,
      pad_token: "<pad>",
      unk_token: "<unk>",
      cls_token: "<s>",
      sep_token: "</s>",
      bos_token: "<s>",
      eos_token: "</s>",
      mask_token: "<mask>",
    }),
  };
}

/** A unigram tokenizer (as XLM-RoBERTa's, of the multilingual models); pieces with their log-probabilities. */
export function unigramTokenizer(pieces: readonly (readonly [string, number])[]): TokenizerFiles {
  const special = ["<s>", "<pad>", "</s>", "<unk>"];
  const vocab = [...special.map((token) => [token, 0] as const), ...pieces];
  return {
    tokenizer: JSON.stringify({
      version: "1.0",
      truncation: null,
      padding: null,
      added_tokens: added(special, [0, 1, 2, 3]),
      normalizer: { type: "NFKC" },
      pre_tokenizer: {
        type: "Metaspace",
        replacement: "\u2581",
        add_prefix_space: true,
        prepend_scheme: "always",
        split: true,
      },
      post_processor: {
        type: "TemplateProcessing",
        single: [
          { SpecialToken: { id: "<s>", type_id: 0 } },
          { Sequence: { id: "A", type_id: 0 } },
          { SpecialToken: { id: "</s>", type_id: 0 } },
        ],
        pair: [
          { SpecialToken: { id: "<s>", type_id: 0 } },
          { Sequence: { id: "A", type_id: 0 } },
          { SpecialToken: { id: "</s>", type_id: 0 } },
          { Sequence: { id: "B", type_id: 0 } },
          { SpecialToken: { id: "</s>", type_id: 0 } },
        ],
        special_tokens: {
          "<s>": { id: "<s>", ids: [0], tokens: ["<s>"] },
          "</s>": { id: "</s>", ids: [2], tokens: ["</s>"] },
        },
      },
      decoder: { type: "Metaspace", replacement: "\u2581", add_prefix_space: true },
      model: { type: "Unigram", unk_id: 3, vocab, byte_fallback: false },
    }),
    config: JSON.stringify({
      tokenizer_class: "XLMRobertaTokenizer",
      model_max_length: 512,
      pad_token: "<pad>",
      unk_token: "<unk>",
      cls_token: "<s>",
      sep_token: "</s>",
      bos_token: "<s>",
      eos_token: "</s>",
    }),
  };
}
