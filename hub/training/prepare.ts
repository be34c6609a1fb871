/**
 * From texts to counted rows in an arena, with features numbered without gaps.
 *
 * Features are numbered from common to rare: the weights that every row touches lie side by side, which the
 * processor's caches reward.
 *
 * @module
 */
import {
  COUNT_SHIFT,
  documentFrequencies,
  type FeatureRecipe,
  KEY_MASK,
  RowCounter,
} from "@aisle/shared/features";
import type { Arena } from "../model/arena.ts";
import type { RowsPlace } from "../model/fit_place.ts";

/** Rows ready for fitting. */
export interface PreparedRows {
  readonly place: RowsPlace;
  /** Bucket by feature. */
  readonly buckets: Int32Array;
}

/** Texts and their classes. */
export interface LabelledTexts {
  readonly texts: readonly string[];
  /** Class by row. */
  readonly labels: Int32Array;
  readonly classes: number;
}

/** Rows counted between two yields: about 10 ms. */
const SLICE_ROWS = 200;

/** Counts `texts` into `arena`, yielding the number of rows done so far. */
export function* prepareRows(
  recipe: FeatureRecipe,
  { texts, labels, classes }: LabelledTexts,
  arena: Arena,
): Generator<number, PreparedRows> {
  const rows = texts.length;
  const offsets = arena.take((rows + 1) * 4), wordEnds = arena.take(rows * 4);
  const labelsAt = arena.take(rows * 4), packed = arena.take(0);
  const counter = new RowCounter(recipe, rows, (used, more) => {
    arena.resizeLast(packed, (used + more) * 4);
    return arena.i32(packed, used + more);
  });
  for (let row = 0; row < rows; row++) {
    if (row > 0 && row % SLICE_ROWS === 0) yield row;
    counter.add(texts[row]!);
  }
  const counted = counter.finish();
  arena.i32(offsets, rows + 1).set(counted.offsets);
  arena.i32(wordEnds, rows).set(counted.wordEnds);
  arena.i32(labelsAt, rows).set(labels);
  yield rows;

  const frequencies = documentFrequencies(counted, 1 << recipe.hashBits);
  const buckets = byFrequency(frequencies);
  renumber(counted.packed, buckets, frequencies.length);
  let maxRowLength = 0;
  for (let row = 0; row < rows; row++) {
    maxRowLength = Math.max(maxRowLength, counted.offsets[row + 1]! - counted.offsets[row]!);
  }
  return {
    place: {
      rows,
      features: buckets.length,
      classes,
      offsets,
      wordEnds,
      packed,
      packedCount: counted.packed.length,
      labels: labelsAt,
      maxRowLength,
      charWeight: recipe.charWeight,
    },
    buckets,
  };
}

/** Buckets that occur, commonest first, equals by number. */
function byFrequency(frequencies: Int32Array): Int32Array {
  const used: number[] = [];
  frequencies.forEach((count, bucket) => {
    if (count > 0) used.push(bucket);
  });
  return Int32Array.from(used.sort((a, b) => frequencies[b]! - frequencies[a]! || a - b));
}

/** Replaces buckets by feature numbers, in place. */
function renumber(packed: Int32Array, buckets: Int32Array, size: number): void {
  const featureOf = new Int32Array(size);
  buckets.forEach((bucket, feature) => featureOf[bucket] = feature);
  for (let i = 0; i < packed.length; i++) {
    const entry = packed[i]!, key = entry & KEY_MASK;
    packed[i] = (entry >>> COUNT_SHIFT) << COUNT_SHIFT | featureOf[key >>> 1]! << 1 | (key & 1);
  }
}
