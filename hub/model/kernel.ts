/**
 * The three loops that training spends its time in, and their plain twin.
 *
 * Everything lies in an {@linkcode Arena} and is named by byte address. All arithmetic is single float32
 * multiplications and additions in a fixed order, so that every implementation gives the same bits; the
 * conformance suite in `kernel_test.ts` holds them to it.
 *
 * @module
 */
import { COUNT_SHIFT, KEY_MASK } from "@aisle/shared/features";
import type { Arena } from "./arena.ts";

/** Bytes of one loaded entry: i32 address of the feature's weights, f32 value. */
export const ENTRY_BYTES = 8;

/** What a kernel needs to know to load entries. */
export interface LoadTables {
  /** idf by feature, f32. */
  readonly idf: number;
  /** 1 + log count by count, f32 [256]. */
  readonly logCount: number;
  /** Weights [features x stride], f32. */
  readonly weights: number;
  /** Classes rounded up to whole quads (4 floats). */
  readonly stride: number;
}

/** Loops over one row's entries. */
export interface Kernel {
  /** Unpacks `count` packed n-grams at `packed` into entries at `entries`: value = sign x (logCount x idf) x scale. */
  load(packed: number, count: number, scale: number, entries: number): void;
  /** scores[k] += sum over the entries, in order, of value x weight[k]; k over the stride. */
  score(entries: number, count: number, scores: number): void;
  /** weight[k] += value x deltas[k] for every entry, in order; k over the stride. */
  update(entries: number, count: number, deltas: number): void;
}

/** The plain twin: slow, obvious, in TypeScript. */
export function scriptKernel(arena: Arena, tables: LoadTables): Kernel {
  const { fround } = Math;
  const bytes = arena.memory.buffer.byteLength;
  const f32 = arena.f32(0, bytes / 4), i32 = arena.i32(0, bytes / 4);
  const { stride } = tables;
  return {
    load(packed, count, scale, entries) {
      for (let i = 0; i < count; i++) {
        const entry = i32[(packed >>> 2) + i]!;
        const feature = (entry & KEY_MASK) >>> 1;
        const logCount = f32[(tables.logCount >>> 2) + (entry >>> COUNT_SHIFT)]!;
        const value = fround(fround(logCount * f32[(tables.idf >>> 2) + feature]!) * fround(scale));
        i32[(entries >>> 2) + 2 * i] = tables.weights + feature * stride * 4;
        f32[(entries >>> 2) + 2 * i + 1] = (entry & 1) === 1 ? -value : value;
      }
    },
    score(entries, count, scores) {
      for (let i = 0; i < count; i++) {
        const row = i32[(entries >>> 2) + 2 * i]! >>> 2, value = f32[(entries >>> 2) + 2 * i + 1]!;
        for (let k = 0; k < stride; k++) {
          const at = (scores >>> 2) + k;
          f32[at] = fround(f32[at]! + fround(value * f32[row + k]!));
        }
      }
    },
    update(entries, count, deltas) {
      for (let i = 0; i < count; i++) {
        const row = i32[(entries >>> 2) + 2 * i]! >>> 2, value = f32[(entries >>> 2) + 2 * i + 1]!;
        for (let k = 0; k < stride; k++) {
          f32[row + k] = fround(f32[row + k]! + fround(value * f32[(deltas >>> 2) + k]!));
        }
      }
    },
  };
}
