/**
 * Counts many texts into one block of packed n-grams, 4 bytes each, so that 85,000 products fit in memory.
 *
 * Weights are not kept: they follow from count, idf and the row's scale, and every fold has its own idf.
 *
 * @module
 */
import { KEY_MASK, NgramCounter } from "./ngrams.ts";
import type { FeatureRecipe } from "./spec.ts";

/** Counted rows: row r has words in `packed[offsets[r], wordEnds[r])` and characters up to `offsets[r + 1]`. */
export interface CountedRows {
  readonly offsets: Int32Array;
  readonly wordEnds: Int32Array;
  readonly packed: Int32Array;
}

/** Where counted n-grams go: gives an array whose first `used` entries are kept and that has room for `more`. */
export type Grow = (used: number, more: number) => Int32Array;

/** Plain memory that doubles. */
function growArray(): Grow {
  let array = new Int32Array(1 << 16);
  return (used, more) => {
    if (used + more > array.length) {
      const larger = new Int32Array((used + more) * 2);
      larger.set(array.subarray(0, used));
      array = larger;
    }
    return array;
  };
}

/** Counts texts one after another; may be paused between two texts. */
export class RowCounter {
  readonly #counter: NgramCounter;
  readonly #offsets: Int32Array;
  readonly #wordEnds: Int32Array;
  readonly #grow: Grow;
  #rows = 0;
  #used = 0;

  constructor(recipe: FeatureRecipe, rows: number, grow: Grow = growArray()) {
    this.#counter = new NgramCounter(recipe);
    this.#offsets = new Int32Array(rows + 1);
    this.#wordEnds = new Int32Array(rows);
    this.#grow = grow;
  }

  /** Counts the next text. @throws {RangeError} at more rows than promised, or 2^31 n-grams */
  add(text: string): void {
    if (this.#rows === this.#wordEnds.length) {
      throw new RangeError("Cannot count more rows than promised");
    }
    const counter = this.#counter;
    counter.count(text);
    if (this.#used + counter.end > 0x7fffffff) throw new RangeError("Cannot count 2^31 n-grams");
    const packed = this.#grow(this.#used, counter.end);
    packed.set(counter.packed.subarray(0, counter.end), this.#used);
    this.#wordEnds[this.#rows++] = this.#used + counter.wordEnd;
    this.#used += counter.end;
    this.#offsets[this.#rows] = this.#used;
  }

  /** The rows so far. */
  finish(): CountedRows {
    return {
      offsets: this.#offsets.subarray(0, this.#rows + 1),
      wordEnds: this.#wordEnds.subarray(0, this.#rows),
      packed: this.#grow(this.#used, 0).subarray(0, this.#used),
    };
  }
}

/** Rows of `texts`, which `productText` or `normalizeText` made. */
export function countRows(recipe: FeatureRecipe, texts: readonly string[]): CountedRows {
  const counter = new RowCounter(recipe, texts.length);
  for (const text of texts) counter.add(text);
  return counter.finish();
}

/** In how many of the rows (all, or those named) each bucket occurs; words and characters count apart. */
export function documentFrequencies(
  counted: CountedRows,
  buckets: number,
  rows?: Int32Array,
): Int32Array {
  const { offsets, packed } = counted;
  const frequencies = new Int32Array(buckets);
  const count = rows?.length ?? offsets.length - 1;
  for (let i = 0; i < count; i++) {
    const row = rows?.[i] ?? i;
    const end = offsets[row + 1]!;
    for (let at = offsets[row]!; at < end; at++) frequencies[(packed[at]! & KEY_MASK) >>> 1]!++;
  }
  return frequencies;
}
