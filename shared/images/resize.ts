/**
 * The resize, plainly: the twin that the vector kernel is held against.
 *
 * Rows first, then columns, each rounded to a byte; red, green and blue alike. Alpha has been flattened before.
 *
 * @module
 */
import type { Raster } from "./raster.ts";
import { type AxisWeights, WEIGHT_BITS } from "./weights.ts";

const HALF = 1 << (WEIGHT_BITS - 1);

/**
 * Resizes pixels to RGB.
 *
 * @param raster opaque
 * @returns [rows.first.length, columns.first.length, 3]
 */
export function resizePlain(
  { data, width, height, channels }: Raster,
  columns: AxisWeights,
  rows: AxisWeights,
): Uint8Array<ArrayBuffer> {
  const outWidth = columns.first.length, outHeight = rows.first.length;
  const narrow = new Uint8Array(height * outWidth * 3); // [height, outWidth, 3]
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < outWidth; x++) {
      for (let c = 0; c < 3; c++) {
        let sum = HALF;
        for (let i = 0; i < columns.count[x]!; i++) {
          const weight = columns.weights[x * columns.stride + i]!;
          sum += weight * data[(y * width + columns.first[x]! + i) * channels + c]!;
        }
        narrow[(y * outWidth + x) * 3 + c] = byte(sum);
      }
    }
  }
  const out = new Uint8Array(outHeight * outWidth * 3);
  for (let y = 0; y < outHeight; y++) {
    for (let x = 0; x < outWidth * 3; x++) {
      let sum = HALF;
      for (let i = 0; i < rows.count[y]!; i++) {
        const weight = rows.weights[y * rows.stride + i]!;
        sum += weight * narrow[(rows.first[y]! + i) * outWidth * 3 + x]!;
      }
      out[y * outWidth * 3 + x] = byte(sum);
    }
  }
  return out;
}

/** Weights are not negative and sum to 2^14: no sum leaves 0 to 255. */
function byte(sum: number): number {
  return sum >> WEIGHT_BITS;
}
