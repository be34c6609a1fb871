/**
 * Features as the picture's head sees them.
 *
 * @module
 */
/** Below this a feature's root is the root of this: nothing is divided by zero. */
export const LEAST_FEATURE = 1e-12;

/**
 * An embedding as the head sees it: the square root, with the sign of its number. Roots spread what pooled activations
 * crowd near zero.
 *
 * @param values rows of `dims` numbers, of which the first `roots` are rooted in place
 */
export function rootFeatures(values: Float32Array, dims: number, roots: number): void {
  for (let from = 0; from < values.length; from += dims) {
    for (let d = from; d < from + roots; d++) {
      const value = values[d]!;
      values[d] = value / Math.sqrt(Math.max(Math.abs(value), LEAST_FEATURE));
    }
  }
}
