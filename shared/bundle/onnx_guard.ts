/**
 * Reads an ONNX model as hostile input, before any runtime does, and refuses what Aisle never writes.
 *
 * Refused: external data (it names files), operator domains and operators outside the list, functions and
 * subgraphs, sparse tensors, training info, tensors whose dimensions are absurd or do not match their bytes.
 * Field numbers are those of onnx.proto3. What passes is described, so that the caller can compare it with the manifest.
 *
 * @module
 */
import { AppError } from "../errors.ts";
import { type Field, readFields, readVarints } from "./protobuf_reader.ts";

/** What a model may contain. */
export interface OnnxLimits {
  readonly operators: ReadonlySet<string>;
  readonly minOpset: number;
  readonly maxOpset: number;
  readonly maxNodes: number;
  readonly maxInitializers: number;
  /** Largest tensor, in elements. */
  readonly maxElements: number;
}

/** Operators of picture encoders (convolutional nets and transformers) and of the heads on them; none has a subgraph. */
const PICTURE_OPERATORS =
  "Abs Add And ArgMax AveragePool BatchNormalization Cast Ceil Celu Clip Concat Conv ConvInteger " +
  "ConvTranspose Cos CumSum DepthToSpace DequantizeLinear Div Dropout DynamicQuantizeLinear Einsum " +
  "Elu Equal Erf Exp Expand Flatten Floor Gather GatherElements GatherND Gelu Gemm " +
  "GlobalAveragePool GlobalMaxPool Greater GreaterOrEqual GroupNormalization HardSigmoid HardSwish " +
  "Identity InstanceNormalization IsNaN LayerNormalization LeakyRelu Less LessOrEqual Log " +
  "LogSoftmax LpNormalization MatMul MatMulInteger Max MaxPool Min Mish Mod Mul Neg Not Or Pad Pow " +
  "PRelu QuantizeLinear Range Reciprocal ReduceL2 ReduceMax ReduceMean ReduceMin ReduceProd " +
  "ReduceSum ReduceSumSquare Relu Reshape Resize Round ScatterElements ScatterND Selu Shape " +
  "Sigmoid Sign Sin Size Slice Softmax Softplus SpaceToDepth Split Sqrt Squeeze Sub Tanh " +
  "ThresholdedRelu Tile Transpose Trilu Unsqueeze Where Xor";

/** What Aisle's text graphs are made of. */
export const TEXT_LIMITS: OnnxLimits = {
  operators: new Set(["Gather", "Cast", "Mul", "Unsqueeze", "MatMul", "Squeeze", "Add"]),
  minOpset: 13,
  maxOpset: 21,
  maxNodes: 32,
  maxInitializers: 16,
  maxElements: 2 ** 28,
};

/** What the graph that reads pictures may be made of. */
export const FULL_LIMITS: OnnxLimits = {
  operators: new Set(PICTURE_OPERATORS.split(" ")),
  minOpset: 13,
  maxOpset: 21,
  maxNodes: 20_000,
  maxInitializers: 20_000,
  maxElements: 2 ** 28,
};

/** A tensor's element type (`TensorProto.DataType`) and shape; a string is a dynamic dimension. */
export interface TensorShape {
  readonly type: number;
  readonly shape: readonly (number | string)[];
}

/** A constant of the model; `data` is a view of its little-endian bytes, at any alignment. */
export interface ConstantTensor extends TensorShape {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** What the model declares, by name. */
export interface OnnxSummary {
  readonly inputs: ReadonlyMap<string, TensorShape>;
  readonly outputs: ReadonlyMap<string, TensorShape>;
  readonly initializers: ReadonlyMap<string, ConstantTensor>;
}

/** Element types taken, with their bytes an element. */
const ELEMENT_BYTES: ReadonlyMap<number, number> = new Map([
  [1, 4], // float
  [2, 1], // uint8
  [3, 1], // int8
  [6, 4], // int32
  [7, 8], // int64
  [9, 1], // bool
  [10, 2], // float16
]);

/**
 * Describes `model`, or refuses it.
 *
 * @throws {AppError} `bundle-invalid`, saying what the model has that it must not have
 */
export function guardOnnx(model: Uint8Array, limits: OnnxLimits): OnnxSummary {
  let graph: Uint8Array | undefined;
  let opsets = 0;
  for (const field of readFields(model)) {
    // ModelProto: 1 ir_version, 2 producer, 3, 4, 5, 6 names and versions, 7 graph, 8 opset_import, 14 metadata,
    // 20 training_info, 25 functions
    if (field.number === 7) {
      if (graph !== undefined) throw refused("it has more than one graph");
      graph = messageOf(field);
    } else if (field.number === 8) {
      opsets++;
      guardOpset(messageOf(field), limits);
    } else if (field.number === 20) throw refused("it has training information");
    else if (field.number === 25) throw refused("it has functions of its own");
    else if (![1, 2, 3, 4, 5, 6, 14].includes(field.number)) {
      throw refused(`it has the unknown field ${field.number}`);
    }
  }
  if (graph === undefined) throw refused("it has no graph");
  if (opsets !== 1) throw refused(`it must import one operator set: current value is ${opsets}`);
  return guardGraph(graph, limits);
}

function guardOpset(message: Uint8Array, limits: OnnxLimits): void {
  let domain = "", version = 0;
  for (const field of readFields(message)) {
    if (field.number === 1) domain = textOf(field);
    if (field.number === 2) version = numberOf(field);
  }
  requireDefaultDomain(domain);
  if (version < limits.minOpset || version > limits.maxOpset) {
    throw refused(
      `its operator set must be ${limits.minOpset} to ${limits.maxOpset}: current value is ${version}`,
    );
  }
}

function guardGraph(graph: Uint8Array, limits: OnnxLimits): OnnxSummary {
  const inputs = new Map<string, TensorShape>();
  const outputs = new Map<string, TensorShape>();
  const initializers = new Map<string, ConstantTensor>();
  let nodes = 0;
  const add = <T>(to: Map<string, T>, [name, shape]: [string, T]) => {
    if (to.has(name)) throw refused(`it declares ${name} twice`);
    to.set(name, shape);
  };
  for (const field of readFields(graph)) {
    // GraphProto: 1 node, 2 name, 5 initializer, 10 doc_string, 11 input, 12 output, 13 value_info,
    // 14 quantization_annotation, 15 sparse_initializer, 16 metadata
    if (field.number === 1) {
      if (++nodes > limits.maxNodes) throw refused(`it has more than ${limits.maxNodes} nodes`);
      guardNode(messageOf(field), limits);
    } else if (field.number === 5) {
      if (initializers.size >= limits.maxInitializers) {
        throw refused(`it has more than ${limits.maxInitializers} constants`);
      }
      add(initializers, guardTensor(messageOf(field), limits));
    } else if (field.number === 11) add(inputs, guardValue(messageOf(field), limits));
    else if (field.number === 12) add(outputs, guardValue(messageOf(field), limits));
    else if (field.number === 15) throw refused("it has sparse tensors");
    else if (![2, 10, 16].includes(field.number)) {
      throw refused(`its graph has the field ${field.number}`);
    }
  }
  return { inputs, outputs, initializers };
}

function guardNode(node: Uint8Array, limits: OnnxLimits): void {
  let operator = "";
  for (const field of readFields(node)) {
    // NodeProto: 1 input, 2 output, 3 name, 4 op_type, 5 attribute, 6 doc_string, 7 domain, 8 overload
    if (field.number === 4) operator = textOf(field);
    else if (field.number === 5) guardAttribute(messageOf(field));
    else if (field.number === 7) requireDefaultDomain(textOf(field));
    else if (![1, 2, 3, 6].includes(field.number)) {
      throw refused(`a node has the field ${field.number}`);
    }
  }
  if (!limits.operators.has(operator)) throw refused(`it uses the operator ${shown(operator)}`);
}

function guardAttribute(attribute: Uint8Array): void {
  for (const field of readFields(attribute)) {
    // AttributeProto: 1 name, 2 f, 3 i, 4 s, 7 floats, 8 ints, 13 doc_string, 20 type; the rest are tensors, graphs and types
    if (![1, 2, 3, 4, 7, 8, 13, 20].includes(field.number)) {
      throw refused("a node has an attribute that is a tensor, a graph or a type");
    }
  }
}

function guardTensor(tensor: Uint8Array, limits: OnnxLimits): [string, ConstantTensor] {
  const shape: number[] = [];
  let type = 0, name = "";
  let data: Uint8Array = new Uint8Array();
  for (const field of readFields(tensor)) {
    // TensorProto: 1 dims, 2 data_type, 8 name, 9 raw_data, 12 doc_string, 13 external_data, 14 data_location;
    // 3 segment, 4-7, 10, 11 typed data
    if (field.number === 1) { for (const dim of readVarints(field)) shape.push(dimension(dim)); }
    else if (field.number === 2) type = numberOf(field);
    else if (field.number === 8) name = textOf(field);
    else if (field.number === 9) data = messageOf(field);
    else if (field.number === 13 || (field.number === 14 && numberOf(field) !== 0)) {
      throw refused("a tensor has external data");
    } else if (field.number !== 12 && field.number !== 14) {
      throw refused("a tensor's data are not raw bytes");
    }
  }
  const elementBytes = ELEMENT_BYTES.get(type);
  if (elementBytes === undefined) {
    throw refused(`tensor ${shown(name)} has the element type ${type}`);
  }
  const elements = product(shape, limits, name);
  if (data.length !== elements * elementBytes) {
    throw refused(
      `tensor ${shown(name)} must have ${
        elements * elementBytes
      } bytes: current value is ${data.length}`,
    );
  }
  return [name, { type, shape, data }];
}

function guardValue(value: Uint8Array, limits: OnnxLimits): [string, TensorShape] {
  // ValueInfoProto: 1 name, 2 type { 1 tensor_type { 1 elem_type, 2 shape { 1 dim { 1 value, 2 name } } } }
  let name = "", type = 0;
  const shape: (number | string)[] = [];
  for (const field of readFields(value)) {
    if (field.number === 1) name = textOf(field);
    if (field.number !== 2) continue;
    for (const kind of readFields(messageOf(field))) {
      if (kind.number !== 1) throw refused(`${shown(name)} is no tensor`);
      for (const part of readFields(messageOf(kind))) {
        if (part.number === 1) type = numberOf(part);
        if (part.number === 2) {
          for (const dim of readFields(messageOf(part))) shape.push(valueDimension(messageOf(dim)));
        }
      }
    }
  }
  product(shape.filter((dim) => typeof dim === "number"), limits, name);
  return [name, { type, shape }];
}

function valueDimension(dim: Uint8Array): number | string {
  let found: number | string = "";
  for (const field of readFields(dim)) {
    if (field.number === 1 && field.kind === "varint") found = dimension(field.value);
    if (field.number === 2) found = textOf(field);
  }
  return found;
}

function dimension(value: bigint): number {
  if (value > 0x7fff_ffffn) {
    throw refused(`a dimension must be below 2^31: current value is ${value}`);
  }
  return Number(value);
}

function product(shape: readonly number[], limits: OnnxLimits, name: string): number {
  if (shape.length > 4) throw refused(`${shown(name)} has ${shape.length} dimensions`);
  const elements = shape.reduce((all, dim) => all * dim, 1);
  if (elements > limits.maxElements) {
    throw refused(
      `${
        shown(name)
      } must have at most ${limits.maxElements} elements: current value is ${elements}`,
    );
  }
  return elements;
}

function requireDefaultDomain(domain: string): void {
  if (domain !== "" && domain !== "ai.onnx") {
    throw refused(`it uses the operator domain ${shown(domain)}`);
  }
}

function messageOf(field: Field): Uint8Array {
  if (field.kind !== "bytes") throw refused(`field ${field.number} has the wrong type`);
  return field.value;
}

function numberOf(field: Field): number {
  if (field.kind !== "varint") throw refused(`field ${field.number} has the wrong type`);
  return Number(field.value);
}

function textOf(field: Field): string {
  return new TextDecoder().decode(messageOf(field));
}

/** `text` as it may stand in a message: hostile names are cut. */
function shown(text: string): string {
  return JSON.stringify(text.slice(0, 60));
}

function refused(why: string): AppError {
  return new AppError("bundle-invalid", `Cannot use the ONNX model: ${why}`);
}
