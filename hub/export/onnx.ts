/**
 * Writes ONNX models: the graph as plain values in, the bytes of a `ModelProto` out.
 *
 * Protobuf's wire format by hand (field numbers of onnx.proto3), because the fifteen fields used here need no
 * generator and the bytes must be the same everywhere: fields go out in a fixed order, nothing is stamped.
 * Not a reader: what comes from outside is read by the guard in `shared/bundle`.
 *
 * @module
 */

/** Element types that Aisle's graphs use. */
export type ElementType = "float32" | "int8" | "int32" | "int64" | "uint8";

/** `TensorProto.DataType` of onnx.proto3. */
const ELEMENT_CODE: Readonly<Record<ElementType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
};

/** An input or output; a string is a dynamic dimension's name. */
export interface ValueInfo {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly (number | string)[];
}

/** A constant tensor, little-endian. */
export interface Initializer {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly data: Float32Array | Int8Array | Uint8Array | Int32Array | BigInt64Array;
}

/** One operator of the default domain; attributes are integers or lists of integers. */
export interface GraphNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>;
}

/** A whole graph, its nodes in an order in which they can run. */
export interface Graph {
  readonly name: string;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly initializers: readonly Initializer[];
  readonly nodes: readonly GraphNode[];
}

/** Version of the file format; 8 is the first that knows opset 17 and is read by every runtime of today. */
const IR_VERSION = 8;
/** Operator set of the default domain. */
export const OPSET = 17;

/** The bytes of `graph` as an ONNX model; equal graphs give equal bytes. */
export function encodeOnnx(graph: Graph): Uint8Array<ArrayBuffer> {
  return new Message()
    .int(1, IR_VERSION)
    .text(2, "aisle")
    .message(7, graphMessage(graph))
    .message(8, new Message().text(1, "").int(2, OPSET))
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
  out.text(3, `${node.op}_${index}`).text(4, node.op);
  for (const [name, value] of Object.entries(node.attributes ?? {})) {
    const attribute = new Message().text(1, name);
    if (typeof value === "number") attribute.int(3, value).int(20, 2);
    else {
      for (const x of value) attribute.int(8, x);
      attribute.int(20, 7);
    }
    out.message(5, attribute);
  }
  return out;
}

function tensorMessage(tensor: Initializer): Message {
  const elements = tensor.shape.reduce((product, dim) => product * dim, 1);
  if (elements !== tensor.data.length) {
    throw new RangeError(
      `Cannot write tensor ${tensor.name}: its shape [${tensor.shape}] holds ${elements} elements: current value is ${tensor.data.length}`,
    );
  }
  const out = new Message();
  for (const dim of tensor.shape) out.int(1, dim);
  const { buffer, byteOffset, byteLength } = tensor.data;
  return out.int(2, ELEMENT_CODE[tensor.type]).text(8, tensor.name)
    .bytes(9, new Uint8Array(buffer, byteOffset, byteLength));
}

function valueMessage(value: ValueInfo): Message {
  const shape = new Message();
  for (const dim of value.shape) {
    shape.message(
      1,
      typeof dim === "number" ? new Message().int(1, dim) : new Message().text(2, dim),
    );
  }
  const tensor = new Message().int(1, ELEMENT_CODE[value.type]).message(2, shape);
  return new Message().text(1, value.name).message(2, new Message().message(1, tensor));
}

const utf8 = new TextEncoder();

/** A protobuf message under construction. */
class Message {
  #bytes = new Uint8Array(64);
  #length = 0;

  /** A non-negative integer field. */
  int(field: number, value: number): Message {
    return this.#varint(field * 8).#varint(value);
  }

  /** A length-delimited field. */
  bytes(field: number, value: Uint8Array): Message {
    this.#varint(field * 8 + 2).#varint(value.length).#room(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
    return this;
  }

  text(field: number, value: string): Message {
    return this.bytes(field, utf8.encode(value));
  }

  message(field: number, value: Message): Message {
    return this.bytes(field, value.done());
  }

  /** The bytes so far; valid until the next write. */
  done(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  #varint(value: number): Message {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new RangeError(
        `Cannot write a varint: it must be a non-negative integer: current value is ${value}`,
      );
    }
    this.#room(8);
    while (value > 127) {
      this.#bytes[this.#length++] = value % 128 | 128;
      value = Math.floor(value / 128);
    }
    this.#bytes[this.#length++] = value;
    return this;
  }

  #room(size: number): void {
    if (this.#length + size <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + size));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
