/**
 * A convolution as steps of kernels: places as they are, windows over one channel, or windows laid out as rows.
 *
 * @module
 */
import {
  addressAt,
  blockOf,
  type FeatureMap,
  multiply,
  placeBytes,
  rowBytes,
  type Rows,
  type Weights,
} from "./feature_map.ts";
import type { Kernels } from "./kernels.ts";

const FLOAT = 4;

/** Where a convolution's windows stand. */
export interface Windows {
  readonly height: number;
  readonly width: number;
  readonly stride: number;
  readonly top: number;
  readonly left: number;
}

/** Pictures as they come: bytes [size, size, 3], and the float that each level of a channel stands for, [3][256]. */
export interface PixelSource {
  readonly size: number;
  readonly levels: readonly Float32Array[];
}

/** Everything of a map, as rows. */
export function rowsOf(map: FeatureMap): Rows {
  return { address: addressAt(map, 0, 0), place: placeBytes(map), row: rowBytes(map) };
}

/** Each place by itself (1 x 1). */
export function runPlaces(
  kernels: Kernels,
  from: FeatureMap,
  to: FeatureMap,
  residual: FeatureMap | null,
  weights: Weights,
): void {
  multiply(
    kernels,
    rowsOf(from),
    rowsOf(to),
    residual === null ? null : rowsOf(residual),
    { ...weights, inputs: from.padded, outputs: to.padded },
    { rows: to.height, places: to.width },
  );
}

/** Windows over one channel each (depthwise). */
export function runChannels(
  kernels: Kernels,
  from: FeatureMap,
  to: FeatureMap,
  windows: Windows,
  { weights, bias, low, high }: Weights,
): void {
  const { height, width, stride } = windows, place = placeBytes(from), row = rowBytes(from);
  const block = blockOf(to.width), whole = Math.floor(to.width / block), rest = to.width % block;
  const shape = { height, width, stride, place }, main = kernels.windows(shape, block);
  const last = rest === 0 ? null : kernels.windows(shape, rest);
  for (let y = 0; y < to.height; y++) {
    const a = addressAt(from, y * stride - windows.top, -windows.left), c = addressAt(to, y, 0);
    main(a, weights, bias, c, row, whole, low, high);
    if (last === null) continue;
    const done = whole * block * place;
    last(a + done * stride, weights, bias, c + done, row, 1, low, high);
  }
}

/** Room for one row of windows laid out: [width, inputs]. */
export interface Scratch {
  readonly address: number;
  /** Numbers of a window, with padding. */
  readonly inputs: number;
}

/** Windows over all channels: one row of them at a time is laid out as a matrix. */
export function runWindows(
  kernels: Kernels,
  lay: (y: number) => void,
  to: FeatureMap,
  residual: FeatureMap | null,
  weights: Weights,
  scratch: Scratch,
): void {
  const place = scratch.inputs * FLOAT;
  const from: Rows = { address: scratch.address, place, row: place * to.width };
  const all = rowsOf(to), more = residual === null ? null : rowsOf(residual);
  const by = { ...weights, inputs: scratch.inputs, outputs: to.padded };
  for (let y = 0; y < to.height; y++) {
    lay(y);
    const line = (rows: Rows): Rows => ({ ...rows, address: rows.address + y * rows.row });
    multiply(kernels, from, line(all), more === null ? null : line(more), by, {
      rows: 1,
      places: to.width,
    });
  }
}

/** Lays out row `y` of the windows over `from`: window rows are runs of places that lie side by side. */
export function layMap(
  memory: Float32Array,
  from: FeatureMap,
  to: FeatureMap,
  windows: Windows,
  scratch: Scratch,
  y: number,
): void {
  const run = windows.width * from.padded;
  for (let ky = 0; ky < windows.height; ky++) {
    const row = addressAt(from, y * windows.stride + ky - windows.top, -windows.left) / FLOAT;
    let at = scratch.address / FLOAT + ky * run;
    for (let x = 0; x < to.width; x++, at += scratch.inputs) {
      const start = row + x * windows.stride * from.padded;
      memory.copyWithin(at, start, start + run);
    }
  }
}

/** Room for one row of a picture as floats, with what the windows see beside it. */
export function pixelLine({ size }: PixelSource, to: FeatureMap, windows: Windows): Float32Array {
  const end = (to.width - 1) * windows.stride + windows.width;
  return new Float32Array(Math.max(end, size + windows.left) * 3);
}

/** Lays out row `y` of the windows over a picture; what lies beyond its edge is 0, as the operator says. */
export function layPixels(
  memory: Float32Array,
  line: Float32Array,
  pixels: Uint8Array,
  { size, levels }: PixelSource,
  to: FeatureMap,
  windows: Windows,
  scratch: Scratch,
  y: number,
): void {
  const [red, green, blue] = levels as [Float32Array, Float32Array, Float32Array];
  const run = windows.width * 3, step = windows.stride * 3;
  for (let ky = 0; ky < windows.height; ky++) {
    const py = y * windows.stride + ky - windows.top;
    if (py < 0 || py >= size) line.fill(0);
    else {
      let at = windows.left * 3;
      for (let from = py * size * 3; from < (py + 1) * size * 3; from += 3, at += 3) {
        line[at] = red[pixels[from]!]!;
        line[at + 1] = green[pixels[from + 1]!]!;
        line[at + 2] = blue[pixels[from + 2]!]!;
      }
    }
    let at = scratch.address / FLOAT + ky * run;
    for (let x = 0, from = 0; x < to.width; x++, from += step, at += scratch.inputs) {
      for (let i = 0; i < run; i++) memory[at + i] = line[from + i]!;
    }
  }
}
