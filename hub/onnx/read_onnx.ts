/**
 * Reads ONNX models as hostile input: the bytes of a `ModelProto` in, the graph as plain values out.
 *
 * Refused, with the node or tensor named: data outside the file, operator domains other than the default one,
 * subgraphs, functions, sparse tensors, strings as elements, absurd or unfitting dimensions, names that nothing
 * makes, that are made twice or after they are used. Whether a graph means anything is not asked: no operator is
 * known here. Field numbers are those of onnx.proto3.
 *
 * @module
 */
import { readFields } from "@aisle/shared/bundle";
import { AppError } from "@aisle/shared/errors";
import { checkNames } from "./check_names.ts";
import type { Graph, GraphNode, Initializer, ValueInfo } from "./graph.ts";
import { bytesOf, messagesOf, numberOf, refused, shown, textOf } from "./model_fields.ts";
import { readAttribute } from "./read_attribute.ts";
import { readTensor, readValue } from "./read_tensor.ts";

/** How large a model may be. */
export interface ReadLimits {
  readonly minOpset: number;
  readonly maxOpset: number;
  readonly maxNodes: number;
  readonly maxInitializers: number;
  /** Largest tensor, in elements. */
  readonly maxElements: number;
  readonly maxRank: number;
}

/** Room for every encoder that a CPU can run: a base transformer has 200 million weights and some thousand nodes. */
const LIMITS: ReadLimits = {
  minOpset: 7,
  maxOpset: 25,
  maxNodes: 20_000,
  maxInitializers: 20_000,
  maxElements: 2 ** 28,
  maxRank: 8,
};

/**
 * The graph in `model`.
 *
 * @throws {AppError} `model-invalid`, saying what the model has that it must not have, and where
 */
export function readOnnx(model: Uint8Array, limits: Partial<ReadLimits> = {}): Graph {
  try {
    return readModel(model, { ...LIMITS, ...limits });
  } catch (error) {
    // The protobuf reader is the bundle's and throws the bundle's code.
    if (!(error instanceof AppError) || error.code !== "bundle-invalid") throw error;
    throw new AppError("model-invalid", error.message, { cause: error });
  }
}

function readModel(model: Uint8Array, limits: ReadLimits): Graph {
  let graph: Uint8Array | undefined, opset: number | undefined;
  for (const field of readFields(model)) {
    // ModelProto: 1 ir_version, 2-6 producer, version and note, 7 graph, 8 opset_import, 14 metadata,
    // 20 training_info, 25 functions
    if (field.number === 7) {
      if (graph !== undefined) throw refused("it must have one graph");
      graph = bytesOf(field);
    } else if (field.number === 8) {
      opset = readOpset(bytesOf(field), limits) ?? opset;
    } else if (field.number === 20) throw refused("it must not have training information");
    else if (field.number === 25) throw refused("it must not have functions of its own");
  }
  if (graph === undefined) throw refused("it must have a graph");
  if (opset === undefined) throw refused("it must name the operator set of the default domain");
  return readGraph(graph, opset, limits);
}

/** The default domain's version; other domains may be imported (many exporters name what they do not use). */
function readOpset(message: Uint8Array, limits: ReadLimits): number | undefined {
  let domain = "", version = 0;
  for (const field of readFields(message)) {
    if (field.number === 1) domain = textOf(field);
    if (field.number === 2) version = numberOf(field);
  }
  if (!isDefault(domain)) return undefined;
  if (version >= limits.minOpset && version <= limits.maxOpset) return version;
  throw refused(`its operator set must be ${limits.minOpset} to ${limits.maxOpset}`, version);
}

function readGraph(message: Uint8Array, opset: number, limits: ReadLimits): Graph {
  const nodes: GraphNode[] = [], initializers: Initializer[] = [];
  const inputs: ValueInfo[] = [], outputs: ValueInfo[] = [];
  let name = "";
  for (const field of readFields(message)) {
    // GraphProto: 1 node, 2 name, 5 initializer, 10 doc_string, 11 input, 12 output, 13 value_info,
    // 14 quantization_annotation, 15 sparse_initializer, 16 metadata
    if (field.number === 1) {
      if (nodes.length >= limits.maxNodes) throw refused("it has too many nodes", nodes.length + 1);
      nodes.push(readNode(bytesOf(field), nodes.length, limits));
    } else if (field.number === 2) name = textOf(field);
    else if (field.number === 5) {
      if (initializers.length >= limits.maxInitializers) {
        throw refused("it has too many constants", initializers.length + 1);
      }
      initializers.push(readTensor(bytesOf(field), "its initializers", limits));
    } else if (field.number === 11) inputs.push(readValue(bytesOf(field), limits));
    else if (field.number === 12) outputs.push(readValue(bytesOf(field), limits));
    else if (field.number === 15) throw refused("it must not have sparse tensors");
  }
  // Files of format 3 and before list constants among the inputs, as values that a caller may replace.
  const constant = new Set(initializers.map((tensor) => tensor.name));
  const fed = inputs.filter((input) => !constant.has(input.name));
  const graph: Graph = { name, opset, inputs: fed, outputs, initializers, nodes };
  checkNames(graph);
  return graph;
}

function readNode(message: Uint8Array, index: number, limits: ReadLimits): GraphNode {
  const inputs: string[] = [], outputs: string[] = [];
  let op = "", name = "", domain = "";
  // The name may stand after the attributes, whose errors need it.
  for (const field of readFields(message)) {
    // NodeProto: 1 input, 2 output, 3 name, 4 op_type, 5 attribute, 6 doc_string, 7 domain, 8 overload
    if (field.number === 1) inputs.push(textOf(field));
    else if (field.number === 2) outputs.push(textOf(field));
    else if (field.number === 3) name = textOf(field);
    else if (field.number === 4) op = textOf(field);
    else if (field.number === 7) domain = textOf(field);
  }
  const where = `node ${shown(name || `number ${index}`)} (${shown(op)})`;
  if (!isDefault(domain)) throw refused(`${where} must be of the default domain`, shown(domain));
  if (!/^[A-Z][A-Za-z0-9]{0,63}$/.test(op)) throw refused(`${where} must name an operator`);
  const attributes = messagesOf(message, 5).map((bytes) => readAttribute(bytes, where, limits));
  const names = new Set(attributes.map(([attribute]) => attribute));
  if (names.size < attributes.length) throw refused(`${where} must have each attribute once`);
  return {
    op,
    ...(name === "" ? {} : { name }),
    inputs,
    outputs,
    ...(attributes.length === 0 ? {} : { attributes: Object.fromEntries(attributes) }),
  };
}

function isDefault(domain: string): boolean {
  return domain === "" || domain === "ai.onnx";
}
