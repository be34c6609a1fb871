/**
 * The resize in WebAssembly with 128-bit vectors; bit-equal to the plain twin, because both sum the same integers.
 *
 * Two source pixels (or rows) go into one multiplication of 16-bit pairs. Source rows come in strips, so that the
 * memory stays small however large the picture is.
 *
 * @module
 */
import { type Code, I32, op, V128, walk, type WasmFunction, wasmModule } from "../wasm_code.ts";
import { WEIGHT_BITS } from "./weights.ts";

/** Most memory, in pages of 64 KiB: a picture of 16,384 rows narrowed to 1,024 pixels needs 64 MiB. */
export const MAX_PAGES = 4_096;
/** Bytes of one output pixel's record: byte offset of its first source pixel (or row), pairs of them. */
export const RECORD_BYTES = 8;

/** The kernel's functions; every number is an address or a count of bytes. */
export interface ResizeKernel {
  /** ANDs all 16-byte vectors from `from` to `end` into the one at `out`. */
  and(from: number, end: number, out: number): void;
  /** Narrows source rows of three bytes a pixel; see `narrow4`. */
  narrow3: ResizeKernel["narrow4"];
  /**
   * Narrows source rows [from, end) of `rowBytes` to rows of `outBytes` (RGBA).
   *
   * @param records of the columns, up to `recordsEnd`; their weights are `weightBytes` apart
   */
  narrow4(
    from: number,
    end: number,
    rowBytes: number,
    out: number,
    outBytes: number,
    records: number,
    recordsEnd: number,
    weights: number,
    weightBytes: number,
  ): void;
  /** Sums narrowed rows (`rowBytes` each, a multiple of 16) to RGB rows of `outBytes`. */
  lower(
    from: number,
    rowBytes: number,
    out: number,
    outBytes: number,
    records: number,
    recordsEnd: number,
    weights: number,
    weightBytes: number,
  ): void;
}

/** Instantiates the kernel over `memory`, which may still grow. */
export function resizeKernel(memory: WebAssembly.Memory): ResizeKernel {
  const module = wasmModule(
    [andFunction(), narrowFunction(3), narrowFunction(4), lowerFunction()],
    MAX_PAGES,
  );
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return exports as unknown as ResizeKernel;
}

const add = (local: number, amount: Code): Code => [
  op.get(local),
  amount,
  op.i32Add,
  op.set(local),
];
const half: Code = [op.i32(1 << (WEIGHT_BITS - 1)), op.i32x4Splat];
const shifted = (sum: number): Code => [op.get(sum), op.i32(WEIGHT_BITS), op.i32x4ShrS];

function andFunction(): WasmFunction {
  const [from, end, out, all] = [0, 1, 2, 3];
  return {
    name: "and",
    params: [I32, I32, I32],
    locals: [V128],
    body: [
      [op.get(from), op.v128Load(0), op.set(all)],
      walk(from, end, 16, [op.get(all), op.get(from), op.v128Load(0), op.v128And, op.set(all)]),
      [op.get(out), op.get(all), op.v128Store(0)],
    ],
  };
}

/** r0 . r1 . g0 . g1 . ... as 16-bit numbers, of two pixels in the low bytes; 16 is a zero. */
const PIXEL_PAIR = {
  3: [0, 16, 3, 16, 1, 16, 4, 16, 2, 16, 5, 16, 16, 16, 16, 16],
  4: [0, 16, 4, 16, 1, 16, 5, 16, 2, 16, 6, 16, 3, 16, 7, 16],
} as const;

function narrowFunction(channels: 3 | 4): WasmFunction {
  const [from, end, rowBytes, out, outBytes, records, recordsEnd, weights, weightBytes] = [
    ...Array(9).keys(),
  ] as [number, number, number, number, number, number, number, number, number];
  const [record, rowWeights, weight, weightEnd, pixel, to, sum, zero] = [
    9,
    10,
    11,
    12,
    13,
    14,
    15,
    16,
  ];
  const pair: Code = [
    op.get(sum),
    [op.get(pixel), op.v128Load64Zero(0), op.get(zero), op.i8x16Shuffle(PIXEL_PAIR[channels])],
    [op.get(weight), op.v128Load32Splat(0), op.i32x4DotI16x8S],
    [op.i32x4Add, op.set(sum)],
    add(pixel, op.i32(2 * channels)),
  ];
  const outputPixel: Code = [
    [op.get(from), op.get(record), op.i32Load(0), op.i32Add, op.set(pixel)],
    [op.get(rowWeights), op.set(weight)],
    [op.get(weight), op.get(record), op.i32Load(4), op.i32(2), op.i32Shl, op.i32Add],
    op.set(weightEnd),
    [half, op.set(sum)],
    walk(weight, weightEnd, 4, pair),
    // Four 32-bit sums to four bytes.
    op.get(to),
    [shifted(sum), op.get(zero), op.i16x8NarrowS, op.get(zero), op.i8x16NarrowU],
    op.v128Store32Lane(0, 0),
    add(to, op.i32(4)),
    add(rowWeights, op.get(weightBytes)),
  ];
  const row: Code = [
    [op.get(records), op.set(record), op.get(weights), op.set(rowWeights)],
    [op.get(out), op.set(to)],
    walk(record, recordsEnd, RECORD_BYTES, outputPixel),
    add(out, op.get(outBytes)),
    add(from, op.get(rowBytes)),
  ];
  return {
    name: `narrow${channels}`,
    params: Array(9).fill(I32),
    locals: [I32, I32, I32, I32, I32, I32, V128, V128],
    body: [walk(from, end, 0, row)],
  };
}

/** Bytes of two rows side by side: the first and the last eight. */
const LOW = Array.from({ length: 16 }, (_, i) => (i >> 1) + (i & 1) * 16);
const HIGH = LOW.map((lane) => lane + 8);
/** Red, green and blue of four pixels; the last four bytes are written over by what comes next. */
const WITHOUT_ALPHA = [0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 3, 7, 11, 15];

function lowerFunction(): WasmFunction {
  const [from, rowBytes, out, outBytes, record, recordsEnd, weights, weightBytes] = [
    ...Array(8).keys(),
  ] as [number, number, number, number, number, number, number, number];
  const [weight, weightEnd, column, columnEnd, source, to] = [8, 9, 10, 11, 12, 13];
  const sums = [14, 15, 16, 17], [low, high] = [18, 19];
  const [upper, lower, two] = [20, 21, 22];
  const accumulate = (sum: number, bytes: number, extend: Code): Code => [
    [op.get(sum), op.get(bytes), extend, op.get(two), op.i32x4DotI16x8S, op.i32x4Add],
    op.set(sum),
  ];
  const pair: Code = [
    [op.get(source), op.v128Load(0), op.set(upper)],
    [op.get(source), op.get(rowBytes), op.i32Add, op.v128Load(0), op.set(lower)],
    [op.get(upper), op.get(lower), op.i8x16Shuffle(LOW), op.set(low)],
    [op.get(upper), op.get(lower), op.i8x16Shuffle(HIGH), op.set(high)],
    [op.get(weight), op.v128Load32Splat(0), op.set(two)],
    accumulate(sums[0]!, low, op.i16x8ExtendLowU),
    accumulate(sums[1]!, low, op.i16x8ExtendHighU),
    accumulate(sums[2]!, high, op.i16x8ExtendLowU),
    accumulate(sums[3]!, high, op.i16x8ExtendHighU),
    add(source, [op.get(rowBytes), op.i32(1), op.i32Shl]),
  ];
  const fourPixels: Code = [
    [op.get(column), op.set(source), op.get(weights), op.set(weight)],
    sums.map((sum) => [half, op.set(sum)]),
    walk(weight, weightEnd, 4, pair),
    op.get(to),
    [shifted(sums[0]!), shifted(sums[1]!), op.i16x8NarrowS],
    [shifted(sums[2]!), shifted(sums[3]!), op.i16x8NarrowS, op.i8x16NarrowU, op.set(low)],
    [op.get(low), op.get(low), op.i8x16Shuffle(WITHOUT_ALPHA), op.v128Store(0)],
    add(to, op.i32(12)),
  ];
  const outputRow: Code = [
    [op.get(from), op.get(record), op.i32Load(0), op.i32Add, op.set(column)],
    [op.get(column), op.get(rowBytes), op.i32Add, op.set(columnEnd)],
    [op.get(weights), op.get(record), op.i32Load(4), op.i32(2), op.i32Shl, op.i32Add],
    op.set(weightEnd),
    [op.get(out), op.set(to)],
    walk(column, columnEnd, 16, fourPixels),
    add(out, op.get(outBytes)),
    add(weights, op.get(weightBytes)),
  ];
  return {
    name: "lower",
    params: Array(8).fill(I32),
    locals: [I32, I32, I32, I32, I32, I32, ...Array(9).fill(V128)],
    body: [walk(record, recordsEnd, RECORD_BYTES, outputRow)],
  };
}
