/**
 * Counts the hashed n-grams of one text: the inner loop of encoding and of fitting.
 *
 * Words are runs of letters, digits and `_`; character n-grams stay inside white-space separated tokens that
 * are padded with one space on both sides (scikit-learn's `char_wb`). Every n-gram is hashed to a bucket and a
 * sign. A counter owns its tables, so that counting a text allocates nothing once they have grown.
 *
 * @module
 */
import type { FeatureRecipe } from "./spec.ts";

/**
 * One counted n-gram packed in 31 bits: count << 23 | bucket << 1 | sign, where sign 1 means minus.
 * The count stops at 255.
 */
export type Packed = number;
/** Bits of a {@linkcode Packed} below its count. */
export const COUNT_SHIFT = 23;
/** Mask of bucket and sign in a {@linkcode Packed}. */
export const KEY_MASK = (1 << COUNT_SHIFT) - 1;
/** Largest count that a {@linkcode Packed} holds. */
export const MAX_COUNT = 255;

/** Distinct seeds keep a word and the same characters as an n-gram in different buckets. */
const WORD_SEED = 0x811c9dc5 | 0, CHAR_SEED = 0x2f0b4a27 | 0;
/** FNV-1a's prime (Fowler, Noll, Vo). */
const PRIME = 0x01000193;

/** The pieces of a text that n-grams are made of, in UTF-16 units: piece i is [starts[i], ends[i]). */
export interface Pieces {
  readonly starts: number[];
  readonly ends: number[];
}

/** What {@linkcode NgramCounter.list} walked through. */
export interface Walk {
  /** Runs of letters, digits and `_`. */
  readonly words: Pieces;
  /** Runs without white space; their n-grams have one space more on both sides. */
  readonly tokens: Pieces;
}

const OTHER = 0, WORD = 1, SPACE = 2;
/** Kind of every UTF-16 code unit. A half of a surrogate pair is no letter: emoji part words. */
const KIND = kinds();

function kinds(): Uint8Array {
  const kind = new Uint8Array(0x10000);
  const word = /[\p{L}\p{N}_]/u, space = /\s/;
  for (let unit = 0; unit < 0x10000; unit++) {
    const char = String.fromCharCode(unit);
    kind[unit] = word.test(char) ? WORD : space.test(char) ? SPACE : OTHER;
  }
  return kind;
}

/** Spreads the entropy of `h` over all 32 bits (finalizer of MurmurHash3, A. Appleby). */
function avalanche(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Counts the n-grams of one text at a time; see the module's note. */
export class NgramCounter {
  /** The last text's n-grams: words in [0, wordEnd), characters in [wordEnd, end), in order of first sight. */
  packed: Int32Array = new Int32Array(1024);
  wordEnd = 0;
  end = 0;
  #units = new Uint16Array(1024);
  /** Hashes of the last words, a ring; long enough for the longest word n-gram. */
  readonly #recent = new Int32Array(16);
  readonly #counts: Uint8Array;
  readonly #mask: number;
  readonly #recipe: FeatureRecipe;

  constructor(recipe: FeatureRecipe) {
    this.#recipe = recipe;
    this.#counts = new Uint8Array(2 << recipe.hashBits);
    this.#mask = (2 << recipe.hashBits) - 1;
  }

  /** Counts `text` (normalised); the answer lies in `packed`, `wordEnd` and `end` until the next call. */
  count(text: string): void {
    this.#walk(text, MAX_COUNT, null);
  }

  /**
   * Lists every occurrence of what `count` counts, by the same loops: `packed` has one entry an occurrence, with
   * count 0, in the order of the walk. Word by word the n-grams that end with it, short before long; then token
   * by token and start by start the character n-grams, short before long.
   */
  list(text: string): Walk {
    const pieces = (): Pieces => ({ starts: [], ends: [] });
    const walk: Walk = { words: pieces(), tokens: pieces() };
    this.#walk(text, 0, walk);
    return walk;
  }

  /** @param most where counting stops; at 0 nothing is ever counted, so that each occurrence looks like the first */
  #walk(text: string, most: number, walk: Walk | null): void {
    this.#reserve(text.length);
    this.end = 0;
    this.#words(text, most, walk?.words);
    this.#pack(0);
    this.wordEnd = this.end;
    this.#chars(text, most, walk?.tokens);
    this.#pack(this.wordEnd);
  }

  /** Room for the most n-grams that a text of `length` units can have. */
  #reserve(length: number): void {
    const { words, chars } = this.#recipe;
    // Every unit begins at most one n-gram of each length; a padded token has two units more than the token
    const most = (length + 1) * (words[1] - words[0] + 1) +
      (2 * length + 3) * (chars[1] - chars[0] + 1);
    if (this.packed.length < most) this.packed = new Int32Array(most * 2);
    if (this.#units.length < length + 2) this.#units = new Uint16Array(length * 2 + 2);
  }

  #words(text: string, most: number, pieces?: Pieces): void {
    const [min, max] = this.#recipe.words;
    const recent = this.#recent, counts = this.#counts, packed = this.packed, mask = this.#mask;
    let end = this.end, seen = 0;
    const length = text.length;
    for (let i = 0; i < length;) {
      let unit = text.charCodeAt(i);
      if (KIND[unit] !== WORD) {
        i++;
        continue;
      }
      pieces?.starts.push(i);
      let hash = WORD_SEED;
      do {
        hash = Math.imul(hash ^ unit, PRIME);
        unit = ++i < length ? text.charCodeAt(i) : 0;
      } while (KIND[unit] === WORD);
      pieces?.ends.push(i);
      recent[seen++ & 15] = hash;
      // The n-gram that ends here: from this word backwards
      let gram = 0;
      for (let n = 1; n <= max && n <= seen; n++) {
        gram = Math.imul(gram, 31) + avalanche(recent[(seen - n) & 15]! + n) | 0;
        if (n < min) continue;
        const key = avalanche(gram) & mask;
        const count = counts[key]!;
        if (count === 0) packed[end++] = key;
        if (count < most) counts[key] = count + 1;
      }
    }
    this.end = end;
  }

  #chars(text: string, most: number, pieces?: Pieces): void {
    const units = this.#units, zero = this.#recipe.charDigitsToZero;
    const length = text.length;
    for (let i = 0; i < length;) {
      if (KIND[text.charCodeAt(i)] === SPACE) {
        i++;
        continue;
      }
      pieces?.starts.push(i);
      let size = 0;
      units[size++] = 0x20;
      for (; i < length; i++) {
        const unit = text.charCodeAt(i);
        if (KIND[unit] === SPACE) break;
        units[size++] = zero && unit >= 0x30 && unit <= 0x39 ? 0x30 : unit;
      }
      pieces?.ends.push(i);
      units[size++] = 0x20;
      this.#token(size, most);
    }
  }

  /** The n-grams of the padded token in `units[0, size)`. */
  #token(size: number, most: number): void {
    const [shortest, max] = this.#recipe.chars;
    // A token shorter than the shortest n-gram counts as a whole
    const min = Math.min(shortest, size);
    const units = this.#units, counts = this.#counts, packed = this.packed, mask = this.#mask;
    let end = this.end;
    for (let start = 0; start + min <= size; start++) {
      let hash = CHAR_SEED;
      const stop = Math.min(start + max, size);
      for (let i = start; i < stop; i++) {
        hash = Math.imul(hash ^ units[i]!, PRIME);
        if (i - start + 1 < min) continue;
        const key = avalanche(hash) & mask;
        const count = counts[key]!;
        if (count === 0) packed[end++] = key;
        if (count < most) counts[key] = count + 1;
      }
    }
    this.end = end;
  }

  /** Joins the counts to the keys in `packed[from, end)` and clears the table for the next block. */
  #pack(from: number): void {
    const counts = this.#counts, packed = this.packed;
    for (let i = from; i < this.end; i++) {
      const key = packed[i]!;
      packed[i] = counts[key]! << COUNT_SHIFT | key;
      counts[key] = 0;
    }
  }
}
