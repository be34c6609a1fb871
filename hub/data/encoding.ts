/**
 * Guards the door for bytes: only UTF-8 text passes; anything else is named, with the line and the command that mends it.
 *
 * It guesses, for the message alone: nothing is ever decoded by a guess.
 *
 * @module
 */
import { isUtf8 } from "node:buffer";
import { AppError } from "@aisle/shared/errors";
import { guessSingleByte, guessWide, sequenceLength, startsWith } from "./encoding_guess.ts";

const NEWLINE = 10;
const BOM = [0xef, 0xbb, 0xbf];
/** How much is looked at before the first byte is let through; a shorter file is looked at whole. */
const SNIFF_BYTES = 4096;

/** With more zero bytes than this a file is binary; a stray one only damages its row. */
const MAX_ZERO_SHARE = 0.01;

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
  const wide = guessWide(bytes.subarray(0, SNIFF_BYTES));
  if (wide !== null) throw refusal(name, wide, 1, iconv(wide));
  const sample = bytes.subarray(0, SNIFF_BYTES);
  if (countByte(sample, 0) > MAX_ZERO_SHARE * sample.length) {
    throw new AppError(
      "csv-invalid",
      `Cannot read ${name}: it is binary, not CSV text (zero bytes near the start). To mend it, export the table as CSV UTF-8`,
    );
  }
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

/** Offset of the first byte that cannot stand in UTF-8; the length where all can. */
function firstInvalid(bytes: Uint8Array): number {
  for (let i = 0; i < bytes.length;) {
    const length = sequenceLength(bytes, i);
    if (length === 0) return i;
    i += length;
  }
  return bytes.length;
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
