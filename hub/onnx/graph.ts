/**
 * An ONNX graph as plain values: what is written, what is read, what is built and what is differentiated.
 *
 * Only the default operator domain; no subgraphs, no sparse tensors, no data outside the file.
 *
 * @module
 */

/** Element types with `TensorProto.DataType` of onnx.proto3 and the array that holds them, in memory and in files. */
export const ELEMENTS = {
  float32: { code: 1, array: Float32Array },
  uint8: { code: 2, array: Uint8Array },
  int8: { code: 3, array: Int8Array },
  uint16: { code: 4, array: Uint16Array },
  int16: { code: 5, array: Int16Array },
  int32: { code: 6, array: Int32Array },
  int64: { code: 7, array: BigInt64Array },
  bool: { code: 9, array: Uint8Array },
  float16: { code: 10, array: Float16Array },
  float64: { code: 11, array: Float64Array },
  uint32: { code: 12, array: Uint32Array },
  uint64: { code: 13, array: BigUint64Array },
} as const;

/** A type of {@linkcode ELEMENTS}. */
export type ElementType = keyof typeof ELEMENTS;

/** The elements of a tensor, in the machine's byte order (little-endian wherever Deno runs); bool as 0 and 1. */
export type TensorData =
  | Float32Array
  | Float64Array
  | Float16Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** The element type with this `TensorProto.DataType`, if Aisle knows it. */
export function elementTypeOf(code: number): ElementType | undefined {
  return (Object.keys(ELEMENTS) as ElementType[]).find((type) => ELEMENTS[type].code === code);
}

/** The element type that `data` is by itself: a Uint8Array is uint8, never bool. */
export function elementTypeOfData(data: TensorData): ElementType {
  const types = Object.keys(ELEMENTS) as ElementType[];
  return types.find((type) => data instanceof ELEMENTS[type].array)!;
}

/** An input or output; a string is a dynamic dimension's name. */
export interface ValueInfo {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly (number | string)[];
}

/** The shape of a value of which not even the number of axes is said. */
export const UNRANKED: readonly string[] = Object.freeze(["..."]);

/** Whether `shape` is {@linkcode UNRANKED}. */
export function isUnranked(shape: readonly (number | string)[]): boolean {
  return shape.length === 1 && shape[0] === UNRANKED[0];
}

/** A constant tensor. */
export interface Initializer {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/**
 * An attribute. A bare number is an integer, a bare list a list of integers; what holds fractions says so, because
 * 1 and 1.0 are one value in TypeScript and two kinds in ONNX.
 */
export type Attribute =
  | number
  | readonly number[]
  | string
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly strings: readonly string[] }
  | { readonly tensor: Initializer };

/** One operator of the default domain. An input "" is left out. */
export interface GraphNode {
  readonly op: string;
  /** For errors; written as the operator and its place where there is none. */
  readonly name?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

/** A whole graph, its nodes in an order in which they can run. */
export interface Graph {
  readonly name: string;
  /** Operator set of the default domain; {@linkcode OPSET} where it is not given. */
  readonly opset?: number;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly initializers: readonly Initializer[];
  readonly nodes: readonly GraphNode[];
}

/** Operator set that Aisle writes. */
export const OPSET = 17;
