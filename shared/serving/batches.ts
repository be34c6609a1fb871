/**
 * Lays sparse products into padded rectangles that a graph takes, none larger than a fixed budget.
 *
 * A session's memory grows with its largest run and never shrinks in wasm, so that one product of 50,000 characters
 * or a batch of hundreds must not decide how much an edge needs. Products of like length share a run (little padding);
 * one that is too long alone is cut into pieces whose scores add up, because a linear model's scores are sums.
 *
 * @module
 */
import type { Encoded } from "../features/mod.ts";

/** Most cells (rows x length x classes) of one run; 4 bytes each inside the runtime. */
export const MAX_CELLS = 1 << 20;
/** Most products of one run. */
const MAX_ROWS = 64;

/** The table rows of one product and their weights. */
export interface SparseRow {
  readonly ids: Int32Array;
  readonly values: Float32Array;
}

/** One rectangle [rows, length], padded with id 0 and value 0. */
export interface Run {
  readonly ids: Int32Array;
  readonly values: Float32Array;
  readonly rows: number;
  readonly length: number;
  /** What each row is: a product's number, and whether it is that product's first piece. */
  readonly pieces: readonly { readonly product: number; readonly first: boolean }[];
}

/** The only row of `encoded`, without the buckets that the table has no row for. */
export function sparseRow(encoded: Encoded, rowOfBucket: Int32Array): SparseRow {
  const { indices, weights } = encoded;
  const ids = new Int32Array(indices.length), values = new Float32Array(indices.length);
  let size = 0;
  for (let i = 0; i < indices.length; i++) {
    const row = rowOfBucket[indices[i]!]!;
    if (row === 0) continue;
    ids[size] = row;
    values[size++] = weights[i]!;
  }
  return { ids: ids.subarray(0, size), values: values.subarray(0, size) };
}

/** Rectangles that hold every product of `rows` for a model of `classes`, the longest first. */
export function planRuns(
  rows: readonly SparseRow[],
  classes: number,
  maxCells: number = MAX_CELLS,
): Run[] {
  const longest = Math.max(1, Math.floor(maxCells / classes));
  const pieces = rows.flatMap((row, product) => {
    const cuts = Math.max(1, Math.ceil(row.ids.length / longest));
    return Array.from({ length: cuts }, (_, i) => {
      const from = i * longest, to = Math.min(row.ids.length, from + longest);
      return { product, first: i === 0, row, from, to };
    });
  });
  // Array.prototype.sort is stable: pieces of one product keep their order, and so does the sum
  pieces.sort((a, b) => (b.to - b.from) - (a.to - a.from));
  const runs: Run[] = [];
  for (let start = 0; start < pieces.length;) {
    const length = pieces[start]!.to - pieces[start]!.from;
    const room = Math.min(MAX_ROWS, Math.max(1, Math.floor(longest / Math.max(1, length))));
    const chosen = pieces.slice(start, start + room);
    const ids = new Int32Array(chosen.length * length);
    const values = new Float32Array(chosen.length * length);
    chosen.forEach(({ row, from, to }, r) => {
      ids.set(row.ids.subarray(from, to), r * length);
      values.set(row.values.subarray(from, to), r * length);
    });
    runs.push({ ids, values, rows: chosen.length, length, pieces: chosen });
    start += chosen.length;
  }
  return runs;
}
