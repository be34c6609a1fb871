/**
 * Guards the door for bytes: only UTF-8 text passes; anything else is named, with the line and the command that mends it.
 *
 * It guesses, for the message alone: nothing is ever decoded by a guess.
 *
 * @module
 */
import { isUtf8 } from "node:buffer";
import { AppError } from "@aisle/shared/errors";

const NEWLINE = 10;
const BOM = [0xef, 0xbb, 0xbf];
/** How much is looked at before the first byte is let through; a shorter file is looked at whole. */
const SNIFF_BYTES = 4096;

/** First bytes of files that people mistake for CSV, and what to do with each. */
const MAGIC: readonly (readonly [bytes: readonly number[], what: string, mend: string])[] = [
  [
    [0x50, 0x4b, 3, 4],
    "a zip or an Excel workbook (.xlsx)",
    "unpack it, or save the sheet as CSV UTF-8",
  ],
  [[0xd0, 0xcf, 0x11, 0xe0], "an old Excel workbook (.xls)", "save the sheet as CSV UTF-8"],
  [[0x1f, 0x8b], "compressed with gzip", "unpack it: gunzip FILE.gz"],
  [[0x28, 0xb5, 0x2f, 0xfd], "compressed with zstd", "unpack it: zstd -d FILE.zst"],
  [[0x25, 0x50, 0x44, 0x46], "a PDF", "export the table as CSV UTF-8"],
  [[0xff, 0xd8, 0xff], "a JPEG picture", "give the CSV file"],
  [[0x89, 0x50, 0x4e, 0x47], "a PNG picture", "give the CSV file"],
];

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

/**
 * The chunks of `stream`, without a byte order mark, each whole UTF-8 and cut at a character's border.
 *
 * @param name what the file is called in messages
 * @throws {AppError} `csv-invalid` where the bytes are not UTF-8 text: says which encoding they seem to be in, at which line, and how to mend it
 */
export async function* utf8Chunks(
  stream: ReadableStream<Uint8Array>,
  name: string,
): AsyncGenerator<Uint8Array> {
  let carry: Uint8Array = new Uint8Array(0);
  let line = 1, started = false;
  for await (const piece of stream) {
    let bytes = carry.length === 0 ? piece : concat(carry, piece);
    if (!started) {
      if (bytes.length < SNIFF_BYTES) {
        carry = bytes.slice();
        continue;
      }
      started = true;
      refuseForeign(bytes, name);
      bytes = withoutBom(bytes);
    }
    const end = characterBorder(bytes);
    const whole = bytes.subarray(0, end);
    carry = bytes.slice(end);
    if (!isUtf8(whole)) throw notUtf8(whole, line, name);
    line += countByte(whole, NEWLINE);
    if (whole.length > 0) yield whole;
  }
  if (!started) {
    refuseForeign(carry, name);
    carry = withoutBom(carry);
  }
  if (carry.length === 0) return;
  if (!isUtf8(carry)) throw notUtf8(carry, line, name);
  yield carry;
}

/** Refuses what the first bytes show not to be UTF-8 text. */
function refuseForeign(bytes: Uint8Array, name: string): void {
  for (const [magic, what, mend] of MAGIC) {
    if (startsWith(bytes, magic)) {
      throw new AppError(
        "csv-invalid",
        `Cannot read ${name}: it is ${what}, not CSV text. To mend it, ${mend}`,
      );
    }
  }
  const wide = wideEncoding(bytes);
  if (wide !== null) throw refusal(name, wide, 1, iconv(wide));
  if (bytes.subarray(0, SNIFF_BYTES).includes(0)) {
    throw new AppError(
      "csv-invalid",
      `Cannot read ${name}: it is binary, not CSV text (a zero byte near the start). To mend it, export the table as CSV UTF-8`,
    );
  }
}

/** UTF-16 or UTF-32, by byte order mark or by zero bytes at every other place; null otherwise. */
function wideEncoding(bytes: Uint8Array): string | null {
  if (startsWith(bytes, [0xff, 0xfe, 0, 0]) || startsWith(bytes, [0, 0, 0xfe, 0xff])) {
    return "UTF-32";
  }
  if (startsWith(bytes, [0xff, 0xfe]) || startsWith(bytes, [0xfe, 0xff])) return "UTF-16";
  const sample = bytes.subarray(0, SNIFF_BYTES);
  const zeros = [0, 0];
  for (let i = 0; i < sample.length; i++) if (sample[i] === 0) zeros[i % 2]!++;
  const half = Math.max(1, sample.length / 2);
  if (zeros[1]! / half > 0.3 && zeros[0]! / half < 0.1) return "UTF-16LE";
  if (zeros[0]! / half > 0.3 && zeros[1]! / half < 0.1) return "UTF-16BE";
  return null;
}

/** The refusal for `bytes`, of which the first line is number `firstLine` of the file. */
function notUtf8(bytes: Uint8Array, firstLine: number, name: string): AppError {
  const at = firstInvalid(bytes);
  const line = firstLine + countByte(bytes.subarray(0, at), NEWLINE);
  const guess = guessSingleByte(bytes);
  return guess === "damaged UTF-8"
    ? refusal(
      name,
      guess,
      line,
      "iconv -c -f UTF-8 -t UTF-8 FILE > FILE.utf8.csv (drops the damaged bytes)",
    )
    : guess === null
    ? refusal(
      name,
      "an encoding other than UTF-8",
      line,
      "iconv -f ENCODING -t UTF-8 FILE > FILE.utf8.csv",
    )
    : refusal(name, guess, line, iconv(guess));
}

function refusal(name: string, encoding: string, line: number, command: string): AppError {
  return new AppError(
    "csv-invalid",
    `Cannot read ${name}: it must be UTF-8 and seems to be ${encoding} (line ${line}). To mend it: ${command}`,
    { details: { encoding, line, command } },
  );
}

function iconv(from: string): string {
  return `iconv -f ${from} -t UTF-8 FILE > FILE.utf8.csv`;
}

/** The single-byte encoding whose everyday letters most of the high bytes are; `damaged UTF-8` where most are UTF-8. */
function guessSingleByte(bytes: Uint8Array): string | null {
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

/** Offset of the first byte that cannot stand in UTF-8; the length where all can. */
function firstInvalid(bytes: Uint8Array): number {
  for (let i = 0; i < bytes.length;) {
    const length = sequenceLength(bytes, i);
    if (length === 0) return i;
    i += length;
  }
  return bytes.length;
}

/** Bytes of the well-formed UTF-8 sequence at `i` (Unicode 16, table 3-7); 0 where there is none. */
function sequenceLength(bytes: Uint8Array, i: number): number {
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

/** The largest cut of `bytes` that splits no character: at most three bytes before the end. */
function characterBorder(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const b = bytes[bytes.length - back]!;
    if (b < 0x80) return bytes.length;
    if (b >= 0xc0) {
      const length = b >= 0xf0 ? 4 : b >= 0xe0 ? 3 : 2;
      return back < length ? bytes.length - back : bytes.length;
    }
  }
  return bytes.length;
}

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return bytes.length >= magic.length && magic.every((b, i) => bytes[i] === b);
}

function withoutBom(bytes: Uint8Array): Uint8Array {
  return startsWith(bytes, BOM) ? bytes.subarray(BOM.length) : bytes;
}

/** How often `byte` occurs in `bytes`. */
export function countByte(bytes: Uint8Array, byte: number): number {
  let count = 0;
  for (let at = bytes.indexOf(byte); at >= 0; at = bytes.indexOf(byte, at + 1)) count++;
  return count;
}

/** Both pieces in one array. */
export function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
