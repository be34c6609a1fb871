/**
 * Broadcasting and its way back, which every family needs: the shape of a value at run time, a value spread to
 * another's shape, and a gradient summed down to the shape that was spread.
 *
 * Plain nodes without gradients: used inside operators and their rules.
 *
 * @module
 */
import { broadcastShapes, isStatic, sameShape, type Shape, showShape } from "./dims.ts";
import type { Tensor } from "./tensor.ts";

/** The shape of `x` as a list of int64: a constant where it is known, else read when the graph runs. */
export function shapeOf(x: Tensor): Tensor {
  return isStatic(x.shape)
    ? x.builder.ints(x.shape)
    : x.builder.node("Shape", [x], [x.rank], { type: "int64" });
}

/** The common shape of two operands. @throws RangeError where they do not broadcast */
export function commonShape(op: string, a: Tensor, b: Tensor): Shape {
  const shape = broadcastShapes(a.shape, b.shape);
  if (shape === null) {
    const value = `${showShape(a.shape)} and ${showShape(b.shape)}`;
    throw a.builder.error(op, "shapes must broadcast", value);
  }
  if (a.type !== b.type) {
    throw a.builder.error(op, "both operands must have one type", `${a.type} and ${b.type}`);
  }
  return shape;
}

/** `x` spread to the shape of `like`. */
export function spreadTo(x: Tensor, like: Tensor): Tensor {
  if (sameShape(x.shape, like.shape)) return x;
  return x.builder.node("Expand", [x, shapeOf(like)], like.shape);
}

/** `dy` summed over the axes along which a value shaped like `target` was spread. */
export function sumTo(dy: Tensor, target: Tensor): Tensor {
  const { builder } = dy;
  const extra = dy.rank - target.rank;
  const axes = dy.shape.flatMap((dim, i) =>
    i < extra || dim !== target.shape[i - extra] ? [i] : []
  );
  if (axes.length === 0) return dy;
  const kept = dy.shape.map((dim, i) => axes.includes(i) ? 1 : dim);
  const sum = builder.node("ReduceSum", [dy, builder.ints(axes)], kept, {
    attributes: { keepdims: 1 },
  });
  if (extra === 0) return sum;
  const leading = Array.from({ length: extra }, (_, i) => i);
  return builder.node("Squeeze", [sum, builder.ints(leading)], kept.slice(extra));
}
