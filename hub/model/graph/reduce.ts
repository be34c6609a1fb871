/**
 * Sums, means and maxima over axes.
 *
 * @module
 */
import { spreadTo } from "./broadcasting.ts";
import { type Dim, product, sameShape, type Shape } from "./dims.ts";
import { mul, scale } from "./elementwise.ts";
import type { Tensor } from "./tensor.ts";

/** Settings of a reduction. */
export interface ReduceOptions {
  /** Keeps the reduced axes with size 1. */
  readonly keep?: boolean;
}

/** `axes` of `x` counted from the front and in order; all axes when none are given. */
function frontAxes(op: string, x: Tensor, axes: readonly number[] | undefined): number[] {
  if (axes === undefined) return x.shape.map((_, i) => i);
  const front = axes.map((axis) => axis < 0 ? axis + x.rank : axis).sort((a, b) => a - b);
  const good = front.every((axis, i) => axis in x.shape && axis !== front[i - 1]);
  if (!good) throw x.builder.error(op, `axes ${axes} must exist, each once`, x.shape);
  return front;
}

interface Reduced {
  readonly axes: readonly number[];
  /** Shape with the reduced axes of size 1. */
  readonly kept: Shape;
  readonly shape: Shape;
  readonly attributes: { readonly keepdims: number };
}

function reduced(
  op: string,
  x: Tensor,
  over: readonly number[] | undefined,
  keep: boolean,
): Reduced {
  if (x.type !== "float32") throw x.builder.error(op, "its operand must be float32", x.type);
  const axes = frontAxes(op, x, over);
  const kept = x.shape.map((dim, i) => axes.includes(i) ? 1 : dim);
  const shape = keep ? kept : x.shape.filter((_, i) => !axes.includes(i));
  return { axes, kept, shape, attributes: { keepdims: Number(keep) } };
}

/** `dy` of a reduction spread over what was reduced. */
function spread(dy: Tensor, x: Tensor, { axes, kept }: Reduced): Tensor {
  const whole = sameShape(dy.shape, kept)
    ? dy
    : dy.builder.node("Unsqueeze", [dy, dy.builder.ints(axes)], kept);
  return spreadTo(whole, x);
}

/** The sum over `axes` (all by default). */
export function reduceSum(
  x: Tensor,
  axes?: readonly number[],
  options: ReduceOptions = {},
): Tensor {
  const { builder } = x;
  const plan = reduced("ReduceSum", x, axes, options.keep ?? false);
  if (plan.axes.length === 0) return x;
  return builder.operator("ReduceSum", [x], () => {
    const { shape, attributes } = plan;
    return builder.node("ReduceSum", [x, builder.ints(plan.axes)], shape, { attributes });
  }, [(dy) => spread(dy, x, plan)]);
}

/** The mean over `axes` (all by default). */
export function reduceMean(
  x: Tensor,
  axes?: readonly number[],
  options: ReduceOptions = {},
): Tensor {
  const { builder } = x;
  const plan = reduced("ReduceMean", x, axes, options.keep ?? false);
  if (plan.axes.length === 0) return x;
  return builder.operator("ReduceMean", [x], () => {
    const attributes = { ...plan.attributes, axes: plan.axes };
    return builder.node("ReduceMean", [x], plan.shape, { attributes });
  }, [(dy) => spread(overCount(dy, x, plan.axes), x, plan)]);
}

/** The largest element over `axes`; equal maxima share the gradient evenly. */
export function reduceMax(x: Tensor, axes: readonly number[], options: ReduceOptions = {}): Tensor {
  const { builder } = x;
  const plan = reduced("ReduceMax", x, axes, options.keep ?? false);
  const attributes = { keepdims: 1, axes: plan.axes };
  const top = builder.node("ReduceMax", [x], plan.kept, { attributes });
  return builder.operator(
    "ReduceMax",
    [x],
    () => options.keep ? top : builder.node("Squeeze", [top, builder.ints(plan.axes)], plan.shape),
    [(dy) => {
      const equal = builder.node("Equal", [x, top], x.shape, { type: "bool" });
      const mask = builder.node("Cast", [equal], x.shape, {
        type: "float32",
        attributes: { to: 1 },
      });
      const winners = spreadTo(reduceSum(mask, plan.axes, { keep: true }), x);
      const share = builder.node("Div", [mask, winners], x.shape);
      return mul(spread(dy, x, plan), share);
    }],
  );
}

/** `x` divided by the number of elements of `of` along `axes`, known now or when the graph runs. */
export function overCount(x: Tensor, of: Tensor, axes: readonly number[]): Tensor {
  const { builder } = x;
  const count: Dim = product(axes.map((axis) => of.dim(axis)));
  if (typeof count === "number") return scale(x, 1 / count);
  const shape = builder.node("Shape", [of], [of.rank], { type: "int64" });
  const sizes = builder.node("Gather", [shape, builder.ints(axes)], [axes.length]);
  const total = builder.node("ReduceProd", [sizes], [], { attributes: { keepdims: 0 } });
  const divisor = builder.node("Cast", [total], [], { type: "float32", attributes: { to: 1 } });
  return builder.node("Div", [x, divisor], x.shape);
}
