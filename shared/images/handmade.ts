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
/** The direction after each: the last is followed by the first. */
const NEXT = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 0);
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
  const bounds = cellBounds(size);
  thumbnailAndColours(pixels, size, bounds, out);
  edges(pixels, size, bounds, out.subarray(THUMBNAIL + COLOURS));
  return out;
}

/** First pixel of each cell along one side, and the end of the last; cells differ by at most one pixel. */
function cellBounds(size: number): Int32Array {
  return Int32Array.from({ length: CELLS + 1 }, (_, cell) => Math.ceil(cell * size / CELLS));
}

function thumbnailAndColours(
  pixels: Uint8Array,
  size: number,
  bounds: Int32Array,
  out: Float32Array,
): void {
  const sums = new Float64Array(THUMBNAIL), colours = new Int32Array(COLOURS), low = 8 - LEVEL_BITS;
  for (let y = 0, row = 0; y < size; y++) {
    if (y === bounds[row + 1]) row++;
    for (let column = 0; column < CELLS; column++) {
      let reds = 0, greens = 0, blues = 0;
      const end = (y * size + bounds[column + 1]!) * 3;
      for (let at = (y * size + bounds[column]!) * 3; at < end; at += 3) {
        const red = pixels[at]!, green = pixels[at + 1]!, blue = pixels[at + 2]!;
        reds += red;
        greens += green;
        blues += blue;
        colours[((red >> low) << LEVEL_BITS | green >> low) << LEVEL_BITS | blue >> low]!++;
      }
      const cell = (row * CELLS + column) * 3;
      sums[cell]! += reds;
      sums[cell + 1]! += greens;
      sums[cell + 2]! += blues;
    }
  }
  for (let i = 0; i < THUMBNAIL; i++) {
    out[i] = sums[i]! / (255 * pixelsOf(Math.floor(i / 3), bounds));
  }
  for (let i = 0; i < COLOURS; i++) {
    out[THUMBNAIL + i] = Math.sqrt(colours[i]! / (size * size));
  }
}

/** Pixels of a cell. */
function pixelsOf(cell: number, bounds: Int32Array): number {
  const row = Math.floor(cell / CELLS), column = cell % CELLS;
  return (bounds[row + 1]! - bounds[row]!) * (bounds[column + 1]! - bounds[column]!);
}

/** Strengths by cell and direction; pixels at the border have no gradient. */
function edges(pixels: Uint8Array, size: number, bounds: Int32Array, out: Float32Array): void {
  const grey = new Int32Array(size * size); // red + green + blue
  for (let i = 0, at = 0; i < grey.length; i++, at += 3) {
    grey[i] = pixels[at]! + pixels[at + 1]! + pixels[at + 2]!;
  }
  const sums = new Float64Array(EDGES);
  for (let y = 1, row = 0; y < size - 1; y++) {
    if (y === bounds[row + 1]) row++;
    for (let column = 0; column < CELLS; column++) {
      const from = (row * CELLS + column) * DIRECTIONS;
      const end = y * size + Math.min(bounds[column + 1]!, size - 1);
      for (let at = y * size + Math.max(bounds[column]!, 1); at < end; at++) {
        const right = grey[at + 1]! - grey[at - 1]!, down = grey[at + size]! - grey[at - size]!;
        if (right === 0 && down === 0) continue;
        // Turned to the half from 0 to 180 degrees: differences are below 2048. No branch, for they go either way
        const turn = (down * 2048 + right) >> 31;
        const gx = (right ^ turn) - turn, gy = (down ^ turn) - turn;
        // The gradient as a sum of the two directions that it lies between, these found by halves
        let k = ~((AXIS_X[4]! * gy - AXIS_Y[4]! * gx) >> 31) & 4;
        k += ~((AXIS_X[k + 2]! * gy - AXIS_Y[k + 2]! * gx) >> 31) & 2;
        k += ~((AXIS_X[k + 1]! * gy - AXIS_Y[k + 1]! * gx) >> 31) & 1;
        k += ~((AXIS_X[k + 1]! * gy - AXIS_Y[k + 1]! * gx) >> 31) & (k + 1 >> 3);
        const next = NEXT[k]!;
        sums[from + k]! += gx * AXIS_Y[k + 1]! - gy * AXIS_X[k + 1]!;
        sums[from + next]! += gy * AXIS_X[k]! - gx * AXIS_Y[k]!;
      }
    }
  }
  for (let cell = 0; cell < CELLS * CELLS; cell++) {
    // Sums are in thirds of a grey level times SINE; now mean grey levels a pixel
    const unit = 3 * SINE * pixelsOf(cell, bounds);
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
