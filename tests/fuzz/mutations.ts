/**
 * Changes to bytes and texts that break parsers: flips, runs, cuts, repeats, extreme numbers.
 *
 * @module
 */
import { joined } from "./wire.ts";

/** Uniform in [0, 1). */
export type Random = () => number;

/** A whole number below `n`. */
export const below = (random: Random, n: number): number => Math.floor(random() * n);

/** One of `choices`. */
export function pick<T>(random: Random, choices: readonly T[]): T {
  return choices[below(random, choices.length)]!;
}

/** Values at which numbers overflow, in 1, 2 and 4 bytes. */
const EXTREMES = [
  0,
  1,
  0x7f,
  0x80,
  0xff,
  0x7fff,
  0x8000,
  0xffff,
  0x7fffffff,
  0x80000000,
  0xffffffff,
];

/** `bytes` with 1 to 8 changes, none before `from`. */
export function mutated(
  bytes: Uint8Array,
  random: Random,
  from = 0,
): Uint8Array<ArrayBuffer> {
  let out = new Uint8Array(bytes);
  for (let change = 1 + below(random, 8); change > 0; change--) {
    if (out.length <= from) break;
    out = changed(out, random, from);
  }
  return out;
}

function changed(
  bytes: Uint8Array<ArrayBuffer>,
  random: Random,
  from: number,
): Uint8Array<ArrayBuffer> {
  const at = from + below(random, bytes.length - from);
  const size = 1 + below(random, Math.min(64, bytes.length - at));
  switch (below(random, 9)) {
    case 0:
    case 1:
      return bytes.with(at, bytes[at]! ^ 1 << below(random, 8)) as Uint8Array<ArrayBuffer>;
    case 2:
      return bytes.with(at, below(random, 256)) as Uint8Array<ArrayBuffer>;
    case 3: {
      const width = pick(random, [1, 2, 4]), value = pick(random, EXTREMES);
      for (let i = 0; i < width && at + i < bytes.length; i++) {
        bytes[at + i] = value >>> 8 * (random() < 0.5 ? i : width - 1 - i) & 0xff;
      }
      return bytes;
    }
    case 4:
      return bytes.fill(pick(random, [0, 0xff, below(random, 256)]), at, at + size);
    case 5: // Cut out of the middle
      return joined(bytes.subarray(0, at), bytes.subarray(at + size));
    case 6: // The end is missing
      return bytes.slice(0, Math.max(from, at));
    case 7: // There twice
      return joined(bytes.subarray(0, at + size), bytes.subarray(at));
    default: { // From elsewhere in the file
      const other = from + below(random, bytes.length - from);
      bytes.copyWithin(at, other, Math.min(bytes.length, other + size));
      return bytes;
    }
  }
}
