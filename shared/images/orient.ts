/**
 * Turns a picture upright as its EXIF orientation says: by our own code, so that no two decoders can differ in it.
 *
 * @module
 */
import type { Raster } from "./raster.ts";

/** `raster` turned by an EXIF orientation (1 to 8); itself where that is 1. */
export function orient(raster: Raster, orientation: number): Raster {
  if (orientation === 1) return raster;
  const { width, height } = raster;
  // From 5 on rows are stored as columns.
  const sideways = orientation >= 5;
  const [outWidth, outHeight] = sideways ? [height, width] : [width, height];
  const from = pixels(raster.data);
  const to = new Uint32Array(width * height);
  // Where the first pixel comes from, and how far a step right and a step down go in the source.
  const last = width * height - 1;
  const [start, right, down] = {
    2: [width - 1, -1, width],
    3: [last, -1, -width],
    4: [last - width + 1, 1, -width],
    5: [0, width, 1],
    6: [last - width + 1, -width, 1],
    7: [last, -width, -1],
    8: [width - 1, width, -1],
  }[orientation]!;
  for (let y = 0, at = 0; y < outHeight; y++) {
    let source = start! + y * down!;
    for (let x = 0; x < outWidth; x++, source += right!) to[at++] = from[source]!;
  }
  return { width: outWidth, height: outHeight, data: new Uint8Array(to.buffer) };
}

/** Four bytes as one number; copied where they do not lie at a multiple of 4. */
function pixels(data: Raster["data"]): Uint32Array {
  const bytes = data.byteOffset % 4 === 0 ? data : data.slice();
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}
