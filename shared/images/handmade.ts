/**
 * Features of a picture that need no network: what stands where, in which colours, with which edges.
 *
 * They know what an encoder forgets by design (place, exact colour), cost under a millisecond and never change with a
 * retraining. All sums are of whole numbers below 2^53, so that no order of adding changes a bit; what follows is
 * division and square root, which IEEE 754 rounds exactly: every machine gives the same bits.
 *
 * | block | numbers | what |
 * | --- | --- | --- |
 * | thumbnail | 8 x 8 x 3 | mean of red, green and blue in each cell, 0 to 1 |
 * | colours | 4 x 4 x 4 | root of the share of the pixels with that colour |
 * | edges | 8 x 8 x 9 | root of the gradient's strength by direction in each cell, the cell's length made 1 |
 *
 * Edges are the histograms of oriented gradients of Dalal and Triggs (CVPR 2005) without overlapping blocks, which made
 * them three times as many and no better (docs/study.md).
 *
 * @module
 */

/** Cells along each side. */
const CELLS = 8;
/** Levels of each channel in the colour histogram: its two highest bits. */
const LEVEL_BITS = 2;
/** Directions of edges over half a turn: light on the left or on the right is the same edge. */
const DIRECTIONS = 9;
/** Directions k x 20 degrees in 4096ths, the last one half a turn from the first. */
const AXIS_X = Int32Array.of(4096, 3849, 3138, 2048, 711, -711, -2048, -3138, -3849, -4096);
const AXIS_Y = Int32Array.of(0, 1401, 2633, 3547, 4034, 4034, 3547, 2633, 1401, 0);
/** Sine of the angle between neighbours in the same units: what a component along them is divided by. */
const SINE = 1401;
/** Grey levels a pixel that a cell's edges must exceed to count fully: flat cells stay near 0. */
const FLAT = 1;

const THUMBNAIL = CELLS * CELLS * 3;
const COLOURS = 1 << (3 * LEVEL_BITS);
const EDGES = CELLS * CELLS * DIRECTIONS;

/** Version and number of the {@linkcode handmadeFeatures}. */
export const HANDMADE = { version: 1, dims: THUMBNAIL + COLOURS + EDGES } as const;

/**
 * Hand-made features of one picture, from 0 to 1.
 *
 * @param pixels [size, size, 3], as `toPixels` gives them
 * @param size   at least 8
 * @returns [HANDMADE.dims]
 */
export function handmadeFeatures(pixels: Uint8Array, size: number): Float32Array {
  if (size < CELLS || pixels.length !== size * size * 3) {
    throw new RangeError(
      `Cannot describe a picture: size must be at least ${CELLS} and give the number of its bytes: ` +
        `current value is ${size} for ${pixels.length} bytes`,
    );
  }
  const out = new Float32Array(HANDMADE.dims);
  const cellOf = cells(size);
  thumbnailAndColours(pixels, size, cellOf, out);
  edges(pixels, size, cellOf, out.subarray(THUMBNAIL + COLOURS));
  return out;
}

/** Cell of each pixel along one side; cells differ by at most one pixel. */
function cells(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, at) => Math.floor(at * CELLS / size));
}

function thumbnailAndColours(
  pixels: Uint8Array,
  size: number,
  cellOf: Uint8Array,
  out: Float32Array,
): void {
  const sums = new Float64Array(THUMBNAIL), counts = new Float64Array(CELLS * CELLS);
  const colours = new Float64Array(COLOURS), low = 8 - LEVEL_BITS;
  for (let y = 0, at = 0; y < size; y++) {
    const row = cellOf[y]! * CELLS;
    for (let x = 0; x < size; x++, at += 3) {
      const cell = row + cellOf[x]!;
      const red = pixels[at]!, green = pixels[at + 1]!, blue = pixels[at + 2]!;
      counts[cell]!++;
      sums[cell * 3]! += red;
      sums[cell * 3 + 1]! += green;
      sums[cell * 3 + 2]! += blue;
      const levels = ((red >> low) << LEVEL_BITS | (green >> low)) << LEVEL_BITS | (blue >> low);
      colours[levels]!++;
    }
  }
  sums.forEach((sum, i) => out[i] = sum / (255 * counts[Math.floor(i / 3)]!));
  colours.forEach((count, i) => out[THUMBNAIL + i] = Math.sqrt(count / (size * size)));
}

/** Strengths by cell and direction; pixels at the border have no gradient. */
function edges(pixels: Uint8Array, size: number, cellOf: Uint8Array, out: Float32Array): void {
  const grey = new Int16Array(size * size); // red + green + blue
  for (let i = 0, at = 0; i < grey.length; i++, at += 3) {
    grey[i] = pixels[at]! + pixels[at + 1]! + pixels[at + 2]!;
  }
  const sums = new Float64Array(EDGES), counts = new Float64Array(CELLS * CELLS);
  for (let y = 0; y < size; y++) {
    const row = cellOf[y]! * CELLS;
    for (let x = 0; x < size; x++) {
      const cell = row + cellOf[x]!;
      counts[cell]!++;
      if (x === 0 || y === 0 || x === size - 1 || y === size - 1) continue;
      const at = y * size + x;
      let gx = grey[at + 1]! - grey[at - 1]!, gy = grey[at + size]! - grey[at - size]!;
      if (gx === 0 && gy === 0) continue;
      if (gy < 0 || gy === 0 && gx < 0) {
        gx = -gx;
        gy = -gy;
      }
      // The gradient as a sum of the two directions that it lies between
      let k = 0;
      while (k < DIRECTIONS - 1 && AXIS_X[k + 1]! * gy >= AXIS_Y[k + 1]! * gx) k++;
      const next = k + 1 === DIRECTIONS ? 0 : k + 1, from = cell * DIRECTIONS;
      sums[from + k]! += gx * AXIS_Y[k + 1]! - gy * AXIS_X[k + 1]!;
      sums[from + next]! += gy * AXIS_X[k]! - gx * AXIS_Y[k]!;
    }
  }
  for (let cell = 0; cell < CELLS * CELLS; cell++) {
    // Sums are in thirds of a grey level times SINE; now mean grey levels a pixel
    const unit = 3 * SINE * counts[cell]!;
    let squares = FLAT * FLAT;
    const from = cell * DIRECTIONS;
    for (let k = 0; k < DIRECTIONS; k++) {
      const strength = sums[from + k]! / unit;
      squares += strength * strength;
    }
    const length = Math.sqrt(squares);
    for (let k = 0; k < DIRECTIONS; k++) {
      out[from + k] = Math.sqrt(Math.max(0, sums[from + k]! / unit / length));
    }
  }
}
