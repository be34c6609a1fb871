/**
 * Where feature maps lie in an engine's memory, and the loops over them that are more than one kernel.
 *
 * @module
 */
import { type Kernels, MAX_ROWS, PANEL, UNROLL } from "./kernels.ts";

const FLOAT = 4;
/** Bytes of a left matrix that all panels read before the next part: they stay in the processor's nearest cache. */
const PART_BYTES = 1 << 17;

/** A picture of feature vectors, place by place, with zeros around it where a window will look beyond its edge. */
export interface FeatureMap {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Channels with padding: a multiple of {@linkcode PANEL}; what pads is 0. */
  readonly padded: number;
  readonly border: number;
  /** Address of the first byte, border included. */
  readonly address: number;
}

/** Bytes from one place to the next. */
export function placeBytes(map: FeatureMap): number {
  return map.padded * FLOAT;
}

/** Bytes from one row to the next. */
export function rowBytes(map: FeatureMap): number {
  return (map.width + 2 * map.border) * map.padded * FLOAT;
}

/** Bytes of the whole map. */
export function mapBytes(map: Omit<FeatureMap, "address">): number {
  return (map.height + 2 * map.border) * (map.width + 2 * map.border) * map.padded * FLOAT;
}

/** Address of a place; -border is the first row or column. */
export function addressAt(map: FeatureMap, y: number, x: number): number {
  return map.address + (y + map.border) * rowBytes(map) + (x + map.border) * placeBytes(map);
}

/** `count` rounded up to whole panels. */
export function panels(count: number): number {
  return Math.ceil(count / PANEL) * PANEL;
}

/** Rows of a left matrix as they lie in memory. */
export interface Rows {
  readonly address: number;
  /** Bytes from place to place, and from row to row. */
  readonly place: number;
  readonly row: number;
}

/** Weights as {@linkcode packProduct} lays them, their bias, and what the sums are clamped to. */
export interface Weights {
  readonly weights: number;
  readonly bias: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Weights [outputs, inputs] as the kernels read them: panel by panel, input by input, {@linkcode PANEL} outputs.
 *
 * @param length inputs with padding
 */
export function packProduct(
  weights: Float32Array,
  outputs: number,
  length: number,
): Float32Array<ArrayBuffer> {
  const inputs = weights.length / outputs;
  const out = new Float32Array(panels(outputs) * length);
  for (let o = 0; o < outputs; o++) {
    const panel = Math.floor(o / PANEL) * PANEL * length;
    for (let i = 0; i < inputs; i++) {
      out[panel + i * PANEL + o % PANEL] = weights[o * inputs + i]!;
    }
  }
  return out;
}

/** Weights [channels, taps] of windows over one channel each, panel by panel, tap by tap. */
export function packWindows(weights: Float32Array, channels: number): Float32Array<ArrayBuffer> {
  return packProduct(weights, channels, weights.length / channels);
}

/** Inputs of a product, padded to what one turn of the loop takes. */
export function turns(inputs: number): number {
  return Math.ceil(inputs / UNROLL) * UNROLL;
}

/**
 * Cost of an inner loop that makes so many places, by that number: more places share the weights that it loads. Measured;
 * only their ratios count.
 */
const LOOP_COST = [0, 0.6, 0.7, 0.8, 0.89, 1.03, 1.14] as const;

/** How many places the inner loops over a row of `places` make, so that all of them cost the least. */
export function blockOf(places: number): number {
  let best = 1, least = Infinity;
  for (let rows = Math.min(places, MAX_ROWS); rows > 0; rows--) {
    const cost = Math.floor(places / rows) * LOOP_COST[rows]! + LOOP_COST[places % rows]!;
    if (cost < least) [best, least] = [rows, cost];
  }
  return best;
}

/** to = clamp(bias + from x weights (+ residual)), for `rows` rows of `places`. */
export function multiply(
  kernels: Kernels,
  from: Rows,
  to: Rows,
  residual: Rows | null,
  by: Weights & { readonly inputs: number; readonly outputs: number },
  size: { readonly rows: number; readonly places: number },
): void {
  let { rows, places } = size;
  const dense = ({ place, row }: Rows) => row === place * places;
  // Without borders in between, all rows are one
  if (dense(from) && dense(to) && (residual === null || dense(residual))) {
    places *= rows;
    rows = 1;
  }
  const block = blockOf(places), kernel = residual === null ? kernels.products : kernels.sums;
  const whole = Math.floor(places / block), rest = places % block;
  const run = (n: number, blocks: number, startRow: number, lines: number, skipped: number) => {
    const at = (part: Rows) => part.address + startRow * part.row + skipped * part.place;
    const skip = (part: Rows) => part.row - n * blocks * part.place;
    for (let panel = 0; panel * PANEL < by.outputs; panel++) {
      const shift = panel * PANEL * FLOAT;
      kernel[n]!(
        at(from),
        by.weights + panel * PANEL * by.inputs * FLOAT,
        at(to) + shift,
        by.inputs * FLOAT,
        from.place,
        to.place,
        blocks,
        lines,
        skip(from),
        skip(to),
        by.bias + shift,
        residual === null ? 0 : at(residual) + shift,
        residual === null ? 0 : skip(residual),
        by.low,
        by.high,
      );
    }
  };
  if (rows === 1) {
    const part = Math.max(1, Math.floor(PART_BYTES / (block * from.place)));
    for (let done = 0; done < whole; done += part) {
      run(block, Math.min(part, whole - done), 0, 1, done * block);
    }
  } else {
    const part = Math.max(1, Math.floor(PART_BYTES / (places * from.place)));
    for (let row = 0; row < rows; row += part) {
      run(block, whole, row, Math.min(part, rows - row), 0);
    }
  }
  if (rest > 0) run(rest, 1, 0, rows, whole * block);
}
