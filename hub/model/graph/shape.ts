/**
 * Operators that move elements without changing them.
 *
 * @module
 */
import { shapeOf, spreadTo, sumTo } from "./broadcasting.ts";
import {
  broadcastShapes,
  type Dim,
  product,
  quotient,
  sameShape,
  type Shape,
  showShape,
} from "./dims.ts";
import type { Tensor } from "./tensor.ts";

/**
 * `x` in another shape with as many elements. One size may be -1: it is found, also when it holds a symbol, so
 * `[N,3,4]` as `[-1,4]` is `[3*N,4]`.
 */
export function reshape(x: Tensor, to: Shape): Tensor {
  const { builder } = x;
  const total = product(x.shape);
  const rest = quotient(total, product(to.filter((dim) => dim !== -1)));
  if (
    rest === null || to.filter((dim) => dim === -1).length > 1 || (rest !== 1 && !to.includes(-1))
  ) {
    const rule = `${showShape(to)} must hold as many elements as ${showShape(x.shape)}`;
    throw builder.error("Reshape", rule, `${product(to)} and ${total}`);
  }
  const shape = to.map((dim) => dim === -1 ? rest : dim);
  return builder.operator(
    "Reshape",
    [x],
    () => builder.node("Reshape", [x, builder.ints(sizesFor(x, shape))], shape),
    [(dy) => builder.node("Reshape", [dy, shapeOf(x)], x.shape)],
  );
}

/** Sizes as Reshape takes them: 0 copies a symbol that stays in its place, -1 finds another. */
function sizesFor(x: Tensor, shape: Shape): number[] {
  const sizes = shape.map((dim, i): number =>
    typeof dim === "number" ? dim : dim === x.shape[i] ? 0 : -1
  );
  if (sizes.filter((size) => size === -1).length > 1) {
    const rule = `only one symbol of ${showShape(shape)} may be new`;
    throw x.builder.error("Reshape", rule, x.shape);
  }
  return sizes;
}

/** All axes from the second on as one: `[N,3,4]` to `[N,12]`. */
export function flatten(x: Tensor): Tensor {
  return reshape(x, [x.dim(0), product(x.shape.slice(1))]);
}

/** Axes in another order; axis i of the result is axis `order[i]` of `x`. */
export function transpose(x: Tensor, order: readonly number[]): Tensor {
  const { builder } = x;
  if (order.toSorted((a, b) => a - b).join() !== x.shape.map((_, i) => i).join()) {
    throw builder.error("Transpose", `the order ${order} must name each axis once`, x.shape);
  }
  const shape = order.map((axis) => x.dim(axis));
  return builder.operator(
    "Transpose",
    [x],
    () => builder.node("Transpose", [x], shape, { attributes: { perm: order } }),
    [(dy) => transpose(dy, order.map((_, i) => order.indexOf(i)))],
  );
}

/** `parts` one after another along `axis`; their other axes are the same. */
export function concat(parts: readonly Tensor[], axis: number): Tensor {
  const [first] = parts;
  if (first === undefined) throw new RangeError("Cannot join tensors: there must be one at least");
  const { builder } = first;
  const along = axis < 0 ? axis + first.rank : axis;
  const others = (shape: Shape) => showShape(shape.map((dim, i) => i === along ? "*" : dim));
  const wrong = parts.find((part) => others(part.shape) !== others(first.shape));
  if (wrong !== undefined || !(along in first.shape)) {
    const rule = `shapes must agree but for axis ${axis}`;
    throw builder.error("Concat", rule, parts.map((part) => showShape(part.shape)).join(" and "));
  }
  const sizes: readonly Dim[] = parts.map((part) => part.dim(along));
  if (parts.length > 1 && sizes.some((size) => typeof size !== "number")) {
    throw builder.error("Concat", `axis ${axis} must be known when building`, showShape(sizes));
  }
  const numbers = sizes as readonly number[];
  const whole = parts.length === 1
    ? first.dim(along)
    : numbers.reduce((sum, size) => sum + size, 0);
  const starts = numbers.map((_, i) => numbers.slice(0, i).reduce((sum, size) => sum + size, 0));
  return builder.operator(
    "Concat",
    parts,
    () => {
      const shape = first.shape.map((dim, i) => i === along ? whole : dim);
      return builder.node("Concat", parts, shape, { attributes: { axis: along } });
    },
    parts.map((part, i) => (dy) => {
      if (parts.length === 1) return dy;
      return slice(dy, along, starts[i]!, starts[i]! + part.size(along));
    }),
  );
}

/** Elements `start` (with) to `end` (without) along `axis`, which must be known. */
export function slice(x: Tensor, axis: number, start: number, end: number): Tensor {
  const { builder } = x;
  const along = axis < 0 ? axis + x.rank : axis;
  const size = x.size(along);
  if (!(start >= 0 && start < end && end <= size)) {
    throw builder.error("Slice", `${start} to ${end} must lie in axis ${axis}`, x.shape);
  }
  return builder.operator("Slice", [x], () => {
    const bounds = [[start], [end], [along]].map((values) => builder.ints(values));
    const shape = x.shape.map((dim, i) => i === along ? end - start : dim);
    return builder.node("Slice", [x, ...bounds], shape);
  }, [(dy) => {
    const before = x.shape.map((_, i) => i === along ? start : 0);
    const after = x.shape.map((_, i) => i === along ? size - end : 0);
    return builder.node("Pad", [dy, builder.ints([...before, ...after])], x.shape);
  }]);
}

/** `x` with zeros around it: so many before the first and after the last element of each axis. */
export function pad(x: Tensor, before: readonly number[], after: readonly number[]): Tensor {
  const { builder } = x;
  const counts = [...before, ...after];
  const good = before.length === x.rank && after.length === x.rank &&
    counts.every((n) => Number.isInteger(n) && n >= 0);
  if (!good) throw builder.error("Pad", `pads ${counts} must be counts, two an axis`, x.shape);
  const shape = x.shape.map((dim, i) => {
    const more = before[i]! + after[i]!;
    return more === 0 ? dim : x.size(i) + more;
  });
  return builder.operator(
    "Pad",
    [x],
    () => builder.node("Pad", [x, builder.ints(counts)], shape),
    [(dy) =>
      x.shape.reduce<Tensor>((all, _, i) => {
        if (before[i] === 0 && after[i] === 0) return all;
        return slice(all, i, before[i]!, before[i]! + x.size(i));
      }, dy)],
  );
}

/** `x` repeated along axes of size 1 until it is shaped like `like`. */
export function expandTo(x: Tensor, like: Tensor): Tensor {
  const { builder } = x;
  const common = broadcastShapes(x.shape, like.shape);
  if (common === null || !sameShape(common, like.shape)) {
    throw builder.error("Expand", `it must spread to ${showShape(like.shape)}`, x.shape);
  }
  return builder.operator("Expand", [x], () => spreadTo(x, like), [(dy) => sumTo(dy, x)]);
}

/** Elements `indices` (known numbers, each once or more) along `axis`, which must be known, in that order. */
export function take(x: Tensor, axis: number, indices: readonly number[]): Tensor {
  const parts = indices.map((index) => {
    const at = index < 0 ? index + x.size(axis) : index;
    return slice(x, axis, at, at + 1);
  });
  return parts.length === 1 ? parts[0]! : concat(parts, axis);
}
