/**
 * The kernel in WebAssembly with 128-bit vectors, its code made for one stride and one set of tables.
 *
 * Bit-equal to the plain twin: the same float32 operations in the same order, four classes at a time.
 *
 * @module
 */
import { COUNT_SHIFT, KEY_MASK } from "@aisle/shared/features";
import { type Arena, MAX_PAGES } from "./arena.ts";
import { ENTRY_BYTES, type Kernel, type LoadTables } from "./kernel.ts";
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

/** Quads (4 classes) whose sums stay in registers during one walk over the entries; x64 has 16 registers. */
const CHUNK_QUADS = 8;
const QUAD_BYTES = 16;

/** A kernel over `arena`, which may still grow. */
export function wasmKernel(arena: Arena, tables: LoadTables): Kernel {
  const module = wasmModule(
    [loadFunction(tables), scoreFunction(tables), updateFunction(tables)],
    MAX_PAGES,
  );
  const { exports } = new WebAssembly.Instance(module, { env: { memory: arena.memory } });
  return exports as unknown as Kernel;
}

/** local `end` = local `from` + local `count` x `bytes` */
function findEnd(end: number, from: number, count: number, bytes: number): Code {
  return [op.get(from), op.get(count), op.i32(bytes), op.i32Mul, op.i32Add, op.set(end)];
}

function loadFunction(tables: LoadTables): WasmFunction {
  const [packed, count, scale, entries, end, entry, feature] = [0, 1, 2, 3, 4, 5, 6];
  const body: Code = [
    [op.get(packed), op.i32Load(0), op.tee(entry), op.i32(KEY_MASK), op.i32And],
    [op.i32(1), op.i32ShrU, op.set(feature)],
    // address of the feature's weights
    [op.get(entries), op.get(feature), op.i32(tables.stride * 4), op.i32Mul],
    [op.i32(tables.weights), op.i32Add, op.i32Store(0)],
    // (logCount x idf) x scale, with the n-gram's sign put on its bits
    [op.get(entries)],
    [op.get(entry), op.i32(COUNT_SHIFT), op.i32ShrU, op.i32(2), op.i32Shl],
    op.f32Load(tables.logCount),
    [op.get(feature), op.i32(2), op.i32Shl, op.f32Load(tables.idf), op.f32Mul],
    [op.get(scale), op.f32Mul, op.bitsOfF32],
    [op.get(entry), op.i32(31), op.i32Shl, op.i32Xor, op.i32Store(4)],
    [op.get(entries), op.i32(ENTRY_BYTES), op.i32Add, op.set(entries)],
  ];
  return {
    name: "load",
    params: [I32, I32, F32, I32],
    locals: [I32, I32, I32],
    body: [findEnd(end, packed, count, 4), walk(packed, end, 4, body)],
  };
}

/** First quad and number of quads of each chunk of a stride. */
function chunks(stride: number): { first: number; quads: number }[] {
  const all = stride / 4;
  return Array.from({ length: Math.ceil(all / CHUNK_QUADS) }, (_, i) => {
    const first = i * CHUNK_QUADS;
    return { first, quads: Math.min(CHUNK_QUADS, all - first) };
  });
}

const range = (count: number) => Array.from({ length: count }, (_, i) => i);

/** Parameters, locals and vectors of both walks over entries. */
const ENTRIES = 0,
  COUNT = 1,
  OUTER = 2,
  END = 3,
  CURSOR = 4,
  ROW = 5,
  ACTIVE = 6,
  VALUE = 7,
  FIRST = 8;
const WALK_LOCALS = [I32, I32, I32, I32, V128, ...range(CHUNK_QUADS).map(() => V128)];

/** ROW and VALUE of the entry at CURSOR. */
const READ_ENTRY: Code = [
  [op.get(CURSOR), op.i32Load(0), op.set(ROW)],
  [op.get(CURSOR), op.v128Load32Splat(4), op.set(VALUE)],
];

/** Walks all entries from the first. */
function walkEntries(body: Code): Code {
  return [op.get(ENTRIES), op.set(CURSOR), walk(CURSOR, END, ENTRY_BYTES, [READ_ENTRY, body])];
}

function scoreFunction({ stride }: LoadTables): WasmFunction {
  const body = chunks(stride).map(({ first, quads }) => {
    const offset = (quad: number) => (first + quad) * QUAD_BYTES;
    return [
      range(quads).map((q) => [op.get(OUTER), op.v128Load(offset(q)), op.set(FIRST + q)]),
      walkEntries(
        range(quads).map((q) => [
          [op.get(FIRST + q), op.get(VALUE), op.get(ROW), op.v128Load(offset(q))],
          [op.f32x4Mul, op.f32x4Add, op.set(FIRST + q)],
        ]),
      ),
      range(quads).map((q) => [op.get(OUTER), op.get(FIRST + q), op.v128Store(offset(q))]),
    ];
  });
  return {
    name: "score",
    params: [I32, I32, I32],
    locals: WALK_LOCALS,
    body: [findEnd(END, ENTRIES, COUNT, ENTRY_BYTES), body],
  };
}

/** Late in a fit few classes move: a quad without a delta is not touched. */
function updateFunction({ stride }: LoadTables): WasmFunction {
  const body = chunks(stride).map(({ first, quads }) => {
    const offset = (quad: number) => (first + quad) * QUAD_BYTES;
    const addTo = (q: number): Code => [
      [op.get(ROW), op.get(ROW), op.v128Load(offset(q))],
      [op.get(VALUE), op.get(FIRST + q), op.f32x4Mul, op.f32x4Add, op.v128Store(offset(q))],
    ];
    const moves = (q: number): Code => [op.get(FIRST + q), op.v128AnyTrue];
    return [
      range(quads).map((q) => [op.get(OUTER), op.v128Load(offset(q)), op.set(FIRST + q)]),
      [op.i32(0), range(quads).map((q) => [moves(q), op.i32Add]), op.set(ACTIVE)],
      [op.get(ACTIVE), op.i32(Math.floor(quads / 2)), op.i32GtU],
      op.ifElse(
        walkEntries(range(quads).map(addTo)),
        range(quads).map((q) => [moves(q), op.ifElse(walkEntries(addTo(q)))]),
      ),
    ];
  });
  return {
    name: "update",
    params: [I32, I32, I32],
    locals: WALK_LOCALS,
    body: [findEnd(END, ENTRIES, COUNT, ENTRY_BYTES), body],
  };
}
