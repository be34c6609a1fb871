/**
 * Builds a graph from outside again, operator by operator, so that it can be differentiated.
 *
 * What trains becomes parameters of the builder, everything else constants. Shapes are inferred on the way, with
 * the batch as a symbol. A node that cannot be imported is an error that names it, before anything is trained.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import {
  type Graph,
  type GraphNode,
  type Initializer,
  isUnranked,
  OPSET,
} from "../../onnx/graph.ts";
import type { GraphBuilder } from "../graph/builder.ts";
import type { Dim } from "../graph/dims.ts";
import { Tensor } from "../graph/tensor.ts";
import {
  type Imported,
  type ImportedStatistic,
  type Made,
  NodeReader,
  type Norms,
} from "./node_reader.ts";
import { RULES } from "./rules.ts";

/** Settings of {@linkcode importGraph}. */
export interface ImportOptions {
  /** Values that stand for inputs of the graph; the others become inputs of the builder. */
  readonly inputs?: Readonly<Record<string, Tensor>>;
  /** Names of constants that train; none by default. */
  readonly trains?: ReadonlySet<string>;
  /** How BatchNorm with a scale that trains is built; `frozen` by default. */
  readonly norms?: Norms;
}

/** A graph in a builder. */
export interface ImportedGraph {
  /** By the graph's output names. */
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** What trains: the parameter of each constant, by the constant's name. */
  readonly parameters: ReadonlyMap<string, Tensor>;
  /** What parameters of live BatchNorm follow. */
  readonly statistics: readonly ImportedStatistic[];
}

/** Constants up to this length are read while building: axes, bounds, shapes. */
const FEW = 64;

/**
 * Builds `graph` in `g`.
 *
 * @throws {AppError} `model-invalid`, naming node and operator, where a node has no rule, does not fit its inputs,
 * or would have to pass a gradient that it cannot
 */
export function importGraph(
  g: GraphBuilder,
  graph: Graph,
  { inputs = {}, trains = new Set(), norms = "frozen" }: ImportOptions = {},
): ImportedGraph {
  const values = new Map<string, Imported>();
  const parameters = new Map<string, Tensor>(), statistics: ImportedStatistic[] = [];
  const learns = norms === "frozen" ? trains : withStatistics(graph, trains);
  for (const { name, type, shape } of graph.inputs) {
    if (type === "bool") throw invalid(`input ${name} must not be bool`);
    if (isUnranked(shape) && inputs[name] === undefined) {
      throw invalid(`input ${name} must have a shape`);
    }
    const tensor = inputs[name] ?? g.input(name, shape, type);
    values.set(name, { tensor, known: null });
  }
  for (const constant of graph.initializers) {
    values.set(constant.name, constantOf(g, constant, learns, parameters));
  }
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((name) => name === "" ? null : values.get(name) ?? null);
    const reader = new NodeReader(g, node, inputs, graph.opset ?? OPSET, norms, statistics);
    const made = importNode(g, node, reader);
    node.outputs.forEach((name, i) => {
      if (name !== "" && made[i] !== undefined) values.set(name, made[i]);
    });
  }
  for (const name of trains) {
    if (!parameters.has(name)) throw invalid(`it must have a constant ${name} to train`);
  }
  const outputs = graph.outputs.map(({ name }) => {
    const value = values.get(name);
    if (value === undefined) throw invalid(`output ${name} must be made by a node`);
    return [name, value.tensor] as const;
  });
  return { outputs: Object.fromEntries(outputs), parameters, statistics };
}

function constantOf(
  g: GraphBuilder,
  constant: Initializer,
  trains: ReadonlySet<string>,
  parameters: Map<string, Tensor>,
): Imported {
  const { name, type, shape, data } = constant;
  if (!trains.has(name)) {
    const tensor = type === "bool"
      ? g.node("Cast", [g.constant(data, shape)], shape, { type, attributes: { to: 9 } })
      : g.constant(data, shape);
    return {
      tensor,
      known: data.length > FEW ? null : Array.from<number | bigint, Dim>(data, Number),
    };
  }
  if (!(data instanceof Float32Array)) throw invalid(`${name} must be float32 to train`);
  const tensor = g.parameter(name, shape);
  parameters.set(name, tensor);
  return { tensor, known: null };
}

/** `trains` with the means and variances of the BatchNorms whose scale is among them. */
function withStatistics({ nodes }: Graph, trains: ReadonlySet<string>): ReadonlySet<string> {
  const norms = nodes.filter(({ op, inputs }) =>
    op === "BatchNormalization" && trains.has(inputs[1] ?? "")
  );
  return new Set([...trains, ...norms.flatMap(({ inputs }) => inputs.slice(3, 5))]);
}

/** The values that `node` makes, one an output. */
function importNode(g: GraphBuilder, node: GraphNode, reader: NodeReader): Imported[] {
  const lost = node.inputs.find((name, i) => name !== "" && !reader.has(i));
  if (lost !== undefined) throw reader.error(`its input ${lost} must be made by an imported node`);
  if (node.op === "Constant") return [ofAttribute(g, node, reader)];
  const rule = RULES.get(node.op);
  if (rule === undefined) {
    throw reader.error(
      reader.tracked
        ? "no gradient is known for this operator, and one must flow through it to what trains"
        : "its operator must be one of those that can be imported",
    );
  }
  try {
    return listOf(g.layer(node.name ?? node.outputs[0] ?? node.op, () => rule(reader)));
  } catch (error) {
    // Rules leave checks of shapes to the operators that they call.
    if (error instanceof RangeError) throw reader.error(error.message);
    throw error;
  }
}

function listOf(made: Made): Imported[] {
  if (made instanceof Tensor) return [{ tensor: made, known: null }];
  return "tensor" in made ? [made] : made.map((tensor) => ({ tensor, known: null }));
}

function ofAttribute(g: GraphBuilder, node: GraphNode, reader: NodeReader): Imported {
  const value = node.attributes?.["value"];
  if (value === undefined || typeof value !== "object" || !("tensor" in value)) {
    throw reader.error("its value must be a tensor");
  }
  return constantOf(g, value.tensor, new Set(), new Map());
}

function invalid(rule: string): AppError {
  return new AppError("model-invalid", `Cannot import the graph: ${rule}`);
}
