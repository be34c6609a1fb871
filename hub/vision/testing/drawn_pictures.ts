/**
 * Drawn pictures that a small network can tell apart: stripes across, stripes down, and a spot, in any colours.
 *
 * @module
 */
import { rng } from "@aisle/shared/random";

/** Pictures with their classes. */
export interface DrawnPictures {
  /** [rows,S,S,3] */
  readonly pixels: Uint8Array<ArrayBuffer>;
  readonly size: number;
  readonly count: number;
  readonly labels: Int32Array;
  readonly classes: number;
  /** One of its own for every row. */
  readonly groups: readonly string[];
  pixelsOf(row: number): Uint8Array;
}

/** `rows` pictures of the three classes in turn. */
export function drawnPictures(rows: number, seed: number, size = 16): DrawnPictures {
  const random = rng(seed), pixels = new Uint8Array(rows * size * size * 3);
  const labels = Int32Array.from({ length: rows }, (_, i) => i % 3);
  for (let row = 0; row < rows; row++) {
    const phase = Math.floor(random() * 4), half = size / 2 + random() * 4 - 2;
    const colours = [0, 1, 2].map(() => [60 * random(), 160 + 95 * random()]);
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        const along = labels[row] === 0 ? y : x;
        const lit = labels[row] === 2
          ? (x - half) ** 2 + (y - half) ** 2 < (size / 4) ** 2
          : ((along + phase) >> 1) % 2 === 0;
        const at = ((row * size + y) * size + x) * 3;
        for (let c = 0; c < 3; c++) pixels[at + c] = colours[c]![Number(lit)]! + 20 * random();
      }
    }
  }
  const groups = Array.from(labels, (_, i) => `picture ${i}`);
  const length = size * size * 3;
  const pixelsOf = (row: number) => pixels.subarray(row * length, (row + 1) * length);
  return { pixels, size, count: rows, labels, classes: 3, groups, pixelsOf };
}
