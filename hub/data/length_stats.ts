/**
 * How long the texts of a column are.
 *
 * @module
 */

/** Lengths of one text column, in characters (UTF-16 units). */
export interface LengthStats {
  readonly column: string;
  readonly empty: number;
  readonly median: number;
  readonly p95: number;
  readonly max: number;
  /** Rows by length: bin `i` counts lengths from `2^i - 1` to `2^(i+1) - 2`; the last bin everything above. */
  readonly histogram: readonly number[];
}

const LENGTH_BINS = 16;

/** Sums up `lengths` of which there is one at least. */
export function lengthStats(column: string, lengths: readonly number[]): LengthStats {
  const sorted = Float64Array.from(lengths).sort();
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
  const histogram = new Array<number>(LENGTH_BINS).fill(0);
  let empty = 0;
  for (const length of lengths) {
    if (length === 0) empty++;
    histogram[Math.min(LENGTH_BINS - 1, Math.floor(Math.log2(length + 1)))]!++;
  }
  return { column, empty, median: at(0.5), p95: at(0.95), max: sorted.at(-1) ?? 0, histogram };
}
