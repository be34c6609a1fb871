/**
 * Text to sparse numbers: the second half of the only road into the model.
 *
 * weight = sign x (1 + log count) x idf, the block of words scaled to length 1, that of characters to `charWeight`.
 * All products are rounded to float32 in a fixed order, so that trainer, gate and edge compute the same bits.
 *
 * @module
 */
import { COUNT_SHIFT, KEY_MASK, MAX_COUNT, NgramCounter } from "./ngrams.ts";
import type { FeatureSpec } from "./spec.ts";

/** Sparse rows (CSR): row r has buckets `indices[k]` with weights `weights[k]`, k in [offsets[r], offsets[r+1]). */
export interface Encoded {
  readonly offsets: Int32Array;
  /** Buckets; the same one may occur twice in a row, its weights add up. */
  readonly indices: Int32Array;
  readonly weights: Float32Array;
}

/** 1 + log count by count, float32, [256]; entry 0 is 0. */
export const LOG_COUNT: Float32Array = Float32Array.from(
  { length: MAX_COUNT + 1 },
  (_, count) => count === 0 ? 0 : 1 + Math.log(count),
);

/** Encodes texts by one spec; keeps its tables between calls, so one text costs no large allocation. */
export interface Encoder {
  readonly spec: FeatureSpec;
  /** Rows of `texts`, which {@linkcode productText} or {@linkcode normalizeText} made. */
  encode(texts: readonly string[]): Encoded;
}

/**
 * What brings the vector of packed n-grams in [from, to) to `length`; 0 where there are none.
 *
 * @param idf by bucket
 */
export function blockScale(
  packed: Int32Array,
  from: number,
  to: number,
  idf: Float32Array,
  length: number,
): number {
  let sum = 0;
  for (let i = from; i < to; i++) {
    const entry = packed[i]!;
    const weight = Math.fround(LOG_COUNT[entry >>> COUNT_SHIFT]! * idf[(entry & KEY_MASK) >>> 1]!);
    sum += weight * weight;
  }
  return sum > 0 ? Math.fround(length / Math.sqrt(sum)) : 0;
}

/** An {@linkcode Encoder} for `spec`. */
export function createEncoder(spec: FeatureSpec): Encoder {
  const counter = new NgramCounter(spec);
  const { idf, charWeight } = spec;
  let indices = new Int32Array(4096), weights = new Float32Array(4096);

  /** Appends the block in `counter.packed[from, to)` at `at`, scaled to `length`. */
  function append(from: number, to: number, at: number, length: number): void {
    const packed = counter.packed;
    const scale = blockScale(packed, from, to, idf, length);
    for (let i = from; i < to; i++) {
      const entry = packed[i]!;
      const bucket = (entry & KEY_MASK) >>> 1;
      const weight = Math.fround(LOG_COUNT[entry >>> COUNT_SHIFT]! * idf[bucket]!);
      indices[at] = bucket;
      weights[at++] = (entry & 1) === 1 ? -weight * scale : weight * scale;
    }
  }

  return {
    spec,
    encode(texts) {
      const offsets = new Int32Array(texts.length + 1);
      let size = 0;
      for (let r = 0; r < texts.length; r++) {
        counter.count(texts[r]!);
        const { wordEnd, end } = counter;
        if (size + end > indices.length) {
          const room = (size + end) * 2;
          const largerIndices = new Int32Array(room), largerWeights = new Float32Array(room);
          largerIndices.set(indices.subarray(0, size));
          largerWeights.set(weights.subarray(0, size));
          [indices, weights] = [largerIndices, largerWeights];
        }
        append(0, wordEnd, size, 1);
        append(wordEnd, end, size + wordEnd, charWeight);
        size += end;
        offsets[r + 1] = size;
      }
      return { offsets, indices: indices.slice(0, size), weights: weights.slice(0, size) };
    },
  };
}

/** Tables of the specs in use; the answers do not depend on them. */
const encoders = new WeakMap<FeatureSpec, Encoder>();

/** `texts` by `spec`; see {@linkcode Encoder}. */
export function encode(spec: FeatureSpec, texts: readonly string[]): Encoded {
  let encoder = encoders.get(spec);
  if (encoder === undefined) encoders.set(spec, encoder = createEncoder(spec));
  return encoder.encode(texts);
}
