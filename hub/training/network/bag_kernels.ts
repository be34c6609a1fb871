/**
 * Sums over rows of a table, and gradients spread back over them: the two walks of a bag of embeddings, with 128-bit
 * vectors, and their plain twin with the same bits.
 *
 * @module
 */
import {
  type Code,
  F32,
  I32,
  op,
  V128,
  walk,
  type WasmFunction,
  wasmModule,
} from "@aisle/shared/wasm_code";
import type { FixedMemory } from "./fixed_memory.ts";

/** See the module's note. Rows are `width` floats; arrays must lie in the kernels' memory. */
export interface BagKernels {
  /** `out` (one row) = `share` times the sum of the rows `rows[from..to)` of `table`. */
  gather(table: Float32Array, rows: Int32Array, part: BagPart, out: Float32Array): void;
  /** Adds `share` times `gradient` (one row) to each of the rows `rows[from..to)` of `sums`. */
  spread(sums: Float32Array, rows: Int32Array, part: BagPart, gradient: Float32Array): void;
}

/** Which of the listed rows make up a bag, and what each counts. */
export interface BagPart {
  readonly from: number;
  readonly to: number;
  readonly share: number;
}

/** Makes kernels for rows of `width` floats over `memory`. */
export type MakeBagKernels = (width: number, memory: FixedMemory) => BagKernels;

/** The plain twin. */
export const plainBagKernels: MakeBagKernels = (width) => {
  const f = Math.fround;
  return {
    gather(table, rows, { from, to, share }, out) {
      const part = f(share);
      for (let k = 0; k < width; k++) {
        let sum = 0;
        for (let i = from; i < to; i++) sum = f(sum + table[rows[i]! * width + k]!);
        out[k] = f(sum * part);
      }
    },
    spread(sums, rows, { from, to, share }, gradient) {
      const part = f(share);
      for (let k = 0; k < width; k++) {
        const term = f(gradient[k]! * part);
        for (let i = from; i < to; i++) sums[rows[i]! * width + k]! += term;
      }
    },
  };
};

/** Vectors that stay in registers during one walk over the rows; x64 has 16 registers. */
const QUADS = 8;
/** The width must be a multiple of this many floats. */
const WIDTH_STEP = 4;

type Walk = (base: number, from: number, to: number, row: number, share: number) => void;

/** The kernels. @throws RangeError where the width is no multiple of {@linkcode WIDTH_STEP} */
export const bagKernels: MakeBagKernels = (width, { memory, pages }) => {
  if (!(width > 0 && width % WIDTH_STEP === 0)) {
    throw new RangeError(
      `Cannot make a sparse bag: its width must be a multiple of ${WIDTH_STEP}: current value is ${width}`,
    );
  }
  const functions = [walkFunction("gather", width), walkFunction("spread", width)];
  const module = wasmModule(functions, pages, { shared: false });
  const exports = new WebAssembly.Instance(module, { env: { memory } }).exports;
  const { gather, spread } = exports as Record<"gather" | "spread", Walk>;
  const address = (rows: Int32Array, i: number) => rows.byteOffset + i * 4;
  const run = (walk: Walk): BagKernels["gather"] => (base, rows, { from, to, share }, row) =>
    walk(base.byteOffset, address(rows, from), address(rows, to), row.byteOffset, share);
  return { gather: run(gather), spread: run(spread) };
};

const range = (count: number) => Array.from({ length: count }, (_, i) => i);
const BASE = 0,
  FROM = 1,
  TO = 2,
  ROW = 3,
  SHARE = 4,
  CURSOR = 5,
  ADDRESS = 6,
  FIRST = 8,
  FACTOR = 7;

/** Walks over the row numbers once for each {@linkcode QUADS} vectors of the width. */
function walkFunction(name: "gather" | "spread", width: number): WasmFunction {
  const rowBytes = width * 4, quads = width / 4;
  const findRow: Code = [
    [op.get(BASE), op.get(CURSOR), op.i32Load(0), op.i32(rowBytes), op.i32Mul, op.i32Add],
    op.set(ADDRESS),
  ];
  const chunks = range(Math.ceil(quads / QUADS)).map((chunk) => {
    const first = chunk * QUADS, mine = range(Math.min(QUADS, quads - first));
    const at = (q: number) => (first + q) * 16;
    const walkRows = (body: Code): Code => [
      [op.get(FROM), op.set(CURSOR)],
      walk(CURSOR, TO, 4, [findRow, body]),
    ];
    const scaled = (value: Code): Code => [value, op.get(FACTOR), op.f32x4Mul];
    if (name === "gather") {
      return [
        mine.map((q) => [op.f32(0), op.f32x4Splat, op.set(FIRST + q)]),
        walkRows(mine.map((q) => [
          [op.get(FIRST + q), op.get(ADDRESS), op.v128Load(at(q)), op.f32x4Add],
          op.set(FIRST + q),
        ])),
        mine.map((q) => [op.get(ROW), scaled(op.get(FIRST + q)), op.v128Store(at(q))]),
      ];
    }
    return [
      mine.map((q) => [scaled([op.get(ROW), op.v128Load(at(q))]), op.set(FIRST + q)]),
      walkRows(mine.map((q) => [
        [op.get(ADDRESS), op.get(ADDRESS), op.v128Load(at(q)), op.get(FIRST + q), op.f32x4Add],
        op.v128Store(at(q)),
      ])),
    ];
  });
  return {
    name,
    params: [I32, I32, I32, I32, F32],
    locals: [I32, I32, V128, ...range(QUADS).map(() => V128)],
    body: [[op.get(SHARE), op.f32x4Splat, op.set(FACTOR)], chunks],
  };
}
