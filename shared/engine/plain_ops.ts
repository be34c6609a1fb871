/**
 * The operators behind a network's convolutions, plainly: their tensors are small.
 *
 * Every operator rounds to float32 where ONNX says its values are floats.
 *
 * @module
 */
import type { Attribute, GraphNode } from "./read_graph.ts";

/** Numbers in row-major order. */
export interface PlainTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | Uint8Array | BigInt64Array;
}

/** Of floats. */
export interface FloatTensor extends PlainTensor {
  readonly data: Float32Array;
}

/** Thrown for what the engine does not know; another runtime then runs the graph. */
export class Unsupported extends Error {}

type Op = (inputs: readonly PlainTensor[], attributes: GraphNode["attributes"]) => PlainTensor;

const UNARY: Readonly<Record<string, (x: number) => number>> = {
  Abs: Math.abs,
  Exp: Math.exp,
  Log: Math.log,
  Neg: (x) => -x,
  Relu: (x) => Math.max(x, 0),
  Sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  Softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  Sqrt: Math.sqrt,
  Tanh: Math.tanh,
};

const BINARY: Readonly<Record<string, (x: number, y: number) => number>> = {
  Add: (x, y) => x + y,
  Div: (x, y) => x / y,
  Max: Math.max,
  Min: Math.min,
  Mul: (x, y) => x * y,
  Sub: (x, y) => x - y,
};

const OTHERS: Readonly<Record<string, Op>> = {
  Cast: cast,
  Concat: concat,
  Flatten: ([x], attributes) => flatten(x!, numberOf(attributes, "axis", 1)),
  Gather: gather,
  LogSoftmax: ([x], attributes) => logSoftmax(x!, numberOf(attributes, "axis", -1)),
  MatMul: ([x, y]) => matMul(floats(x), floats(y)),
  Squeeze: ([x, axes]) => squeeze(x!, listOf(axes)),
  Transpose: ([x], attributes) => transpose(floats(x), attributes.get("perm")),
  Unsqueeze: ([x, axes]) => unsqueeze(x!, listOf(axes)),
};

/** Whether {@linkcode runPlain} knows `op`. */
export function knowsPlain(op: string): boolean {
  return op in UNARY || op in BINARY || op in OTHERS;
}

/** The output of `node` for `inputs`. @throws {Unsupported} */
export function runPlain(node: GraphNode, inputs: readonly PlainTensor[]): PlainTensor {
  const unary = UNARY[node.op], binary = BINARY[node.op], other = OTHERS[node.op];
  if (unary !== undefined) {
    const x = floats(inputs[0]);
    return { shape: x.shape, data: x.data.map(unary) };
  }
  if (binary !== undefined && inputs.length === 2) {
    return broadcast(floats(inputs[0]), floats(inputs[1]), binary);
  }
  if (other !== undefined) return other(inputs, node.attributes);
  throw new Unsupported(`${node.op} of ${inputs.length}`);
}

/** A number among `attributes`. */
export function numberOf(
  attributes: GraphNode["attributes"],
  name: string,
  otherwise: number,
): number {
  const value = attributes.get(name);
  return typeof value === "number" ? value : otherwise;
}

/** Number of elements of `shape`. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((all, dim) => all * dim, 1);
}

function floats(tensor: PlainTensor | undefined): FloatTensor {
  if (!(tensor?.data instanceof Float32Array)) throw new Unsupported("arithmetic on integers");
  return tensor as FloatTensor;
}

function listOf(tensor: PlainTensor | undefined): number[] {
  if (tensor === undefined) throw new Unsupported("axes by default");
  return Array.from(tensor.data as Iterable<number | bigint>, Number);
}

/** Steps through a tensor of `shape`, seen as one of `outer`; 0 along repeated dimensions. */
function strides(shape: readonly number[], outer: readonly number[]): number[] {
  const steps = new Array<number>(outer.length).fill(0);
  let step = 1;
  for (let i = shape.length - 1, o = outer.length - 1; i >= 0; i--, o--) {
    if (shape[i] !== 1) steps[o] = step;
    step *= shape[i]!;
  }
  return steps;
}

function broadcast(
  x: FloatTensor,
  y: FloatTensor,
  f: (x: number, y: number) => number,
): FloatTensor {
  const rank = Math.max(x.shape.length, y.shape.length);
  const dim = (shape: readonly number[], i: number) => shape[shape.length - rank + i] ?? 1;
  const shape = Array.from({ length: rank }, (_, i) => {
    const a = dim(x.shape, i), b = dim(y.shape, i);
    if (a !== b && a !== 1 && b !== 1) throw new Unsupported("shapes that do not fit");
    return a === 1 ? b : a;
  });
  const data = new Float32Array(sizeOf(shape));
  const xs = strides(x.shape, shape), ys = strides(y.shape, shape);
  const width = shape.at(-1) ?? 1, xStep = xs.at(-1) ?? 0, yStep = ys.at(-1) ?? 0;
  const index = new Array<number>(rank).fill(0);
  for (let at = 0; at < data.length; at += width) {
    let xAt = 0, yAt = 0;
    for (let d = 0; d < rank - 1; d++) {
      xAt += index[d]! * xs[d]!;
      yAt += index[d]! * ys[d]!;
    }
    for (let i = 0; i < width; i++) {
      data[at + i] = f(x.data[xAt + i * xStep]!, y.data[yAt + i * yStep]!);
    }
    for (let d = rank - 2; d >= 0; d--) {
      if (++index[d]! < shape[d]!) break;
      index[d] = 0;
    }
  }
  return { shape, data };
}

/** [.., K] x [K, N]; the right side is one matrix. */
function matMul(x: FloatTensor, y: FloatTensor): FloatTensor {
  const [inner, width] = y.shape;
  if (y.shape.length !== 2 || x.shape.at(-1) !== inner) {
    throw new Unsupported("a batch of matrices");
  }
  const rows = x.data.length / inner!;
  const data = new Float32Array(rows * width!), sums = new Float64Array(width!);
  for (let r = 0; r < rows; r++) {
    sums.fill(0);
    for (let k = 0; k < inner!; k++) {
      const value = x.data[r * inner! + k]!;
      for (let n = 0; n < width!; n++) sums[n]! += value * y.data[k * width! + n]!;
    }
    data.set(sums, r * width!);
  }
  return { shape: [...x.shape.slice(0, -1), width!], data };
}

function logSoftmax(x: PlainTensor, axis: number): FloatTensor {
  const { shape, data } = floats(x), width = shape.at(-1)!;
  if (axis !== -1 && axis !== shape.length - 1) {
    throw new Unsupported("LogSoftmax of an inner axis");
  }
  const out = new Float32Array(data.length);
  for (let at = 0; at < data.length; at += width) {
    let largest = -Infinity, sum = 0;
    for (let i = at; i < at + width; i++) largest = Math.max(largest, data[i]!);
    for (let i = at; i < at + width; i++) sum += Math.exp(data[i]! - largest);
    const total = largest + Math.log(sum);
    for (let i = at; i < at + width; i++) out[i] = data[i]! - total;
  }
  return { shape, data: out };
}

function flatten(x: PlainTensor, axis: number): PlainTensor {
  const first = sizeOf(x.shape.slice(0, axis));
  return { shape: [first, first === 0 ? 0 : x.data.length / first], data: x.data };
}

function unsqueeze(x: PlainTensor, axes: readonly number[]): PlainTensor {
  const rank = x.shape.length + axes.length;
  const added = new Set(axes.map((axis) => axis < 0 ? axis + rank : axis));
  const rest = [...x.shape];
  return {
    shape: Array.from({ length: rank }, (_, d) => added.has(d) ? 1 : rest.shift()!),
    data: x.data,
  };
}

function squeeze(x: PlainTensor, axes: readonly number[]): PlainTensor {
  const gone = new Set(axes.map((axis) => axis < 0 ? axis + x.shape.length : axis));
  return { shape: x.shape.filter((_, d) => !gone.has(d)), data: x.data };
}

function transpose(x: FloatTensor, perm: Attribute | undefined): FloatTensor {
  if (!Array.isArray(perm)) throw new Unsupported("Transpose without an order");
  const order = perm as readonly number[], from = strides(x.shape, x.shape);
  const shape = order.map((d) => x.shape[d]!), steps = order.map((d) => from[d]!);
  const data = new Float32Array(x.data.length), index = shape.map(() => 0);
  for (let at = 0; at < data.length; at++) {
    data[at] = x.data[index.reduce((sum, i, d) => sum + i * steps[d]!, 0)]!;
    for (let d = shape.length - 1; d >= 0; d--) {
      if (++index[d]! < shape[d]!) break;
      index[d] = 0;
    }
  }
  return { shape, data };
}

/** `TensorProto.DataType`. */
const FLOAT = 1, INT32 = 6;

function cast([x]: readonly PlainTensor[], attributes: GraphNode["attributes"]): PlainTensor {
  const { shape, data } = x!, to = numberOf(attributes, "to", 0);
  if (data instanceof BigInt64Array) throw new Unsupported("Cast of int64");
  if (to === FLOAT) return { shape, data: new Float32Array(data) };
  if (to === INT32 && !(data instanceof Float32Array)) {
    return { shape, data: new Int32Array(data) };
  }
  throw new Unsupported(`Cast to ${to}`);
}

/** Rows of a list of floats, by number: how palettes are unpacked. */
function gather([values, places]: readonly PlainTensor[]): FloatTensor {
  const { shape, data } = floats(values);
  if (shape.length !== 1 || !(places?.data instanceof Int32Array)) {
    throw new Unsupported("Gather of rows");
  }
  const out = new Float32Array(places.data.length);
  for (let i = 0; i < out.length; i++) out[i] = data[places.data[i]!]!;
  return { shape: places.shape, data: out };
}

function concat(inputs: readonly PlainTensor[], attributes: GraphNode["attributes"]): FloatTensor {
  const parts = inputs.map(floats), axis = numberOf(attributes, "axis", 0);
  const [first] = parts, rank = first!.shape.length;
  if (axis !== -1 && axis !== rank - 1) throw new Unsupported("Concat of an inner axis");
  const widths = parts.map((part) => part.shape.at(-1)!);
  const width = widths.reduce((sum, each) => sum + each, 0);
  const rows = first!.data.length / widths[0]!;
  const data = new Float32Array(rows * width);
  let at = 0;
  parts.forEach((part, p) => {
    for (let r = 0; r < rows; r++) {
      data.set(part.data.subarray(r * widths[p]!, (r + 1) * widths[p]!), r * width + at);
    }
    at += widths[p]!;
  });
  return { shape: [...first!.shape.slice(0, -1), width], data };
}
