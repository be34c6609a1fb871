/**
 * The resize through the vector kernel: one instance a thread, its memory grown as far as a picture needs.
 *
 * @module
 */
import { flattenOnWhite } from "./flatten.ts";
import { MAX_PAGES, RECORD_BYTES, type ResizeKernel, resizeKernel } from "./resize_kernel.ts";
import type { Resize } from "./to_pixels.ts";
import { type AxisWeights, axisWeights } from "./weights.ts";

const PAGE = 65_536;
/** Bytes of source rows in the kernel's memory at a time: they stay in the processor's second cache. */
const STRIP_BYTES = 1 << 18;
/** Room for vectors that reach beyond the last pixel. */
const SLACK = 64;
/** Pairs of sizes whose weights are kept: catalogues have pictures of a few sizes. */
const KEPT_WEIGHTS = 64;

/** A {@linkcode Resize} with a kernel of its own. */
export function fastResize(): Resize {
  const memory = new WebAssembly.Memory({ initial: 16, maximum: MAX_PAGES, shared: true });
  const kernel = resizeKernel(memory);
  const weightsOf = keptWeights();
  return (raster, width, height) => {
    const { data, channels } = raster;
    const columns = weightsOf(raster.width, width), rows = weightsOf(raster.height, height);
    const rowBytes = raster.width * channels;
    const stripRows = Math.max(1, Math.floor(STRIP_BYTES / rowBytes));
    const narrowBytes = (width * 4 + 15) & ~15;
    // Layout of the memory, each part at a multiple of 16.
    let top = SLACK;
    const take = (bytes: number) => {
      const address = top;
      top = (top + bytes + SLACK + 15) & ~15;
      return address;
    };
    const columnTable = take(tableBytes(columns)), rowTable = take(tableBytes(rows));
    const strip = take(stripRows * rowBytes);
    // One row more: the second of a last, half pair.
    const narrow = take((raster.height + 1) * narrowBytes);
    const out = take(width * height * 3);
    const missing = Math.ceil(top / PAGE) - memory.buffer.byteLength / PAGE;
    if (missing > 0) memory.grow(missing);
    const bytes = new Uint8Array(memory.buffer);

    const across = writeTable(memory, columnTable, columns, channels);
    const down = writeTable(memory, rowTable, rows, narrowBytes);
    for (let y = 0; y < raster.height; y += stripRows) {
      const part = data.subarray(y * rowBytes, (y + stripRows) * rowBytes);
      bytes.set(part, strip);
      if (channels === 4) flattenStrip(kernel, bytes, strip, part.length);
      kernel[channels === 4 ? "narrow4" : "narrow3"](
        strip,
        strip + part.length,
        rowBytes,
        narrow + y * narrowBytes,
        narrowBytes,
        columnTable,
        columnTable + width * RECORD_BYTES,
        across,
        columns.stride * 2,
      );
    }
    kernel.lower(
      narrow,
      narrowBytes,
      out,
      width * 3,
      rowTable,
      rowTable + height * RECORD_BYTES,
      down,
      rows.stride * 2,
    );
    return new Uint8Array(bytes.subarray(out, out + width * height * 3));
  };
}

/** Lays what is transparent on white; photographs are not, which the kernel sees fast. */
function flattenStrip(kernel: ResizeKernel, bytes: Uint8Array, at: number, length: number): void {
  const end = at + length;
  bytes.fill(255, end, end + 16);
  kernel.and(at, end, end + 16);
  const opaque = [3, 7, 11, 15].every((i) => bytes[end + 16 + i] === 255);
  if (!opaque) flattenOnWhite(bytes.subarray(at, end));
}

function tableBytes({ first, weights }: AxisWeights): number {
  return first.length * RECORD_BYTES + weights.byteLength;
}

/** Writes records and weights; the address of the weights. @param unit bytes from one source pixel (or row) to the next */
function writeTable(
  memory: WebAssembly.Memory,
  address: number,
  { first, count, weights }: AxisWeights,
  unit: number,
): number {
  const records = new Int32Array(memory.buffer, address, first.length * 2);
  for (let i = 0; i < first.length; i++) {
    records[2 * i] = first[i]! * unit;
    records[2 * i + 1] = (count[i]! + 1) >> 1;
  }
  const at = address + records.byteLength;
  new Int16Array(memory.buffer, at, weights.length).set(weights);
  return at;
}

function keptWeights(): (from: number, to: number) => AxisWeights {
  const kept = new Map<string, AxisWeights>();
  return (from, to) => {
    const key = `${from} ${to}`;
    let weights = kept.get(key);
    if (weights === undefined) {
      if (kept.size >= KEPT_WEIGHTS) kept.delete(kept.keys().next().value!);
      kept.set(key, weights = axisWeights(from, to));
    }
    return weights;
  };
}
