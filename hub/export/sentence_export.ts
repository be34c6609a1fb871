/**
 * The part of a bundle that reads sentences: encoder and head in one graph, the tokenizer's files, the manifest's word.
 *
 * @module
 */
import { BUNDLE_FILES, SENTENCE_GRAPH, type SentenceSection } from "@aisle/shared/bundle";
import type { ProductTexts } from "@aisle/shared/features";
import type { TokenizerFiles } from "@aisle/shared/tokens";
import type { SentenceHead } from "../model/sentence_head.ts";
import { encodeOnnx, type Graph, withPalettes } from "../onnx/mod.ts";

/** An encoder as it goes into a bundle: its graph takes `input_ids` and `attention_mask` and gives `embedding`. */
export interface ExportedEncoder {
  readonly id: string;
  readonly name: string;
  readonly dims: number;
  readonly graph: Graph;
  readonly tokenizer: TokenizerFiles;
  readonly maxTokens: number;
}

/** What {@linkcode exportSentence} makes. */
export interface SentenceParts {
  readonly section: SentenceSection;
  readonly files: Readonly<Record<string, Uint8Array>>;
}

const EMBEDDING = "embedding";

/** Files and manifest section of `encoder` with `head` on it. */
export function exportSentence(encoder: ExportedEncoder, head: SentenceHead): SentenceParts {
  const { id, name, dims, graph, tokenizer, maxTokens } = encoder;
  if (id !== head.encoder.id) {
    throw new RangeError(
      `Cannot export the sentence encoder ${name}: its head is for ${head.encoder.id}: current value is ${id}`,
    );
  }
  const classes = head.bias.length, { scores } = SENTENCE_GRAPH;
  const whole: Graph = {
    ...graph,
    outputs: [{ name: scores, type: "float32", shape: ["N", classes] }],
    initializers: [
      ...graph.initializers,
      { name: "head/weights", type: "float32", shape: [dims, classes], data: head.weights },
      { name: "head/bias", type: "float32", shape: [classes], data: head.bias },
    ],
    nodes: [
      ...graph.nodes,
      { op: "MatMul", inputs: [EMBEDDING, "head/weights"], outputs: ["head/products"] },
      { op: "Add", inputs: ["head/products", "head/bias"], outputs: [scores] },
    ],
  };
  const utf8 = new TextEncoder();
  return {
    section: { encoder: { name, id, dims }, maxTokens },
    files: {
      [BUNDLE_FILES.sentence]: encodeOnnx(withPalettes(whole)),
      [BUNDLE_FILES.tokenizer]: utf8.encode(tokenizer.tokenizer),
      [BUNDLE_FILES.tokenizerConfig]: utf8.encode(tokenizer.config),
    },
  };
}

/** Scores of products whose sentences were read beforehand. */
export type SentenceScoresOf = (product: ProductTexts) => ArrayLike<number>;
