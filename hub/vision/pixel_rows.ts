/**
 * Rows of decoded pictures as a network's batches.
 *
 * @module
 */
import { augment, type AugmentSettings } from "../training/network/mod.ts";
import { CNN_BATCH } from "./cnn.ts";
import type { PictureRows } from "./learn.ts";

/** Pictures of one size and what is known of them. */
export interface PixelRows extends Omit<PictureRows, "batch"> {
  /** Pixels [S,S,3] of a row. */
  readonly pixelsOf: (row: number) => Uint8Array;
  readonly size: number;
  /** How pictures vary while training. */
  readonly variation: AugmentSettings;
}

/** Batches of pixels, each variant drawn anew. */
export function pixelRows({ pixelsOf, size, variation, ...rows }: PixelRows): PictureRows {
  const length = size * size * 3;
  return {
    ...rows,
    batch(picked, random) {
      const data = new Uint8Array(picked.length * length);
      picked.forEach((row, i) => {
        const picture = pixelsOf(row);
        data.set(random ? augment(picture, size, variation, random) : picture, i * length);
      });
      return { [CNN_BATCH.pixels]: { shape: [picked.length, size, size, 3], data } };
    },
  };
}
