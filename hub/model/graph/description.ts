/**
 * A finished graph as plain values: what the builder gives and what an ONNX writer takes.
 *
 * Declared here, not imported, because models come before exports in the layer table; the writer's own types
 * (`hub/export/onnx.ts`) have the same shape, so a description goes into `encodeOnnx` as it is.
 *
 * @module
 */

/** Element types of what goes into and comes out of a graph. */
export type ElementType = "float32" | "int32" | "int64" | "uint8" | "int8";
/** Element types inside a graph; `bool` never crosses its border. */
export type TensorType = ElementType | "bool";

/** Attributes of a node: non-negative integers and lists of them. */
export type Attributes = Readonly<Record<string, number | readonly number[]>>;

/** An input or output; a string is the name of a dimension known only when the graph runs. */
export interface ValueDescription {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly (number | string)[];
}

/** Elements of a constant. */
export type ConstantData = Float32Array | Int32Array | BigInt64Array;

/** A constant tensor. */
export interface ConstantDescription {
  readonly name: string;
  readonly type: "float32" | "int32" | "int64";
  readonly shape: readonly number[];
  readonly data: ConstantData;
}

/** One ONNX operator of the default domain. */
export interface NodeDescription {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Attributes;
}

/** A whole graph, its nodes in an order in which they can run. */
export interface GraphDescription {
  readonly name: string;
  readonly inputs: readonly ValueDescription[];
  readonly outputs: readonly ValueDescription[];
  readonly initializers: readonly ConstantDescription[];
  readonly nodes: readonly NodeDescription[];
}
