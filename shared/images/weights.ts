/**
 * Weights of the resize: which source pixels make an output pixel, and how much of each.
 *
 * Antialiased triangle (what PIL calls bilinear): its support grows with the scale when a picture gets smaller.
 * Only +, -, * and / of doubles are used, which every machine rounds alike; the rest is integers.
 *
 * @module
 */

/** Bits behind the point of a weight; a row of weights sums to 2^14. */
export const WEIGHT_BITS = 14;

/** Weights of one axis. */
export interface AxisWeights {
  /** First source pixel of each output pixel. */
  readonly first: Int32Array;
  /** Source pixels of each output pixel. */
  readonly count: Int32Array;
  /** Weights of output pixel o at o * stride; 0 behind its count. */
  readonly weights: Int16Array;
  readonly stride: number;
}

/** Weights from `from` pixels to `to`. */
export function axisWeights(from: number, to: number): AxisWeights {
  const scale = from / to;
  const support = Math.max(scale, 1);
  // Even, because the kernel takes two pixels at a time.
  const stride = (2 * Math.ceil(support) + 3) & ~1;
  const first = new Int32Array(to), count = new Int32Array(to);
  const weights = new Int16Array(to * stride);
  const exact = new Float64Array(stride);
  for (let o = 0; o < to; o++) {
    const centre = (o + 0.5) * scale;
    const begin = Math.max(0, Math.floor(centre - support + 0.5));
    const end = Math.min(from, Math.floor(centre + support + 0.5));
    let sum = 0;
    for (let i = begin; i < end; i++) {
      const distance = Math.abs(i - centre + 0.5) / support;
      exact[i - begin] = distance < 1 ? 1 - distance : 0;
      sum += exact[i - begin]!;
    }
    // Sums are rounded, not weights: so they end at one, whatever was rounded away before.
    let reached = 0, rounded = 0;
    for (let i = 0; i < end - begin; i++) {
      reached += exact[i]!;
      const next = Math.round(reached / sum * (1 << WEIGHT_BITS));
      weights[o * stride + i] = next - rounded;
      rounded = next;
    }
    first[o] = begin;
    count[o] = end - begin;
  }
  return { first, count, weights, stride };
}
