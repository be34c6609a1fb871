/**
 * Parts a graph where training begins: a front that stays as it is, and a back that holds all that trains.
 *
 * The front runs once a picture, in any runtime and with any operators; only the back is built again and
 * differentiated. What depends on no input (weights turned round, shapes) goes with the back.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { type Graph, type GraphNode, UNRANKED, type ValueInfo } from "../../onnx/graph.ts";

/** A graph in two. */
export interface SplitGraph {
  /** Gives the values at the cut; null where training begins at the inputs. */
  readonly front: Graph | null;
  /** Takes them; its inputs have the shapes that the front gives, which only running it tells. */
  readonly back: Graph;
  /** Names of the values that cross. */
  readonly cut: readonly string[];
}

/**
 * Parts `graph` so that everything that depends on the constants `trains` is in the back.
 *
 * @throws {AppError} `model-invalid` where no output depends on them
 */
export function splitGraph(graph: Graph, trains: ReadonlySet<string>): SplitGraph {
  const fed = new Map(graph.inputs.map((input) => [input.name, input]));
  /** Depends on what trains; depends on an input. */
  const moving = new Set(trains), live = new Set(fed.keys());
  for (const { inputs, outputs } of graph.nodes) {
    if (inputs.some((name) => moving.has(name))) outputs.forEach((name) => moving.add(name));
    if (inputs.some((name) => live.has(name))) outputs.forEach((name) => live.add(name));
  }
  const outputs = graph.outputs.filter(({ name }) => moving.has(name));
  if (outputs.length === 0) {
    throw new AppError(
      "model-invalid",
      "Cannot part the graph: an output must depend on what trains: current value is " +
        ([...trains].slice(0, 5).join(", ") || "nothing"),
    );
  }
  const crosses = (name: string) => live.has(name) && !moving.has(name);
  const back = needed(graph, outputs.map(({ name }) => name), crosses);
  const cut = [...back.stops];
  const made = cut.filter((name) => !fed.has(name));
  const atCut = cut.map((name): ValueInfo =>
    fed.get(name) ?? { name, type: "float32", shape: UNRANKED }
  );
  const front = needed(graph, made, () => false);
  const part = (
    nodes: readonly GraphNode[],
    inputs: readonly ValueInfo[],
    ends: typeof outputs,
  ) => {
    const used = new Set([...nodes.flatMap((node) => node.inputs), ...ends.map((end) => end.name)]);
    const initializers = graph.initializers.filter(({ name }) => used.has(name));
    return { ...graph, inputs, outputs: ends, initializers, nodes };
  };
  return {
    cut,
    back: part(back.nodes, atCut, outputs),
    front: made.length === 0
      ? null
      : part(front.nodes, graph.inputs, atCut.filter(({ name }) => !fed.has(name))),
  };
}

/** The nodes that `wanted` need, in their order, going back no further than `stop`; and where that stopped. */
function needed(
  { nodes }: Graph,
  wanted: readonly string[],
  stop: (name: string) => boolean,
): { nodes: GraphNode[]; stops: Set<string> } {
  const names = new Set(wanted), stops = new Set<string>();
  const kept: GraphNode[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((name) => names.has(name))) continue;
    kept.push(node);
    for (const name of node.inputs) {
      if (name === "") continue;
      if (stop(name)) stops.add(name);
      else names.add(name);
    }
  }
  return { nodes: kept.reverse(), stops };
}
