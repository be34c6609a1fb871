/**
 * Matrix products: batched MatMul, and dense layers on Gemm.
 *
 * @module
 */
import { sumTo } from "./broadcasting.ts";
import { broadcastShapes, type Dim, type Shape, showShape } from "./dims.ts";
import { reduceSum } from "./reduce.ts";
import { reshape, transpose } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** The last two axes exchanged. */
function turned(x: Tensor): Tensor {
  const order = x.shape.map((_, i) => i);
  order.push(...order.splice(-2).reverse());
  return transpose(x, order);
}

/** `a [...,P,Q] x b [...,Q,R] = [...,P,R]`; leading axes broadcast. */
export function matmul(a: Tensor, b: Tensor): Tensor {
  const { builder } = a;
  const lead = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2));
  if (a.rank < 2 || b.rank < 2 || lead === null || a.dim(-1) !== b.dim(-2)) {
    const value = `${showShape(a.shape)} x ${showShape(b.shape)}`;
    throw builder.error("MatMul", "inner axes must be equal and outer ones broadcast", value);
  }
  const shape = [...lead, a.dim(-2), b.dim(-1)];
  // One matrix for all rows: its gradient is one product over all rows, not a sum of one a batch.
  const shared = b.rank === 2 && a.rank > 2;
  return builder.operator("MatMul", [a, b], () => builder.node("MatMul", [a, b], shape), [
    (dy) => sumTo(matmul(dy, turned(b)), a),
    (dy) =>
      shared ? product2d(rows(a), rows(dy), { turnA: true }) : sumTo(matmul(turned(a), dy), b),
  ]);
}

/** `x` as a matrix: all axes but the last as one. */
function rows(x: Tensor): Tensor {
  return x.rank === 2 ? x : reshape(x, [-1, x.dim(-1)]);
}

/** A product of two matrices, either one transposed in passing; no gradient. */
export function product2d(
  a: Tensor,
  b: Tensor,
  { turnA = false, turnB = false }: { turnA?: boolean; turnB?: boolean } = {},
): Tensor {
  const shape: Shape = [a.dim(turnA ? 1 : 0), b.dim(turnB ? 0 : 1)];
  const attributes = { transA: Number(turnA), transB: Number(turnB) };
  return a.builder.node("Gemm", [a, b], shape, { attributes });
}

/** A dense layer: `x [...,I] weight [I,O] + bias [O]`, as one Gemm. */
export function dense(x: Tensor, weight: Tensor, bias: Tensor): Tensor {
  const { builder } = x;
  const lead: readonly Dim[] = x.shape.slice(0, -1);
  const fits = x.rank >= 2 && weight.rank === 2 && x.dim(-1) === weight.dim(0) &&
    bias.rank === 1 && bias.dim(0) === weight.dim(1);
  if (!fits) {
    const value = [x, weight, bias].map((tensor) => showShape(tensor.shape)).join(" and ");
    throw builder.error("Gemm", "x [...,I], weight [I,O] and bias [O] must fit", value);
  }
  if (x.rank > 2) return reshape(dense(rows(x), weight, bias), [...lead, bias.dim(0)]);
  const shape = [x.dim(0), bias.dim(0)];
  return builder.operator(
    "Gemm",
    [x, weight, bias],
    () => builder.node("Gemm", [x, weight, bias], shape),
    [
      (dy) => product2d(dy, weight, { turnB: true }),
      (dy) => product2d(x, dy, { turnA: true }),
      (dy) => reduceSum(dy, [0]),
    ],
  );
}
