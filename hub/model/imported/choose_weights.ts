/**
 * Chooses which constants of a graph train: by name, or the last blocks.
 *
 * Exporters name weights by the path of their layer (`features.17.conv.0.weight`, `expanded_conv_16/project/bias`),
 * so a block is all that shares a path up to its first number; without one, up to the first separator.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { Graph, GraphNode } from "../../onnx/graph.ts";

/** Operators and places of inputs whose constants are weights, not bounds, axes or statistics. */
const WEIGHT_INPUTS: Readonly<Record<string, readonly number[]>> = {
  Conv: [1, 2],
  Gemm: [1, 2],
  MatMul: [0, 1],
  Add: [0, 1],
  Mul: [0, 1],
  // Mean and variance (3, 4) are statistics.
  BatchNormalization: [1, 2],
  LayerNormalization: [1, 2],
};

/** A weight that can train and the block it belongs to. */
interface Weight {
  readonly name: string;
  readonly block: string;
}

/** The weights of `graph` in the order in which they are used, each once. */
function weightsOf(graph: Graph): Weight[] {
  const vectors = new Map(
    graph.initializers
      .filter(({ type, shape, data }) => type === "float32" && shape.length > 0 && data.length > 1)
      .map((constant) => [constant.name, constant]),
  );
  const found = new Map<string, Weight>();
  for (const node of graph.nodes) {
    for (const place of WEIGHT_INPUTS[node.op] ?? []) {
      const name = node.inputs[place];
      if (name === undefined || !vectors.has(name) || found.has(name)) continue;
      found.set(name, { name, block: blockOf(name, node) });
    }
  }
  return [...found.values()];
}

/** A name that an exporter made up, which says nothing of the layer: `onnx::MatMul_1234`, `1234`. */
const MADE_UP = /^(onnx::.*|[A-Za-z]*_?\d+)$/;

function blockOf(name: string, node: GraphNode): string {
  const path = MADE_UP.test(name) && node.name ? node.name.replace(/^\//, "") : name;
  const numbered = /^.*?\d+(?=[./]|$)/.exec(path);
  return numbered?.[0] ?? path.split(/[./]/)[0]!;
}

/** Names of the blocks of `graph` that have weights, in the order in which they are first used. */
export function blocksOf(graph: Graph): string[] {
  return [...new Set(weightsOf(graph).map(({ block }) => block))];
}

/**
 * The weights of the last `count` blocks.
 *
 * @throws {AppError} `params-invalid` where there are fewer
 */
export function lastBlocks(graph: Graph, count: number): Set<string> {
  const blocks = blocksOf(graph);
  if (count > blocks.length || !(count >= 1)) {
    throw new AppError(
      "params-invalid",
      `Cannot fine-tune the last blocks: there must be 1 to ${blocks.length}: current value is ${count}`,
    );
  }
  const last = new Set(blocks.slice(-count));
  return new Set(weightsOf(graph).filter(({ block }) => last.has(block)).map(({ name }) => name));
}

/**
 * The weights whose names begin with one of `prefixes`.
 *
 * @throws {AppError} `params-invalid` where a prefix meets none
 */
export function weightsNamed(graph: Graph, prefixes: readonly string[]): Set<string> {
  const names = weightsOf(graph).map(({ name }) => name);
  const idle = prefixes.find((prefix) => !names.some((name) => name.startsWith(prefix)));
  if (idle !== undefined) {
    throw new AppError(
      "params-invalid",
      `Cannot fine-tune ${idle}: it must begin the name of a weight: current values are ${
        blocksOf(graph).join(", ")
      }`,
    );
  }
  return new Set(names.filter((name) => prefixes.some((prefix) => name.startsWith(prefix))));
}
