/**
 * Which characters of a text each of its numbers came from: what an explanation stands on.
 *
 * The numbers are `encode`'s and the occurrences are listed by the very loops that count, so nothing here hashes.
 * Far slower than encoding; only for texts that someone asks about.
 *
 * @module
 */
import { createEncoder, type Encoded } from "./encode.ts";
import { KEY_MASK, NgramCounter } from "./ngrams.ts";
import type { FeatureSpec } from "./spec.ts";

/** One encoded text with its origins; "entry" is a place in `encoded.indices`. */
export interface TracedText {
  /** One row, as `encode` gives it. */
  readonly encoded: Encoded;
  /** Entries below are n-grams of words, those from it on n-grams of characters. */
  readonly wordEnd: number;
  /**
   * Where each entry is first seen: `[starts[e], ends[e])` of the text. The padding spaces of characters are in,
   * so that it may begin at -1 or end one behind the text.
   */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /**
   * How each entry is dealt out: share j, `parts[j]` of entry `owners[j]`, belongs to whatever stands at
   * `positions[j]` of the text, which is never white space. Occurrences share equally, and so do the words of one
   * occurrence; the shares of an entry add up to 1.
   */
  readonly owners: Int32Array;
  readonly positions: Int32Array;
  readonly parts: Float64Array;
}

/** Traces texts by one spec. */
export interface Tracer {
  /** Encodes `text`, which `productText` or `normalizeText` made, and tells where each number came from. */
  trace(text: string): TracedText;
}

/** A {@linkcode Tracer} for `spec`; keeps tables, so make one and use it often. */
export function createTracer(spec: FeatureSpec): Tracer {
  const encoder = createEncoder(spec), counter = new NgramCounter(spec);

  return {
    trace(text) {
      const encoded = encoder.encode([text]);
      const size = encoded.indices.length;
      // The order of counting is that of first sight: entry e is the e-th key that is new in its block
      const walk = counter.list(text);
      const keys = counter.packed.subarray(0, counter.end);
      const entries = new Int32Array(keys.length), occurrences = new Int32Array(size);
      const wordEnd = numberKeys(keys.subarray(0, counter.wordEnd), entries, 0);
      const end = numberKeys(keys.subarray(counter.wordEnd), entries, wordEnd, counter.wordEnd);
      if (end !== size) throw new RangeError(`Cannot trace a text: ${end} n-grams of ${size}`);
      for (const entry of entries) occurrences[entry]!++;

      const starts = new Int32Array(size).fill(-2), ends = new Int32Array(size);
      const owners: number[] = [], positions: number[] = [], parts: number[] = [];
      let next = 0;
      const see = (start: number, stop: number): number => {
        const entry = entries[next++]!;
        if (starts[entry] === -2) [starts[entry], ends[entry]] = [start, stop];
        return entry;
      };
      const deal = (entry: number, position: number, among: number) => {
        owners.push(entry);
        positions.push(position);
        parts.push(1 / (occurrences[entry]! * among));
      };

      const { words, tokens } = walk;
      const [fewest, most] = spec.words;
      for (let w = 0; w < words.starts.length; w++) {
        for (let n = fewest; n <= Math.min(most, w + 1); n++) {
          const entry = see(words.starts[w - n + 1]!, words.ends[w]!);
          for (let i = w - n + 1; i <= w; i++) deal(entry, words.starts[i]!, n);
        }
      }
      const [shortest, longest] = spec.chars;
      for (let t = 0; t < tokens.starts.length; t++) {
        const from = tokens.starts[t]! - 1, to = tokens.ends[t]! + 1; // with padding
        const min = Math.min(shortest, to - from);
        for (let start = from; start + min <= to; start++) {
          for (let stop = start + min; stop <= Math.min(start + longest, to); stop++) {
            deal(see(start, stop), from + 1, 1);
          }
        }
      }
      if (next !== entries.length) {
        throw new RangeError(`Cannot trace a text: ${next} occurrences of ${entries.length}`);
      }
      return {
        encoded,
        wordEnd,
        starts,
        ends,
        owners: Int32Array.from(owners),
        positions: Int32Array.from(positions),
        parts: Float64Array.from(parts),
      };
    },
  };
}

/** Numbers the distinct `keys` from `first` on in order of first sight, into `out` from `at`; the number after. */
function numberKeys(keys: Int32Array, out: Int32Array, first: number, at = 0): number {
  const numbers = new Map<number, number>();
  keys.forEach((packed, i) => {
    const key = packed & KEY_MASK;
    let number = numbers.get(key);
    if (number === undefined) numbers.set(key, number = first + numbers.size);
    out[at + i] = number;
  });
  return first + numbers.size;
}
