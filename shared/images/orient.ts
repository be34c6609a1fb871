/**
 * Turns a picture upright as its EXIF orientation says: by our own code, so that no two decoders can differ in it.
 *
 * @module
 */
import type { Raster } from "./raster.ts";

/** `raster` turned by an EXIF orientation (1 to 8); itself where that is 1. */
export function orient(raster: Raster, orientation: number): Raster {
  if (orientation === 1) return raster;
  const { width, height, channels, data } = raster;
  // From 5 on rows are stored as columns.
  const sideways = orientation >= 5;
  const [outWidth, outHeight] = sideways ? [height, width] : [width, height];
  const out = new Uint8Array(data.length);
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
    for (let x = 0; x < outWidth; x++, source += right!) {
      for (let c = 0; c < channels; c++) out[at++] = data[source * channels + c]!;
    }
  }
  return { width: outWidth, height: outHeight, channels, data: out };
}
