/**
 * Look-up of table rows, and bags of them.
 *
 * No gradient here scatters: on WebGPU ScatterND added repeated rows wrongly in some runs. Small tables get a
 * one-hot product, large ones give back the rows' gradients, which the host adds up ({@linkcode sumRows}).
 *
 * @module
 */
import { showShape } from "./dims.ts";
import { matmul, product2d } from "./matmul.ts";
import { reshape } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/**
 * `ids [...]` (int32 or int64) as rows with a single 1: `[...,classes]`, float32; an id out of range gives zeros.
 * By comparison with 0, 1, 2..., which every backend has, unlike OneHot.
 */
export function oneHot(ids: Tensor, classes: number): Tensor {
  const { builder } = ids;
  checkIds("OneHot", ids);
  const numbers = Int32Array.from({ length: classes }, (_, i) => i);
  const all = ids.type === "int32" ? builder.constant(numbers) : builder.ints(Array.from(numbers));
  const shape = [...ids.shape, classes];
  const column = builder.node("Unsqueeze", [ids, builder.ints([ids.rank])], [...ids.shape, 1]);
  const equal = builder.node("Equal", [column, all], shape, { type: "bool" });
  return builder.node("Cast", [equal], shape, { type: "float32", attributes: { to: 1 } });
}

function checkIds(op: string, ids: Tensor): void {
  if (ids.type === "int32" || ids.type === "int64") return;
  throw ids.builder.error(op, "ids must be int32 or int64", ids.type);
}

function checkTable(table: Tensor, ids: Tensor): void {
  checkIds("Gather", ids);
  if (table.rank !== 2) throw table.builder.error("Gather", "a table must be [V,D]", table.shape);
}

/**
 * Rows of `table [V,D]` by `ids [...]`: `[...,D]`. The table's gradient is dense, a one-hot product of
 * `ids x V` floats: for vocabularies up to some thousands.
 */
export function embedding(table: Tensor, ids: Tensor): Tensor {
  const { builder } = table;
  checkTable(table, ids);
  const [vocabulary, width] = [table.size(0), table.size(1)];
  return builder.operator(
    "Gather",
    [table],
    () => builder.node("Gather", [table, ids], [...ids.shape, width], { attributes: { axis: 0 } }),
    [(dy) => {
      const hot = oneHot(reshape(ids, [-1]), vocabulary);
      return product2d(hot, reshape(dy, [-1, width]), { turnA: true });
    }],
  );
}

/**
 * Rows of `table` as something to differentiate by: ask {@linkcode gradients} for the gradient of what this
 * returns, `[...,D]`, and add it up on the host. Nothing flows into the table itself.
 */
export function gatherRows(table: Tensor, ids: Tensor): Tensor {
  const { builder } = table;
  checkTable(table, ids);
  const shape = [...ids.shape, table.size(1)];
  return builder.variable(
    builder.node("Gather", [table, ids], shape, { attributes: { axis: 0 } }),
  );
}

/** Weighted sums of rows: `rows [N,L,D]` by `weights [N,L]` (0 for padding, 1/L for a mean) is `[N,D]`. */
export function bag(rows: Tensor, weights: Tensor): Tensor {
  const [batch, length] = weights.shape;
  if (rows.rank !== 3 || weights.rank !== 2 || rows.dim(0) !== batch || rows.dim(1) !== length) {
    const value = `${showShape(rows.shape)} and ${showShape(weights.shape)}`;
    throw rows.builder.error("bag", "rows must be [N,L,D] and weights [N,L]", value);
  }
  const [n, l] = [rows.dim(0), rows.dim(1)];
  return reshape(matmul(reshape(weights, [n, 1, l]), rows), [n, rows.dim(2)]);
}

/** Gradients of the rows that a step touched. */
export interface TouchedRows {
  /** Row numbers, each once, in the order in which they were first met. */
  readonly ids: Int32Array;
  /** `[ids.length, width]`. */
  readonly gradients: Float32Array;
}

/** Adds up `gradients [ids.length, width]` of rows that were looked up more than once; always in the same order. */
export function sumRows(
  ids: ArrayLike<number | bigint>,
  gradients: Float32Array,
  width: number,
): TouchedRows {
  if (gradients.length !== ids.length * width) {
    const rule = `gradients must hold ${ids.length} x ${width} numbers`;
    throw new RangeError(`Cannot add up rows: ${rule}: current value is ${gradients.length}`);
  }
  const places = new Map<number, number>();
  const sums = new Float32Array(gradients.length);
  for (let i = 0; i < ids.length; i++) {
    const id = Number(ids[i]);
    const place = places.get(id) ?? places.size;
    places.set(id, place);
    for (let k = 0; k < width; k++) sums[place * width + k]! += gradients[i * width + k]!;
  }
  return { ids: Int32Array.from(places.keys()), gradients: sums.slice(0, places.size * width) };
}
