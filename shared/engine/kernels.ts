/**
 * The loops that cost time, in WebAssembly with 128-bit vectors: products of matrices, and windows over one channel.
 *
 * Feature maps lie place by place, the channels of a place side by side, a multiple of eight of them. Weights are
 * packed so that the loops read them in one go. Where the machine can multiply and add in one step it does, which
 * rounds once instead of twice: two machines may differ in the last bits, as they do with any runtime.
 *
 * @module
 */
import { type Code, F32, I32, op, V128, type WasmFunction, wasmModule } from "../wasm_code.ts";

/** Channels that one inner loop makes: two vectors. */
export const PANEL = 8;
/** Inputs that one turn of a loop takes: rows of a left matrix are padded to a multiple of it. */
export const UNROLL = 4;
/** Places that one inner loop makes at most: with the panel they fill the sixteen vector registers. */
export const MAX_ROWS = 6;
const FLOAT = 4;

/** Addresses and distances are bytes. */
export type Kernel = (...numbers: number[]) => void;

/** The kernels over one memory. */
export interface Kernels {
  /**
   * Makes one panel of channels for `rows` x `blocks` x R places: c = clamp(bias + a w (+ residual)).
   *
   * (a, w, c, inputs, placeA, placeC, blocks, rows, skipA, skipC, bias, residual, skipResidual, low, high); `inputs` is
   * the length of a row of a; the skips are what is between the last place of a row and the first of the next. Number R
   * by number, from 1 to {@linkcode MAX_ROWS}; entry 0 is none.
   */
  readonly products: readonly (Kernel | null)[];
  /** The same plus what lies at `residual`, laid out like c. */
  readonly sums: readonly (Kernel | null)[];
  /**
   * Windows over one channel each, `blocks` times so many places of one row: (a, w, bias, c, rowA, blocks, low, high).
   *
   * @param places at most {@linkcode MAX_ROWS}
   */
  windows(shape: WindowShape, places: number): Kernel;
}

/** What a kernel for windows is made for. */
export interface WindowShape {
  readonly height: number;
  readonly width: number;
  readonly stride: number;
  /** Bytes from one place to the next, of both maps. */
  readonly place: number;
}

/** Largest memory of an engine, in pages of 64 KiB: 1 GiB. */
const MAX_PAGES = 16_384;

/** A memory for {@linkcode openKernels}. */
export function kernelMemory(): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: 16, maximum: MAX_PAGES });
}

/** Kernels over `memory`. @param fused whether to multiply and add in one step; for tests */
export function openKernels(memory: WebAssembly.Memory, fused = canFuse()): Kernels {
  const numbers = Array.from({ length: MAX_ROWS }, (_, i) => i + 1);
  const matrix = instance(
    numbers.flatMap((
      rows,
    ) => [productKernel(rows, false, fused), productKernel(rows, true, fused)]),
    memory,
  );
  const windows = new Map<string, Kernel>();
  return {
    products: [null, ...numbers.map((rows) => matrix[`product${rows}`]!)],
    sums: [null, ...numbers.map((rows) => matrix[`sum${rows}`]!)],
    windows(shape, places) {
      const key = [shape.height, shape.width, shape.stride, shape.place, places].join(" ");
      let kernel = windows.get(key);
      if (kernel === undefined) {
        kernel = instance([windowKernel(shape, places, fused)], memory)[`windows${places}`]!;
        windows.set(key, kernel);
      }
      return kernel;
    },
  };
}

function instance(
  functions: readonly WasmFunction[],
  memory: WebAssembly.Memory,
): Readonly<Record<string, Kernel>> {
  const module = wasmModule(functions, MAX_PAGES, { shared: false });
  return new WebAssembly.Instance(module, { env: { memory } }).exports as Record<string, Kernel>;
}

/** Whether this machine's WebAssembly has relaxed vectors. */
function canFuse(): boolean {
  try {
    const sum: WasmFunction = {
      name: "sum",
      params: [],
      locals: [V128],
      body: [op.get(0), op.get(0), op.get(0), op.f32x4RelaxedMadd, op.set(0)],
    };
    wasmModule([sum], 1, { shared: false });
    return true;
  } catch (error) {
    if (error instanceof WebAssembly.CompileError) return false;
    throw error;
  }
}

/** Numbers locals in the order in which they are asked for, behind `params`. */
function localsAfter(params: number): { local(type: number): number; readonly types: number[] } {
  const types: number[] = [];
  return { types, local: (type) => params + types.push(type) - 1 };
}

/** sum += x * y */
function multiplyAdd(x: Code, y: Code, sum: number, fused: boolean): Code {
  return fused
    ? [x, y, op.get(sum), op.f32x4RelaxedMadd, op.set(sum)]
    : [x, y, op.f32x4Mul, op.get(sum), op.f32x4Add, op.set(sum)];
}

function add(local: number, bytes: Code): Code {
  return [op.get(local), bytes, op.i32Add, op.set(local)];
}

/** Runs `body` as often as local `count` says, at least once; leaves 0 in it. */
function times(count: number, body: Code): Code {
  return op.doWhile(body, [op.get(count), op.i32(-1), op.i32Add, op.tee(count)]);
}

/** Stores both vectors of a panel at local `to`, clamped. */
function storePanel(to: number, sums: readonly number[], low: number, high: number): Code {
  return sums.map((sum, v) => [
    [op.get(to), op.get(sum), op.get(low), op.f32x4Max, op.get(high), op.f32x4Min],
    op.v128Store(v * 16),
  ]);
}

function splat(from: number, to: number): Code {
  return [op.get(from), op.f32x4Splat, op.set(to)];
}

function productKernel(R: number, residual: boolean, fused: boolean): WasmFunction {
  const params = [...Array<number>(13).fill(I32), F32, F32];
  const A = 0, W = 1, C = 2, INPUTS = 3, PLACE_A = 4, PLACE_C = 5, BLOCKS = 6, ROWS = 7;
  const SKIP_A = 8, SKIP_C = 9, BIAS = 10, RESIDUAL = 11, SKIP_RESIDUAL = 12, LOW = 13, HIGH = 14;
  const { local, types } = localsAfter(params.length);
  const end = local(I32), w = local(I32), blocks = local(I32);
  const places = Array.from({ length: R }, () => local(I32));
  const sums = Array.from({ length: R }, () => [local(V128), local(V128)]);
  const weights = [local(V128), local(V128)], value = local(V128);
  const low = local(V128), high = local(V128);
  const first = places[0]!;

  const turn = Array.from({ length: UNROLL }, (_, u): Code => [
    weights.map((to, v) => [op.get(w), op.v128Load(u * PANEL * FLOAT + v * 16), op.set(to)]),
    places.map((place, r) => [
      [op.get(place), op.v128Load32Splat(u * FLOAT), op.set(value)],
      weights.map((by, v) => multiplyAdd(op.get(value), op.get(by), sums[r]![v]!, fused)),
    ]),
  ]);
  const block: Code = [
    places.map((place, r) => [
      r === 0 ? op.get(A) : [op.get(places[r - 1]!), op.get(PLACE_A), op.i32Add],
      op.set(place),
    ]),
    [op.get(W), op.set(w), op.get(A), op.get(INPUTS), op.i32Add, op.set(end)],
    sums.map((pair) => pair.map((to, v) => [op.get(BIAS), op.v128Load(v * 16), op.set(to)])),
    op.doWhile([
      turn,
      add(w, op.i32(UNROLL * PANEL * FLOAT)),
      places.map((place) => add(place, op.i32(UNROLL * FLOAT))),
    ], [op.get(first), op.get(end), op.i32LtU]),
    sums.map((pair) => [
      residual
        ? [
          pair.map((sum, v) => [
            [op.get(sum), op.get(RESIDUAL), op.v128Load(v * 16), op.f32x4Add, op.set(sum)],
          ]),
          add(RESIDUAL, op.get(PLACE_C)),
        ]
        : [],
      storePanel(C, pair, low, high),
      add(C, op.get(PLACE_C)),
    ]),
    add(A, [op.get(PLACE_A), op.i32(R), op.i32Mul]),
  ];
  return {
    name: `${residual ? "sum" : "product"}${R}`,
    params,
    locals: types,
    body: [
      splat(LOW, low),
      splat(HIGH, high),
      times(ROWS, [
        [op.get(BLOCKS), op.set(blocks)],
        times(blocks, block),
        add(A, op.get(SKIP_A)),
        add(C, op.get(SKIP_C)),
        residual ? add(RESIDUAL, op.get(SKIP_RESIDUAL)) : [],
      ]),
    ],
  };
}

/**
 * R places side by side, vector by vector of channels: what lies under several windows is loaded once. Distances are
 * constants of the code, so that a row of the map needs one address.
 */
function windowKernel(
  { height, width, stride, place }: WindowShape,
  R: number,
  fused: boolean,
): WasmFunction {
  const params = [...Array<number>(6).fill(I32), F32, F32];
  const A = 0, W = 1, BIAS = 2, C = 3, ROW_A = 4, BLOCKS = 5, LOW = 6, HIGH = 7;
  const { local, types } = localsAfter(params.length);
  const end = local(I32), w = local(I32), bias = local(I32), c = local(I32);
  const rows = Array.from({ length: height }, () => local(I32));
  const sums = Array.from({ length: R }, () => local(V128));
  const weights = Array.from({ length: width }, () => local(V128)), value = local(V128);
  const low = local(V128), high = local(V128);
  const panelBytes = PANEL * FLOAT, columns = (R - 1) * stride + width;

  const vector = (v: number): Code => [
    sums.map((sum) => [op.get(bias), op.v128Load(v * 16), op.set(sum)]),
    rows.map((row, ky) => [
      weights.map((to, kx) => [
        [op.get(w), op.v128Load((ky * width + kx) * panelBytes + v * 16), op.set(to)],
      ]),
      Array.from({ length: columns }, (_, column): Code => [
        [op.get(row), op.v128Load(column * place + v * 16), op.set(value)],
        weights.map((by, kx) => {
          const r = (column - kx) / stride;
          return Number.isInteger(r) && r >= 0 && r < R
            ? multiplyAdd(op.get(value), op.get(by), sums[r]!, fused)
            : [];
        }),
      ]),
    ]),
    sums.map((sum, r) => [
      [op.get(c), op.get(sum), op.get(low), op.f32x4Max, op.get(high), op.f32x4Min],
      op.v128Store(r * place + v * 16),
    ]),
  ];
  const body: Code = times(BLOCKS, [
    rows.map((row, ky) => [
      ky === 0 ? op.get(A) : [op.get(rows[ky - 1]!), op.get(ROW_A), op.i32Add],
      op.set(row),
    ]),
    [op.get(A), op.i32(place), op.i32Add, op.set(end)],
    [op.get(W), op.set(w), op.get(BIAS), op.set(bias), op.get(C), op.set(c)],
    op.doWhile([
      Array.from({ length: PANEL / 4 }, (_, v) => vector(v)),
      [...rows, c, bias].map((pointer) => add(pointer, op.i32(panelBytes))),
      add(w, op.i32(height * width * panelBytes)),
    ], [op.get(rows[0]!), op.get(end), op.i32LtU]),
    add(A, op.i32(R * stride * place)),
    add(C, op.i32(R * place)),
  ]);
  return {
    name: `windows${R}`,
    params,
    locals: types,
    body: [splat(LOW, low), splat(HIGH, high), body],
  };
}
