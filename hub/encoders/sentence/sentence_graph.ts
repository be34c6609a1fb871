/**
 * A foreign network of tokens wrapped to a sentence encoder's input and output.
 *
 * In: `input_ids` and `attention_mask`, int32 [N, L]. Out: `embedding`, float [N, D], of length 1: the network's own
 * sentence embedding where it has one, else the mean over its tokens (or its first token), padding left out.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { Graph, GraphNode, Initializer, ValueInfo } from "../../onnx/mod.ts";
import { canonicalGraph, prunedTo } from "../foreign/canonical_graph.ts";
import { probe, type ProbeFeed } from "../foreign/probe.ts";

/** Names of every sentence encoder's inputs and output. */
export const SENTENCE_GRAPH = {
  ids: "input_ids",
  mask: "attention_mask",
  embedding: "embedding",
} as const;

/** How tokens become a sentence. */
export type Pooling = "mean" | "first";

/** Names under which networks take what they need; token types are all zero for one sentence. */
const INPUTS = ["input_ids", "attention_mask", "token_type_ids"] as const;
/** Lengths below this are those of no direction at all. */
const LEAST_LENGTH = 1e-12;

/**
 * Wraps `foreign`; it is run once on two sentences of three tokens.
 *
 * @throws {AppError} `model-invalid`, saying what keeps it from being a sentence encoder
 */
export async function sentenceGraph(
  foreign: Graph,
  pooling: Pooling,
): Promise<{ graph: Graph; dims: number }> {
  const graph = canonicalGraph(foreign);
  const front = inputNodes(graph);
  const whole: Graph = {
    ...graph,
    name: "text_encoder",
    inputs: [SENTENCE_GRAPH.ids, SENTENCE_GRAPH.mask].map((name) => ({
      name,
      type: "int32" as const,
      shape: ["N", "L"],
    })),
    nodes: [...front, ...graph.nodes],
  };
  const output = outputOf(graph);
  const shapes = await probe(prunedTo(whole, [output]), {
    [SENTENCE_GRAPH.ids]: tokens([1, 2, 1, 0, 1, 2]),
    [SENTENCE_GRAPH.mask]: tokens([1, 1, 1, 1, 1, 1]),
  });
  const shape = shapes.get(output.name)!;
  const fits = shape[0] === 2 && (shape.length === 2 || shape[1] === 3);
  if (!fits) {
    throw unfit(
      `its output must have a row a sentence and one a token: current value is [${shape}] for 2 sentences of 3 tokens`,
    );
  }
  const back = poolingNodes(output.name, shape.length, pooling);
  const dims = shape.at(-1)!;
  return {
    dims,
    graph: prunedTo({
      ...whole,
      initializers: [...whole.initializers, ...back.initializers],
      nodes: [...whole.nodes, ...back.nodes],
    }, [{ name: SENTENCE_GRAPH.embedding, type: "float32", shape: ["N", dims] }]),
  };
}

/** Makes the network's own inputs of ours. */
function inputNodes(graph: Graph): GraphNode[] {
  const names = graph.inputs.map(({ name }) => plain(name));
  const strange = names.find((name) => !(INPUTS as readonly string[]).includes(name));
  if (strange !== undefined || !names.includes("input_ids")) {
    throw unfit(`it must take ${INPUTS.join(", ")}: current value is ${names.join(", ")}`);
  }
  const nodes: GraphNode[] = [];
  for (const { name, type } of graph.inputs) {
    if (type !== "int64" && type !== "int32") {
      throw unfit(`its inputs must be int64 or int32: current value is ${type} ${plain(name)}`);
    }
    const to = { to: type === "int64" ? 7 : 6 };
    const from = plain(name) === "attention_mask" ? SENTENCE_GRAPH.mask : SENTENCE_GRAPH.ids;
    if (plain(name) !== "token_type_ids") {
      nodes.push({ op: "Cast", inputs: [from], outputs: [name], attributes: to });
      continue;
    }
    nodes.push(
      { op: "Sub", inputs: [from, from], outputs: ["tokens/types"] },
      { op: "Cast", inputs: ["tokens/types"], outputs: [name], attributes: to },
    );
  }
  return nodes;
}

/** A sentence embedding where there is one, else the last layer's tokens. */
function outputOf(graph: Graph): ValueInfo {
  const floats = graph.outputs.filter(({ type }) => type === "float32");
  const found = floats.find(({ name }) => /sentence_embedding$/.test(name)) ??
    floats.find(({ shape }) => shape.length === 3) ??
    floats.find(({ shape }) => shape.length === 2);
  if (found !== undefined) return found;
  const given = graph.outputs.map(({ name, type, shape }) => `${plain(name)} ${type} [${shape}]`);
  throw unfit(`it must have a float32 output of tokens or sentences: current value is ${given}`);
}

function poolingNodes(
  output: string,
  rank: number,
  pooling: Pooling,
): { nodes: GraphNode[]; initializers: Initializer[] } {
  const whole = (name: string, ...values: number[]): Initializer => ({
    name,
    type: "int64",
    shape: [values.length],
    data: BigInt64Array.from(values, BigInt),
  });
  const least = (name: string, value: number): Initializer => ({
    name,
    type: "float32",
    shape: [],
    data: Float32Array.of(value),
  });
  const initializers = [
    whole("pool/axis", 1),
    whole("pool/last", -1),
    least("pool/one", 1),
    least("pool/least", LEAST_LENGTH),
    { name: "pool/first", type: "int64" as const, shape: [], data: BigInt64Array.of(0n) },
  ];
  const node = (
    op: string,
    inputs: string[],
    output: string,
    attributes?: GraphNode["attributes"],
  ): GraphNode => ({ op, inputs, outputs: [output], ...(attributes && { attributes }) });
  let sentence = output;
  const nodes: GraphNode[] = [];
  if (rank === 3 && pooling === "first") {
    sentence = "pool/sentence";
    nodes.push(node("Gather", [output, "pool/first"], sentence, { axis: 1 }));
  } else if (rank === 3) {
    sentence = "pool/sentence";
    nodes.push(
      node("Cast", [SENTENCE_GRAPH.mask], "pool/levels", { to: 1 }),
      node("Unsqueeze", ["pool/levels", "pool/last"], "pool/mask"),
      node("Mul", [output, "pool/mask"], "pool/kept"),
      node("ReduceSum", ["pool/kept", "pool/axis"], "pool/sum", { keepdims: 0 }),
      node("ReduceSum", ["pool/mask", "pool/axis"], "pool/tokens", { keepdims: 0 }),
      node("Max", ["pool/tokens", "pool/one"], "pool/count"),
      node("Div", ["pool/sum", "pool/count"], sentence),
    );
  }
  nodes.push(
    node("Mul", [sentence, sentence], "pool/squares"),
    node("ReduceSum", ["pool/squares", "pool/axis"], "pool/square", { keepdims: 1 }),
    node("Sqrt", ["pool/square"], "pool/norm"),
    node("Max", ["pool/norm", "pool/least"], "pool/length"),
    node("Div", [sentence, "pool/length"], SENTENCE_GRAPH.embedding),
  );
  return { nodes, initializers };
}

function tokens(ids: readonly number[]): ProbeFeed {
  return { type: "int32", data: Int32Array.from(ids), shape: [2, 3] };
}

function plain(name: string): string {
  return name.replace(/^inner\//, "");
}

function unfit(why: string): AppError {
  return new AppError("model-invalid", `Cannot use the ONNX model as sentence encoder: ${why}`);
}
