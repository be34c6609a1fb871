/**
 * Transparency laid on white, in place.
 *
 * @module
 */

/** Blends every pixel of [.., 4] with white by its alpha, rounded to the nearest; alpha becomes 255. */
export function flattenOnWhite(data: Uint8Array | Uint8ClampedArray): void {
  for (let i = 3; i < data.length; i += 4) {
    const alpha = data[i]!;
    if (alpha === 255) continue;
    const white = 255 * (255 - alpha);
    for (let c = i - 3; c < i; c++) {
      // + 127: the quotient rounded to the nearest; there are no halves, 255 being odd.
      data[c] = Math.trunc((data[c]! * alpha + white + 127) / 255);
    }
    data[i] = 255;
  }
}

/** Whether every pixel of [.., 4] is opaque. */
export function isOpaque(data: Uint8Array | Uint8ClampedArray): boolean {
  for (let i = 3; i < data.length; i += 4) if (data[i] !== 255) return false;
  return true;
}
