/**
 * Graphs of other people in the form that Aisle's bundles take: every constant an initializer, nothing that only
 * training needs, nothing that no output needs, opset 13 to 21.
 *
 * Exact: each rewriting gives the same numbers.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import {
  type Attribute,
  elementTypeOfData,
  type Graph,
  type GraphNode,
  type Initializer,
  OPSET,
  type ValueInfo,
} from "../../onnx/mod.ts";
import { OLDEST_OPSET, upgradeOpset } from "./upgrade_opset.ts";

/** Newest operator set that bundles may have; older ones than 13 are rewritten. */
const MAX_OPSET = 21;
/** Nodes that only hand on their first input once a network is trained. */
const PASS_ON = new Set(["Identity", "Dropout"]);

/**
 * The same graph in that form, its inner names prefixed by `inner/`.
 *
 * @throws {AppError} `model-invalid` for an operator set outside 7 to 21
 */
export function canonicalGraph(foreign: Graph): Graph {
  const found = foreign.opset ?? OPSET;
  if (found < OLDEST_OPSET || found > MAX_OPSET) {
    throw new AppError(
      "model-invalid",
      `Cannot use the ONNX model: its operator set must be ${OLDEST_OPSET} to ${MAX_OPSET}: current value is ${found}. Export it again with another one`,
    );
  }
  const graph = upgradeOpset(foreign), opset = graph.opset ?? OPSET;
  const initializers: Initializer[] = [...graph.initializers];
  const nodes: GraphNode[] = [];
  const same = new Map<string, string>();
  const known = (name: string) => same.get(name) ?? name;
  for (const node of graph.nodes) {
    const output = node.outputs[0]!;
    if (node.op === "Constant") initializers.push(constantOf(node));
    else if (PASS_ON.has(node.op) && node.outputs.length === 1) {
      same.set(output, known(node.inputs[0]!));
    } else if (node.op === "ConstantOfShape") {
      const value = fillOf(node);
      initializers.push({ ...value, name: `${output}/value`, shape: [] });
      nodes.push({
        op: "Expand",
        inputs: [`${output}/value`, known(node.inputs[0]!)],
        outputs: [output],
      });
    } else nodes.push({ ...node, inputs: node.inputs.map(known) });
  }
  // An output keeps its own name: what only handed it on comes back as a node.
  for (const { name } of graph.outputs) {
    if (same.has(name)) nodes.push({ op: "Identity", inputs: [known(name)], outputs: [name] });
  }
  return renamed({ ...graph, opset, initializers, nodes });
}

/** `graph` with only what the values named in `outputs` need. */
export function prunedTo(graph: Graph, outputs: readonly ValueInfo[]): Graph {
  const needed = new Set(outputs.map(({ name }) => name));
  const nodes = graph.nodes.toReversed().filter((node) => {
    const used = node.outputs.some((name) => needed.has(name));
    if (used) { for (const name of node.inputs) needed.add(name); }
    return used;
  }).toReversed();
  const initializers = graph.initializers.filter(({ name }) => needed.has(name));
  return { ...graph, nodes, initializers, outputs };
}

function constantOf(node: GraphNode): Initializer {
  const [kind, value] = Object.entries(node.attributes ?? {})[0] ?? [];
  const name = node.outputs[0]!;
  const tensor = value === undefined ? undefined : tensorOf(kind!, value);
  if (tensor === undefined) {
    throw new AppError(
      "model-invalid",
      `Cannot use the ONNX model: constant ${name} must be numbers: current value is ${kind}`,
    );
  }
  return { ...tensor, name };
}

function tensorOf(kind: string, value: Attribute): Initializer | undefined {
  if (kind === "value" && typeof value === "object" && "tensor" in value) return value.tensor;
  const plain = (
    data: Float32Array | BigInt64Array,
    shape: readonly number[],
  ): Initializer => ({ name: "", type: elementTypeOfData(data), shape, data });
  if (typeof value === "number") return plain(BigInt64Array.of(BigInt(value)), []);
  if (Array.isArray(value)) {
    return plain(BigInt64Array.from(value, BigInt), [value.length]);
  }
  if (typeof value === "object" && "float" in value) {
    return plain(Float32Array.of(value.float), []);
  }
  if (typeof value === "object" && "floats" in value) {
    return plain(Float32Array.from(value.floats), [value.floats.length]);
  }
  return undefined;
}

/** What a ConstantOfShape fills with: zero where it does not say. */
function fillOf(node: GraphNode): Initializer {
  const value = node.attributes?.["value"];
  if (typeof value === "object" && "tensor" in value) return value.tensor;
  return { name: "", type: "float32", shape: [1], data: Float32Array.of(0) };
}

/** Names that cannot meet those of the nodes that Aisle adds. */
function renamed(graph: Graph): Graph {
  const inner = (name: string) => name === "" ? "" : `inner/${name}`;
  const info = (value: ValueInfo) => ({ ...value, name: inner(value.name) });
  return {
    ...graph,
    inputs: graph.inputs.map(info),
    outputs: graph.outputs.map(info),
    initializers: graph.initializers.map((tensor) => ({ ...tensor, name: inner(tensor.name) })),
    nodes: graph.nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map(inner),
      outputs: node.outputs.map(inner),
    })),
  };
}
