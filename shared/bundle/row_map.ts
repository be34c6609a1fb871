/**
 * Which hashed buckets have weights, and in which row of the table: a bitmap, one bit a bucket.
 *
 * A bucket whose weights are all zero adds nothing to any score, so the table leaves its row out. The rows that
 * stay keep the order of their buckets; row 0 is all zero and stands for padding, so the first bucket kept has row 1.
 *
 * @module
 */
import { AppError } from "../errors.ts";

/** The bitmap of `kept`, one entry a bucket. */
export function rowMapToBytes(kept: ArrayLike<boolean | number>): Uint8Array<ArrayBuffer> {
  const bits = new Uint8Array(Math.ceil(kept.length / 8));
  for (let i = 0; i < kept.length; i++) if (kept[i]) bits[i >> 3]! |= 1 << (i & 7);
  return bits;
}

/**
 * Row of the weight table by bucket, 0 for a bucket without weights.
 *
 * @throws {AppError} `bundle-invalid` when the bitmap is not one of `buckets` bits with `rows` - 1 set
 */
export function rowMapFromBytes(bits: Uint8Array, buckets: number, rows: number): Int32Array {
  if (bits.length !== Math.ceil(buckets / 8)) {
    throw new AppError(
      "bundle-invalid",
      `Cannot open the bundle: the row map must have ${buckets} bits: current size is ${bits.length} bytes`,
    );
  }
  const map = new Int32Array(buckets);
  let next = 1;
  for (let i = 0; i < buckets; i++) if (bits[i >> 3]! & 1 << (i & 7)) map[i] = next++;
  for (let i = buckets; i < bits.length * 8; i++) {
    if (bits[i >> 3]! & 1 << (i & 7)) {
      throw new AppError(
        "bundle-invalid",
        "Cannot open the bundle: the row map names a bucket too many",
      );
    }
  }
  if (next !== rows) {
    throw new AppError(
      "bundle-invalid",
      `Cannot open the bundle: the row map must name ${rows - 1} buckets: current value is ${
        next - 1
      }`,
    );
  }
  return map;
}
