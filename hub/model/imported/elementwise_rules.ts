/**
 * Import rules of operators that work element by element.
 *
 * @module
 */
import { elementTypeOf } from "../../onnx/graph.ts";
import { clip, gelu, hardSigmoid, hardSwish, leakyRelu, relu } from "../graph/activation.ts";
import { broadcastShapes, type Dim, product, quotient, type Shape } from "../graph/dims.ts";
import * as elementwise from "../graph/elementwise.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Imported, Made, NodeReader } from "./node_reader.ts";
import type { ImportRules } from "./rules.ts";

/** Bounds of float32: what a bound that is left out means. */
const LARGEST = 3.4028234663852886e38;

const unary = (build: (x: Tensor) => Tensor) => (node: NodeReader): Made => build(node.input(0));

/** Arithmetic; on shapes also with the dimensions themselves. */
const binary = (
  build: (a: Tensor, b: Tensor) => Tensor,
  onDims: (a: Dim, b: Dim) => Dim | null,
) =>
(node: NodeReader): Made => {
  const [a, b] = [node.input(0), node.input(1)];
  const tensor = build(a, b), known = knownOf(node, onDims);
  return known === null || a.type === "float32" ? tensor : { tensor, known };
};

function knownOf(
  node: NodeReader,
  onDims: (a: Dim, b: Dim) => Dim | null,
): Imported["known"] {
  const [a, b] = [node.known(0), node.known(1)];
  if (a === null || b === null || (a.length !== b.length && a.length !== 1 && b.length !== 1)) {
    return null;
  }
  const out: Dim[] = [];
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const found = onDims(a[a.length === 1 ? 0 : i]!, b[b.length === 1 ? 0 : i]!);
    if (found === null) return null;
    out.push(found);
  }
  return out;
}

const ofNumbers = (f: (a: number, b: number) => number) => (a: Dim, b: Dim): Dim | null =>
  typeof a === "number" && typeof b === "number" ? f(a, b) : null;

/** A comparison or a choice: no gradient flows through it. */
const broadcastPlain = (type?: Tensor["type"]) => (node: NodeReader): Made => {
  const shape = node.inputs().reduce<Shape>((all, x) => {
    const common = broadcastShapes(all, x.shape);
    if (common === null) throw node.error("its inputs must broadcast", x.shape);
    return common;
  }, []);
  return node.plain(shape, type ?? node.input(node.inputCount - 1).type);
};

function clipped(node: NodeReader): Made {
  const bound = (name: string, index: number, fallback: number) =>
    node.numbers(index)?.[0] ?? node.float(name, fallback);
  return clip(node.input(0), bound("min", 1, -LARGEST), bound("max", 2, LARGEST));
}

function raised(node: NodeReader): Made {
  const exponent = node.numbers(1)!;
  if (exponent.length !== 1) throw node.error("its exponent must be one number", exponent);
  return elementwise.pow(node.input(0), exponent[0]!);
}

function cast(node: NodeReader): Made {
  const x = node.input(0), code = node.int("to", 0), type = elementTypeOf(code);
  if (type === undefined) throw node.error("it must name a known type", `${code}`);
  if (type === x.type) return { tensor: x, known: node.known(0) };
  const tensor = node.plain(x.shape, type), known = node.known(0);
  return { tensor, known: type === "int64" || type === "int32" ? known : null };
}

function geluOf(node: NodeReader): Made {
  if (node.text("approximate", "none") === "none") return gelu(node.input(0));
  // x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))
  const x = node.input(0), { add, mul, scale, shift, tanh } = elementwise;
  const inner = scale(add(x, scale(mul(mul(x, x), x), 0.044715)), Math.sqrt(2 / Math.PI));
  return mul(scale(x, 0.5), shift(tanh(inner), 1));
}

/** By operator. */
export const ELEMENTWISE_RULES: ImportRules = {
  Add: binary(elementwise.add, ofNumbers((a, b) => a + b)),
  Sub: binary(elementwise.sub, ofNumbers((a, b) => a - b)),
  Mul: binary(elementwise.mul, (a, b) => product([a, b])),
  Div: binary(elementwise.div, quotient),
  Pow: raised,
  Neg: unary(elementwise.neg),
  Exp: unary(elementwise.exp),
  Log: unary(elementwise.log),
  Sqrt: unary(elementwise.sqrt),
  Reciprocal: unary((x) => elementwise.div(x.builder.scalar(1), x)),
  Tanh: unary(elementwise.tanh),
  Sigmoid: unary(elementwise.sigmoid),
  Erf: unary(elementwise.erf),
  Relu: unary(relu),
  Clip: clipped,
  LeakyRelu: (node) => leakyRelu(node.input(0), node.float("alpha", 0.01)),
  HardSigmoid: (node) =>
    hardSigmoid(node.input(0), node.float("alpha", 0.2), node.float("beta", 0.5)),
  HardSwish: unary(hardSwish),
  Gelu: geluOf,
  Cast: cast,
  Identity: (node) => ({ tensor: node.input(0), known: node.known(0) }),
  // Nothing is dropped when serving, and frozen and fine-tuned encoders are as when serving.
  Dropout: unary((x) => x),
  Equal: broadcastPlain("bool"),
  Greater: broadcastPlain("bool"),
  GreaterOrEqual: broadcastPlain("bool"),
  Less: broadcastPlain("bool"),
  LessOrEqual: broadcastPlain("bool"),
  And: broadcastPlain("bool"),
  Or: broadcastPlain("bool"),
  Where: broadcastPlain(),
  Min: broadcastPlain(),
  Max: broadcastPlain(),
  Not: (node) => node.plain(node.input(0).shape),
  Abs: (node) => node.plain(node.input(0).shape),
  Sign: (node) => node.plain(node.input(0).shape),
  Floor: (node) => node.plain(node.input(0).shape),
  Ceil: (node) => node.plain(node.input(0).shape),
  Round: (node) => node.plain(node.input(0).shape),
};
