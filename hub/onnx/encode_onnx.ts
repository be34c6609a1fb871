/**
 * Writes ONNX models: the graph as plain values in, the bytes of a `ModelProto` out.
 *
 * Protobuf's wire format by hand (field numbers of onnx.proto3), because the few fields used here need no
 * generator and the bytes must be the same everywhere: fields go out in a fixed order, nothing is stamped.
 *
 * @module
 */
import {
  type Attribute,
  ELEMENTS,
  type Graph,
  type GraphNode,
  type Initializer,
  isUnranked,
  OPSET,
  type ValueInfo,
} from "./graph.ts";
import { Message } from "./protobuf_writer.ts";

/** Version of the file format; 8 is the first that knows opset 17 and is read by every runtime of today. */
const IR_VERSION = 8;

/** The bytes of `graph` as an ONNX model; equal graphs give equal bytes. */
export function encodeOnnx(graph: Graph): Uint8Array<ArrayBuffer> {
  return new Message()
    .int(1, IR_VERSION)
    .text(2, "aisle")
    .message(7, graphMessage(graph))
    .message(8, new Message().text(1, "").int(2, graph.opset ?? OPSET))
    .done();
}

function graphMessage(graph: Graph): Message {
  const out = new Message();
  graph.nodes.forEach((node, i) => out.message(1, nodeMessage(node, i)));
  out.text(2, graph.name);
  for (const tensor of graph.initializers) out.message(5, tensorMessage(tensor));
  for (const value of graph.inputs) out.message(11, valueMessage(value));
  for (const value of graph.outputs) out.message(12, valueMessage(value));
  return out;
}

function nodeMessage(node: GraphNode, index: number): Message {
  const out = new Message();
  for (const name of node.inputs) out.text(1, name);
  for (const name of node.outputs) out.text(2, name);
  out.text(3, node.name ?? `${node.op}_${index}`).text(4, node.op);
  for (const [name, value] of Object.entries(node.attributes ?? {})) {
    out.message(5, attributeMessage(name, value));
  }
  return out;
}

/** AttributeProto: 1 name, 2 f, 3 i, 4 s, 5 t, 7 floats, 8 ints, 9 strings, 20 type. */
function attributeMessage(name: string, value: Attribute): Message {
  const out = new Message().text(1, name);
  if (typeof value === "number") return out.int(3, value).int(20, 2);
  if (typeof value === "string") return out.text(4, value).int(20, 3);
  if ("float" in value) return out.float(2, value.float).int(20, 1);
  if ("tensor" in value) return out.message(5, tensorMessage(value.tensor)).int(20, 4);
  if ("floats" in value) {
    for (const x of value.floats) out.float(7, x);
    return out.int(20, 6);
  }
  if ("strings" in value) {
    for (const x of value.strings) out.text(9, x);
    return out.int(20, 8);
  }
  for (const x of value) out.int(8, x);
  return out.int(20, 7);
}

function tensorMessage(tensor: Initializer): Message {
  const elements = tensor.shape.reduce((product, dim) => product * dim, 1);
  if (elements !== tensor.data.length) {
    throw new RangeError(
      `Cannot write tensor ${tensor.name}: its shape [${tensor.shape}] holds ${elements} elements: current value is ${tensor.data.length}`,
    );
  }
  const { code, array } = ELEMENTS[tensor.type];
  if (!(tensor.data instanceof array)) {
    throw new TypeError(
      `Cannot write tensor ${tensor.name}: ${tensor.type} must come as ${array.name}: current value is ${tensor.data.constructor.name}`,
    );
  }
  const out = new Message();
  for (const dim of tensor.shape) out.int(1, counted(dim));
  const { buffer, byteOffset, byteLength } = tensor.data;
  return out.int(2, code).text(8, tensor.name)
    .bytes(9, new Uint8Array(buffer, byteOffset, byteLength));
}

function valueMessage(value: ValueInfo): Message {
  const tensor = new Message().int(1, ELEMENTS[value.type].code);
  const shape = new Message();
  for (const dim of isUnranked(value.shape) ? [] : value.shape) {
    shape.message(
      1,
      typeof dim === "number" ? new Message().int(1, counted(dim)) : new Message().text(2, dim),
    );
  }
  if (!isUnranked(value.shape)) tensor.message(2, shape);
  return new Message().text(1, value.name).message(2, new Message().message(1, tensor));
}

function counted(dim: number): number {
  if (Number.isSafeInteger(dim) && dim >= 0) return dim;
  throw new RangeError(
    `Cannot write a dimension: it must be a non-negative integer: current value is ${dim}`,
  );
}
