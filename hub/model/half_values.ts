/**
 * Dense features as they are kept, in half precision: spelled out a row at a time, because at 85,000 pictures of 1,650
 * numbers a copy in single precision alone has 560 MB.
 *
 * A half has 65,536 values, so that a table says what each is worth, and what its root is.
 *
 * @module
 */
import { rootFeatures } from "./root_features.ts";

/** See the module's note. */
export interface HalfValues {
  readonly dims: number;
  /** Bits of the halves, [rows x dims]; may lie in memory that several threads share. */
  readonly bits: Uint16Array;
  /** Of the first so many numbers of a row the head reads the root ({@linkcode rootFeatures}). */
  readonly roots: number;
}

const HALVES = 65_536;

/** `values` as they are, of which a head reads roots of the first `roots` numbers of every row. */
export function halfValues(values: Float16Array, dims: number, roots: number): HalfValues {
  const bits = new Uint16Array(values.buffer, values.byteOffset, values.length);
  return { dims, bits, roots };
}

/** Reads row by row, into the same array each time. */
export function halfReader({ dims, bits, roots }: HalfValues): (row: number) => Float32Array {
  const plain = new Float32Array(
    new Float16Array(Uint16Array.from({ length: HALVES }, (_, i) => i).buffer),
  );
  const rooted = plain.slice();
  rootFeatures(rooted, HALVES, HALVES);
  const out = new Float32Array(dims);
  return (row) => {
    const from = row * dims;
    for (let d = 0; d < roots; d++) out[d] = rooted[bits[from + d]!]!;
    for (let d = roots; d < dims; d++) out[d] = plain[bits[from + d]!]!;
    return out;
  };
}
