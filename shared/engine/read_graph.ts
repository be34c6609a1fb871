/**
 * The nodes and constants of an ONNX model that `guardOnnx` of `shared/bundle` has let pass.
 *
 * @module
 */
import {
  guardOnnx,
  type OnnxLimits,
  type OnnxSummary,
  readFields,
  readVarints,
} from "../bundle/mod.ts";

/** What an attribute says. */
export type Attribute = number | string | readonly number[];

/** One operator. */
export interface GraphNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** By name; lists are of integers. */
  readonly attributes: ReadonlyMap<string, Attribute>;
}

/** A model's graph. */
export interface ReadGraph extends OnnxSummary {
  /** In an order in which each comes after what it needs, as ONNX demands. */
  readonly nodes: readonly GraphNode[];
}

/** Reads `model`. @throws {AppError} `bundle-invalid` where the guard refuses it */
export function readGraph(model: Uint8Array, limits: OnnxLimits): ReadGraph {
  const summary = guardOnnx(model, limits);
  const nodes: GraphNode[] = [];
  for (const field of readFields(model)) {
    // ModelProto 7 is the graph, GraphProto 1 a node
    if (field.number !== 7) continue;
    for (const part of readFields(bytesOf(field.value))) {
      if (part.number === 1) nodes.push(readNode(bytesOf(part.value)));
    }
  }
  return { ...summary, nodes };
}

function readNode(message: Uint8Array): GraphNode {
  const inputs: string[] = [], outputs: string[] = [];
  const attributes = new Map<string, Attribute>();
  let op = "";
  for (const field of readFields(message)) {
    // NodeProto: 1 input, 2 output, 4 op_type, 5 attribute
    if (field.number === 1) inputs.push(textOf(field.value));
    else if (field.number === 2) outputs.push(textOf(field.value));
    else if (field.number === 4) op = textOf(field.value);
    else if (field.number === 5) {
      const [name, value] = readAttribute(bytesOf(field.value));
      if (value !== null) attributes.set(name, value);
    }
  }
  return { op, inputs, outputs, attributes };
}

function readAttribute(message: Uint8Array): [string, Attribute | null] {
  let name = "", value: number | string | null = null;
  const list: number[] = [];
  for (const field of readFields(message)) {
    // AttributeProto: 1 name, 2 f, 3 i, 4 s, 8 ints
    if (field.number === 1) name = textOf(field.value);
    else if (field.number === 2) value = floatOf(bytesOf(field.value));
    else if (field.number === 3 && field.kind === "varint") value = whole(field.value);
    else if (field.number === 4) value = textOf(field.value);
    else if (field.number === 8) { for (const item of readVarints(field)) list.push(whole(item)); }
  }
  return [name, list.length > 0 ? list : value];
}

function whole(value: bigint): number {
  return Number(BigInt.asIntN(64, value));
}

function floatOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getFloat32(0, true);
}

function textOf(value: bigint | Uint8Array): string {
  return new TextDecoder().decode(bytesOf(value));
}

function bytesOf(value: bigint | Uint8Array): Uint8Array {
  // The guard has read every field before: another kind was refused there
  return value as Uint8Array;
}
