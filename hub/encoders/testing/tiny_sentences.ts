/**
 * A tiny sentence encoder with random weights: embeddings, one layer of attention, a norm; and its tokenizer.
 *
 * @module
 */
import { wordPieceTokenizer } from "@aisle/shared/tokens/testing";
import type { Graph, GraphNode } from "../../onnx/mod.ts";
import { writeModelFolder } from "./model_folders.ts";
import { randomWeights } from "./tiny_networks.ts";

/** Numbers a token. */
export const TINY_DIMS = 12;

/** Like a small BERT: takes ids, mask and token types, gives its tokens' last states. */
export function tinyTransformer(vocabulary: number, dims = TINY_DIMS): Graph {
  const { initializers, weight } = randomWeights(11);
  const scalar = (name: string, value: number) => {
    initializers.push({ name, type: "float32", shape: [], data: Float32Array.of(value) });
    return name;
  };
  initializers.push({ name: "axis", type: "int64", shape: [1], data: BigInt64Array.of(1n) });
  const node = (op: string, inputs: string[], output: string, more = {}): GraphNode => ({
    op,
    inputs,
    outputs: [output],
    ...more,
  });
  const ids = (name: string) => ({ name, type: "int64" as const, shape: ["batch", "tokens"] });
  return {
    name: "tiny_transformer",
    inputs: [ids("input_ids"), ids("attention_mask"), ids("token_type_ids")],
    outputs: [{ name: "last_hidden_state", type: "float32", shape: ["batch", "tokens", dims] }],
    initializers,
    nodes: [
      node("Gather", [weight("words", [vocabulary, dims]), "input_ids"], "word"),
      node("Gather", [weight("types", [2, dims]), "token_type_ids"], "type"),
      node("Add", ["word", "type"], "x"),
      node("MatMul", ["x", weight("wq", [dims, dims])], "q"),
      node("MatMul", ["x", weight("wk", [dims, dims])], "k"),
      node("MatMul", ["x", weight("wv", [dims, dims])], "v"),
      node("Transpose", ["k"], "kt", { attributes: { perm: [0, 2, 1] } }),
      node("MatMul", ["q", "kt"], "near"),
      node("Cast", ["attention_mask"], "seen", { attributes: { to: 1 } }),
      node("Sub", ["seen", scalar("one", 1)], "hidden"),
      node("Mul", ["hidden", scalar("far", 1e4)], "penalty"),
      node("Unsqueeze", ["penalty", "axis"], "penalties"),
      node("Add", ["near", "penalties"], "masked"),
      node("Softmax", ["masked"], "attention", { attributes: { axis: -1 } }),
      node("MatMul", ["attention", "v"], "mixed"),
      node("Add", ["x", "mixed"], "sum"),
      node(
        "LayerNormalization",
        ["sum", weight("gain", [dims]), weight("shift", [dims])],
        "last_hidden_state",
        { attributes: { axis: -1, epsilon: { float: 1e-5 } } },
      ),
    ],
  };
}

/** Writes a whole model folder; the tokenizer knows `words`. */
export async function writeSentenceFolder(
  folder: string,
  words: readonly string[],
  makeGraph: (vocab: Readonly<Record<string, number>>) => Graph = (vocab) =>
    tinyTransformer(Object.keys(vocab).length),
): Promise<void> {
  const { tokenizer, config } = wordPieceTokenizer(words);
  const json = JSON.parse(tokenizer) as { model: { vocab: Record<string, number> } };
  await writeModelFolder(folder, {
    graph: makeGraph(json.model.vocab),
    json: {
      "config.json": { model_type: "bert", max_position_embeddings: 64 },
      "tokenizer.json": json,
      "tokenizer_config.json": JSON.parse(config),
    },
  });
}
