/**
 * Import rules of operators that move elements, and of those that exporters compute shapes with.
 *
 * @module
 */
import { type Dim, product } from "../graph/dims.ts";
import { concat, expandTo, pad, reshape, slice, take, transpose } from "../graph/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Imported, Made, NodeReader } from "./node_reader.ts";
import type { ImportRules } from "./rules.ts";

/** Reshape with ONNX's 0 (as before) and -1 (what is left). */
function reshaped(node: NodeReader): Made {
  const x = node.input(0), to = node.known(1) ?? node.ints("shape");
  if (!to) throw node.error("its shape must be known while building", x.shape);
  const keepsZero = node.int("allowzero", 0) === 0;
  const shape = to.map((dim, i) => dim === 0 && keepsZero ? x.dim(i) : dim);
  return { tensor: reshape(x, shape), known: node.known(0) };
}

function flattened(node: NodeReader): Made {
  const x = node.input(0);
  const axis = node.int("axis", 1), at = axis < 0 ? axis + x.rank : axis;
  return reshape(x, [product(x.shape.slice(0, at)), product(x.shape.slice(at))]);
}

function squeezed(node: NodeReader): Made {
  const x = node.input(0), given = node.list("axes", 1);
  const axes = given === undefined
    ? x.shape.flatMap((dim, i) => dim === 1 ? [i] : [])
    : node.front(given, x.rank);
  if (axes.some((axis) => x.dim(axis) !== 1)) {
    throw node.error(`axes ${axes} must have size 1`, x.shape);
  }
  const shape = x.shape.filter((_, i) => !axes.includes(i));
  return { tensor: reshape(x, shape), known: node.known(0) };
}

function unsqueezed(node: NodeReader): Made {
  const x = node.input(0), given = node.list("axes", 1) ?? [];
  const rank = x.rank + given.length, axes = node.front(given, rank), rest = [...x.shape];
  const shape = Array.from({ length: rank }, (_, i) => axes.includes(i) ? 1 : rest.shift()!);
  return { tensor: reshape(x, shape), known: node.known(0) };
}

function transposed(node: NodeReader): Made {
  const x = node.input(0);
  return transpose(x, node.ints("perm") ?? x.shape.map((_, i) => x.rank - 1 - i));
}

function joined(node: NodeReader): Made {
  const tensor = concat(node.inputs(), node.int("axis", 1));
  const parts = node.inputs().map((_, i) => node.known(i));
  const known = tensor.rank === 1 && parts.every((part) => part !== null) ? parts.flat() : null;
  return { tensor, known: known as Imported["known"] };
}

/** Slice along known axes, by steps of one. */
function sliced(node: NodeReader): Made {
  const x = node.input(0);
  const starts = node.list("starts", 1) ?? [], ends = node.list("ends", 2) ?? [];
  const axes = node.front(node.list("axes", 3) ?? starts.map((_, i) => i), x.rank);
  if ((node.numbers(4) ?? []).some((step) => step !== 1)) {
    throw node.error("it must go by steps of 1");
  }
  let out = x, known = node.known(0);
  axes.forEach((axis, i) => {
    if (starts[i] === 0 && ends[i]! >= 2 ** 31 - 1) return;
    const size = x.size(axis);
    const held = (at: number) => Math.min(size, Math.max(0, at < 0 ? at + size : at));
    const [from, to] = [held(starts[i]!), held(ends[i]!)];
    out = slice(out, axis, from, to);
    known = x.rank === 1 && known !== null ? known.slice(from, to) : null;
  });
  return { tensor: out, known };
}

function parted(node: NodeReader): Made {
  const x = node.input(0), axis = node.front([node.int("axis", 0)], x.rank)[0]!;
  const size = x.size(axis), count = node.outputCount, even = Math.ceil(size / count);
  const sizes = node.list("split", 1) ??
    Array.from({ length: count }, (_, i) => Math.min(even, size - i * even));
  let at = 0;
  return sizes.map((length) => {
    at += length;
    return slice(x, axis, at - length, at);
  });
}

/** Rows of something at known places: one place takes the axis away. */
function gathered(node: NodeReader): Made {
  const x = node.input(0), axis = node.front([node.int("axis", 0)], x.rank)[0]!;
  const indices = node.input(1);
  const at = node.known(1)?.every((i) => typeof i === "number") ? node.numbers(1)! : null;
  if (at === null || indices.rank > 1) {
    const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
    return node.plain(shape);
  }
  const known = node.known(0);
  const taken = known !== null && x.rank === 1 ? at.map((i) => known.at(i)!) : null;
  if (x.type !== "float32") {
    const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
    return { tensor: node.plain(shape), known: taken };
  }
  const rows = take(x, axis, at);
  return indices.rank === 1 ? rows : reshape(rows, x.shape.filter((_, i) => i !== axis));
}

function padded(node: NodeReader): Made {
  const x = node.input(0), pads = node.list("pads", 1) ?? [];
  const outside = node.numbers(2)?.[0] ?? node.float("value", 0);
  if (node.text("mode", "constant") !== "constant" || outside !== 0 || node.optional(3)) {
    throw node.error("it must pad all axes with zeros");
  }
  return pad(x, pads.slice(0, x.rank), pads.slice(x.rank));
}

function expanded(node: NodeReader): Made {
  const x = node.input(0), to = node.known(1);
  if (to === null) throw node.error("its shape must be known while building", x.shape);
  const like = node.builder.node("Expand", [x, node.input(1)], grown(x.shape, to));
  return x.tracked ? expandTo(x, like) : like;
}

/** The shape of `from` spread to `to`, of which sizes of 1 spread nothing. */
function grown(from: readonly Dim[], to: readonly Dim[]): Dim[] {
  const rank = Math.max(from.length, to.length);
  return Array.from({ length: rank }, (_, i) => {
    const a = from[i - rank + from.length] ?? 1, b = to[i - rank + to.length] ?? 1;
    return b === 1 ? a : b;
  });
}

function shapeOf(node: NodeReader): Made {
  const { shape } = node.input(0);
  const tensor: Tensor = node.builder.node("Shape", [node.input(0)], [shape.length], {
    type: "int64",
  });
  const known = shape.slice(node.int("start", 0), node.ints("end")?.[0] ?? shape.length);
  if (known.length !== shape.length) throw node.error("it must give the whole shape", shape);
  return { tensor, known };
}

/** By operator. */
export const SHAPE_RULES: ImportRules = {
  Reshape: reshaped,
  Flatten: flattened,
  Squeeze: squeezed,
  Unsqueeze: unsqueezed,
  Transpose: transposed,
  Concat: joined,
  Slice: sliced,
  Split: parted,
  Gather: gathered,
  Pad: padded,
  Expand: expanded,
  Shape: shapeOf,
};
