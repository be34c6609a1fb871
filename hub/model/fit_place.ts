/**
 * Where the rows and the state of a fit lie in an arena: plain addresses, so that a fit can move to a Worker.
 *
 * @module
 */
import { blockScale, type CountedRows, LOG_COUNT, MAX_COUNT } from "@aisle/shared/features";
import type { Arena } from "./arena.ts";
import { ENTRY_BYTES, type LoadTables } from "./kernel.ts";

/** Counted rows in an arena; features are numbered from 0 without gaps. */
export interface RowsPlace {
  readonly rows: number;
  readonly features: number;
  readonly classes: number;
  /** Addresses: i32 [rows + 1], i32 [rows], i32 [offsets[rows]], i32 [rows]. */
  readonly offsets: number;
  readonly wordEnds: number;
  readonly packed: number;
  readonly packedCount: number;
  readonly labels: number;
  readonly maxRowLength: number;
  /** Length of the block of characters; see `FeatureRecipe`. */
  readonly charWeight: number;
}

/** Addresses of one fit's state and scratch; plain data, so that it can be posted to a Worker. */
export interface FitPlace {
  readonly rows: RowsPlace;
  readonly tables: LoadTables;
  /** i32 [trainCount]: the rows that are trained on. */
  readonly train: number;
  readonly trainCount: number;
  /** f32 [trainCount x stride]: dual variables, by position in `train`. */
  readonly alpha: number;
  /** f32 [stride] */
  readonly bias: number;
  /** f32 [rows x 2]: scale of words and of characters. */
  readonly scales: number;
  /** Scratch: entries of the longest row, f32 [stride] scores, f32 [stride] deltas. */
  readonly entries: number;
  readonly scores: number;
  readonly deltas: number;
}

/** Classes rounded up to whole quads of floats, which kernels work on. */
export function strideOf(classes: number): number {
  return Math.ceil(classes / 4) * 4;
}

/** Room in `arena` for one fit on at most `trainCount` rows. */
export function placeFit(arena: Arena, rows: RowsPlace, trainCount: number): FitPlace {
  const stride = strideOf(rows.classes);
  return {
    rows,
    tables: {
      idf: arena.take(rows.features * 4),
      logCount: arena.take((MAX_COUNT + 1) * 4),
      weights: arena.take(rows.features * stride * 4),
      stride,
    },
    train: arena.take(trainCount * 4),
    trainCount,
    alpha: arena.take(trainCount * stride * 4),
    bias: arena.take(stride * 4),
    scales: arena.take(rows.rows * 8),
    entries: arena.take(rows.maxRowLength * ENTRY_BYTES),
    scores: arena.take(stride * 4),
    deltas: arena.take(stride * 4),
  };
}

/** `room` made ready for a fit from zero on `trainRows`; its rows are still to be weighed. */
export function startFit(arena: Arena, room: FitPlace, trainRows: Int32Array): FitPlace {
  const { rows, tables } = room, { stride } = tables;
  if (trainRows.length > room.trainCount) {
    throw new RangeError("Cannot fit more rows than have room");
  }
  arena.f32(tables.logCount, MAX_COUNT + 1).set(LOG_COUNT);
  arena.f32(tables.weights, rows.features * stride).fill(0);
  arena.f32(room.alpha, room.trainCount * stride).fill(0);
  arena.f32(room.bias, stride).fill(0);
  arena.f32(room.deltas, stride).fill(0);
  arena.i32(room.train, trainRows.length).set(trainRows);
  return { ...room, trainCount: trainRows.length };
}

/** The state of a fit between two passes: all that must be kept to go on with the same bits. */
export interface FitState {
  readonly weights: Float32Array;
  readonly bias: Float32Array;
  readonly alpha: Float32Array;
}

/** Views on the state of the fit at `place`. */
export function stateOf(arena: Arena, place: FitPlace): FitState {
  const { stride } = place.tables;
  return {
    weights: arena.f32(place.tables.weights, place.rows.features * stride),
    bias: arena.f32(place.bias, stride),
    alpha: arena.f32(place.alpha, place.trainCount * stride),
  };
}

/** The rows at `place` as counted rows; their buckets are feature numbers. */
export function countedAt(arena: Arena, place: RowsPlace): CountedRows {
  return {
    offsets: arena.i32(place.offsets, place.rows + 1),
    wordEnds: arena.i32(place.wordEnds, place.rows),
    packed: arena.i32(place.packed, place.packedCount),
  };
}

/** Takes `idf` (by feature) and computes the scales of all rows by it; once before the first pass. */
export function weighRows(arena: Arena, place: FitPlace, idf: Float32Array): void {
  const { rows } = place;
  arena.f32(place.tables.idf, rows.features).set(idf);
  const { offsets, wordEnds, packed } = countedAt(arena, rows);
  const scales = arena.f32(place.scales, rows.rows * 2);
  for (let row = 0; row < rows.rows; row++) {
    scales[2 * row] = blockScale(packed, offsets[row]!, wordEnds[row]!, idf, 1);
    scales[2 * row + 1] = blockScale(
      packed,
      wordEnds[row]!,
      offsets[row + 1]!,
      idf,
      rows.charWeight,
    );
  }
}
