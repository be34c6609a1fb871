/**
 * Guesses which encoding bytes are in that are not UTF-8; for messages only.
 *
 * @module
 */
import { isUtf8 } from "node:buffer";

/** Letters that single-byte files of western Europe hold, by the byte each encoding writes them with. */
const WESTERN: readonly (readonly [name: string, letters: readonly number[]])[] = [
  // é è ê ë à â ä ç î ï ô ö û ù ü ß É À Ç œ ’ € ° « » ñ á í ó ú
  [
    "WINDOWS-1252",
    [
      [
        0xe9,
        0xe8,
        0xea,
        0xeb,
        0xe0,
        0xe2,
        0xe4,
        0xe7,
        0xee,
        0xef,
        0xf4,
        0xf6,
        0xfb,
        0xf9,
        0xfc,
        0xdf,
      ],
      [0xc9, 0xc0, 0xc7, 0x9c, 0x92, 0x80, 0xb0, 0xab, 0xbb, 0xf1, 0xe1, 0xed, 0xf3, 0xfa],
    ].flat(),
  ],
  [
    "MACINTOSH",
    [
      [
        0x8e,
        0x8f,
        0x90,
        0x91,
        0x88,
        0x89,
        0x8a,
        0x8d,
        0x94,
        0x95,
        0x99,
        0x9a,
        0x9e,
        0x9d,
        0x9f,
        0xa7,
      ],
      [0x83, 0xcb, 0x82, 0xcf, 0xd5, 0xdb, 0xa1, 0xc7, 0xc8, 0x96, 0x87, 0x92, 0x97, 0x9c],
    ].flat(),
  ],
  [
    "CP850",
    [
      [
        0x82,
        0x8a,
        0x88,
        0x89,
        0x85,
        0x83,
        0x84,
        0x87,
        0x8c,
        0x8b,
        0x93,
        0x94,
        0x96,
        0x97,
        0x81,
        0xe1,
      ],
      [0x90, 0xb7, 0x80, 0xf8, 0xae, 0xaf, 0xa4, 0xa0, 0xa1, 0xa2, 0xa3],
    ].flat(),
  ],
];

/** Calls it Windows-1252 (or so) only when this share of the high bytes are its everyday letters. */
const SURE_SHARE = 0.6;

/** UTF-16 or UTF-32, by byte order mark or by zero bytes at every other place; null otherwise. */
export function guessWide(bytes: Uint8Array): string | null {
  if (startsWith(bytes, [0xff, 0xfe, 0, 0]) || startsWith(bytes, [0, 0, 0xfe, 0xff])) {
    return "UTF-32";
  }
  if (startsWith(bytes, [0xff, 0xfe]) || startsWith(bytes, [0xfe, 0xff])) return "UTF-16";
  const zeros = [0, 0];
  for (let i = 0; i < bytes.length; i++) if (bytes[i] === 0) zeros[i % 2]!++;
  const half = Math.max(1, bytes.length / 2);
  if (zeros[1]! > 1 && zeros[1]! / half > 0.3 && zeros[0]! / half < 0.1) return "UTF-16LE";
  if (zeros[0]! > 1 && zeros[0]! / half > 0.3 && zeros[1]! / half < 0.1) return "UTF-16BE";
  return null;
}

/** The single-byte encoding whose everyday letters most of the high bytes are; `damaged UTF-8` where most are UTF-8. */
export function guessSingleByte(bytes: Uint8Array): string | null {
  let high = 0, inSequences = 0;
  const counts = WESTERN.map(() => 0);
  const sets = WESTERN.map(([, letters]) => new Set(letters));
  for (let i = 0; i < bytes.length;) {
    const length = sequenceLength(bytes, i);
    if (length > 1) {
      high += length;
      inSequences += length;
    } else if (bytes[i]! >= 0x80) {
      high++;
      for (let k = 0; k < sets.length; k++) if (sets[k]!.has(bytes[i]!)) counts[k]!++;
    }
    i += Math.max(1, length);
  }
  if (inSequences > high / 2) return "damaged UTF-8";
  const best = counts.indexOf(Math.max(...counts));
  return counts[best]! >= SURE_SHARE * high ? WESTERN[best]![0] : null;
}

/** Bytes of the well-formed UTF-8 sequence at `i` (Unicode 16, table 3-7); 0 where there is none. */
export function sequenceLength(bytes: Uint8Array, i: number): number {
  const b = bytes[i]!;
  if (b < 0x80) return 1;
  const length = b >= 0xc2 && b <= 0xdf
    ? 2
    : b >= 0xe0 && b <= 0xef
    ? 3
    : b >= 0xf0 && b <= 0xf4
    ? 4
    : 0;
  return length > 0 && i + length <= bytes.length && isUtf8(bytes.subarray(i, i + length))
    ? length
    : 0;
}

/** Whether `bytes` start with `magic`. */
export function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return bytes.length >= magic.length && magic.every((b, i) => bytes[i] === b);
}
