/**
 * Import rules of products, reductions and what normalises.
 *
 * @module
 */
import { add, mul, scale } from "../graph/elementwise.ts";
import { logSoftmax, softmax } from "../graph/loss.ts";
import { dense, matmul } from "../graph/matmul.ts";
import { standardize } from "../graph/norm.ts";
import { reduceMax, reduceMean, type ReduceOptions, reduceSum } from "../graph/reduce.ts";
import { transpose } from "../graph/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Made, NodeReader } from "./node_reader.ts";
import type { ImportRules } from "./rules.ts";

/** `alpha A B + beta C`, either matrix transposed first. */
function gemm(node: NodeReader): Made {
  const turned = (x: Tensor, name: string) => node.int(name, 0) ? transpose(x, [1, 0]) : x;
  const [alpha, beta] = [node.float("alpha", 1), node.float("beta", 1)];
  const a = turned(node.input(0), "transA"), b = turned(node.input(1), "transB");
  const c = node.optional(2);
  if (c !== null && alpha === 1 && beta === 1 && c.rank === 1 && c.dim(0) === b.dim(1)) {
    return dense(a, b, c);
  }
  const product = alpha === 1 ? matmul(a, b) : scale(matmul(a, b), alpha);
  return c === null ? product : add(product, beta === 1 ? c : scale(c, beta));
}

type Reduce = (x: Tensor, axes?: readonly number[], options?: ReduceOptions) => Tensor;

const reduced = (reduce: Reduce) => (node: NodeReader): Made => {
  const x = node.input(0), axes = node.list("axes", 1);
  if (!axes?.length && node.int("noop_with_empty_axes", 0)) return x;
  const over = axes?.length ? axes : x.shape.map((_, i) => i);
  return reduce(x, over, { keep: node.int("keepdims", 1) === 1 });
};

/** Over one axis, which need not be the last. */
const overAxis = (build: (x: Tensor) => Tensor) => (node: NodeReader): Made => {
  const x = node.input(0), last = x.rank - 1;
  const axis = node.front([node.int("axis", node.opset < 13 ? 1 : -1)], x.rank)[0]!;
  if (axis === last) return build(x);
  if (node.opset < 13) {
    // There it ran over all axes from this one on at once.
    if (x.shape.slice(axis + 1).every((dim) => dim === 1)) return exchanged(x, axis, build);
    throw node.error("it must run over one axis", x.shape);
  }
  return exchanged(x, axis, build);
};

function exchanged(x: Tensor, axis: number, build: (x: Tensor) => Tensor): Tensor {
  const order = x.shape.map((_, i) => i), last = x.rank - 1;
  [order[axis], order[last]] = [last, axis];
  return transpose(build(transpose(x, order)), order);
}

function layerNormalized(node: NodeReader): Made {
  const x = node.input(0), axis = node.front([node.int("axis", -1)], x.rank)[0]!;
  if (node.outputCount > 1) throw node.error("it must give the normalised values only");
  const axes = x.shape.flatMap((_, i) => i >= axis ? [i] : []);
  const { y } = standardize(x, axes, node.float("epsilon", 1e-5));
  const scaled = mul(y, node.input(1)), beta = node.optional(2);
  return beta === null ? scaled : add(scaled, beta);
}

/** By operator. */
export const MATRIX_RULES: ImportRules = {
  MatMul: (node) => matmul(node.input(0), node.input(1)),
  Gemm: gemm,
  ReduceMean: reduced(reduceMean),
  ReduceSum: reduced(reduceSum),
  ReduceMax: reduced((x, axes, options) => reduceMax(x, axes!, options)),
  Softmax: overAxis(softmax),
  LogSoftmax: overAxis(logSoftmax),
  LayerNormalization: layerNormalized,
};
