/**
 * CSV as a stream of records with line numbers: what is malformed becomes a bad record, the rest goes on.
 *
 * The parsing is csv-parse's, over pieces of about a megabyte; this module finds the delimiter, keeps line
 * numbers and, after a broken quote, starts again at the next line, so that one stray quote costs one row
 * and not the rest of the file. It knows nothing of products.
 *
 * @module
 */
import { CsvError, parse } from "csv-parse/sync";
import { AppError } from "@aisle/shared/errors";
import { concat, countByte, utf8Chunks } from "./encoding.ts";

/** Why a record cannot be used. */
export type CsvFault = "field-count" | "broken-quote";

/** One record, or what stood where one should be. `line` is the number, from 1, of its first line. */
export type CsvRecord =
  | {
    readonly ok: true;
    readonly line: number;
    readonly fields: readonly string[];
    /** Its quotes break the rules, and it has the right fields when they are taken as they stand. */
    readonly mended?: true;
  }
  | {
    readonly ok: false;
    readonly line: number;
    readonly fault: CsvFault;
    readonly message: string;
    /** The start of its text. */
    readonly raw: string;
    /** First field, as a hint to which row it is; null where none could be read. */
    readonly first: string | null;
  };

/** A table whose header has been read. */
export interface CsvTable {
  readonly header: readonly string[];
  readonly delimiter: string;
  /** The records below the header, once. */
  readonly records: AsyncGenerator<CsvRecord>;
}

const NEWLINE = 10, RETURN = 13;
const DELIMITERS = [",", ";", "\t", "|"] as const;
/** Bytes parsed at once: large enough that csv-parse's start-up does not show, small enough to stay in cache. */
const PIECE_BYTES = 1 << 20;
/** A record longer than this is an open quote that never closes. */
const MAX_RECORD_BYTES = 4 << 20;
/** Longest excerpt of a bad record. */
const RAW_CHARS = 200;

const decoder = new TextDecoder();

/**
 * Opens `stream` as CSV: quotes, newlines in fields, CRLF, a byte order mark; `,`, `;`, tab or `|` between fields,
 * whichever parts the header most (or Excel's `sep=` line says).
 *
 * @param name what the file is called in messages
 * @throws {AppError} `csv-invalid` for an empty file, a header that cannot be read, or (while the records are read) bytes that are not UTF-8
 */
export async function openCsv(stream: ReadableStream<Uint8Array>, name: string): Promise<CsvTable> {
  const input = pieces(utf8Chunks(stream, name));
  const first = await input.next();
  let rest: Uint8Array = first.done ? new Uint8Array(0) : first.value.bytes;
  if (first.done || isBlank(rest)) {
    throw new AppError(
      "csv-invalid",
      `Cannot read ${name}: the file is empty. Give a CSV file with a header line`,
    );
  }
  const newlines = rest.includes(NEWLINE) ? ["\r\n", "\n"] : ["\r"];
  let line = 1, delimiter: string | null = null;
  const sep = /^sep=(.)\r?\n/.exec(decoder.decode(rest.subarray(0, 8)));
  if (sep !== null) {
    delimiter = sep[1]!;
    rest = rest.subarray(sep[0].length);
    line++;
  }
  delimiter ??= guessDelimiter(rest, newlines);
  const format: CsvFormat = { delimiter, newlines };
  const header = parseSome(rest, format, { to: 1 });
  const head = header.records[0];
  if (head === undefined) {
    throw new AppError(
      "csv-invalid",
      `Cannot read ${name}: the header (line ${line}) has a quote that is not closed. Close it, or double quotes inside a quoted name`,
    );
  }
  line += countLines(rest.subarray(0, head.end), newlines);
  const body = { bytes: rest.subarray(head.end), last: first.value.last };
  return {
    header: head.fields,
    delimiter,
    records: readRecords(body, input, { format, width: head.fields.length, line }),
  };
}

interface CsvFormat {
  readonly delimiter: string;
  readonly newlines: readonly string[];
}

interface Piece {
  readonly bytes: Uint8Array;
  readonly last: boolean;
}

interface Parsed {
  readonly fields: readonly string[];
  /** Offset behind the record. */
  readonly end: number;
}

/** Gathers chunks to pieces of {@linkcode PIECE_BYTES}; says which is the last. */
async function* pieces(chunks: AsyncGenerator<Uint8Array>): AsyncGenerator<Piece> {
  let parts: Uint8Array[] = [], size = 0;
  const gather = () => {
    const all = new Uint8Array(size);
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    [parts, size] = [[], 0];
    return all;
  };
  for await (const chunk of chunks) {
    if (size >= PIECE_BYTES) yield { bytes: gather(), last: false };
    parts.push(chunk);
    size += chunk.length;
  }
  if (size > 0) yield { bytes: gather(), last: true };
}

/** The records of `piece` and of all pieces behind it. */
async function* readRecords(
  piece: Piece,
  input: AsyncGenerator<Piece>,
  { format, width, line }: { format: CsvFormat; width: number; line: number },
): AsyncGenerator<CsvRecord> {
  let { bytes, last } = piece;
  while (true) {
    let { records, broken } = parseSome(bytes, format);
    // The last record may go on in the next piece; only its newline, or the end of the file, ends it.
    const open = last || broken !== null ? undefined : records.at(-1);
    let at = 0;
    for (const record of records) {
      if (record === open && !endsLine(bytes, record.end, format)) break;
      const start = skipBlankLines(bytes, at);
      line += countLines(bytes.subarray(at, start), format.newlines);
      at = start;
      if (swallowed(bytes, start, record, width, format)) {
        broken = "swallowed";
        break;
      }
      yield judge(record.fields, bytes.subarray(start, record.end), line, width);
      line += countLines(bytes.subarray(start, record.end), format.newlines);
      at = record.end;
    }
    if (broken !== null) {
      const start = skipBlankLines(bytes, at);
      const waiting = broken === "CSV_QUOTE_NOT_CLOSED" && !last &&
        bytes.length - start <= MAX_RECORD_BYTES;
      if (!waiting) {
        // Whatever the broken quote swallowed is read again from the next line on.
        line += countLines(bytes.subarray(at, start), format.newlines);
        const end = lineEnd(bytes, start, format);
        yield mendOrReject(bytes.subarray(start, end), line, width, format);
        line++;
        at = end;
      }
      bytes = bytes.subarray(at);
      if (!waiting && bytes.length > 0) continue;
    } else {
      bytes = bytes.subarray(at);
    }
    const next = last ? { done: true as const, value: undefined } : await input.next();
    if (next.done) return;
    bytes = bytes.length === 0 ? next.value.bytes : concat(bytes, next.value.bytes);
    last = next.value.last;
  }
}

/** The whole records at the start of `bytes`, up to the first that is broken, and how it is. */
function parseSome(
  bytes: Uint8Array,
  { delimiter, newlines }: CsvFormat,
  options: { readonly to?: number; readonly relax_quotes?: boolean } = {},
): { records: Parsed[]; broken: string | null } {
  const records: Parsed[] = [];
  try {
    parse(bytes, {
      ...options,
      delimiter,
      record_delimiter: [...newlines],
      relax_column_count: true,
      skip_empty_lines: true,
      on_record: (fields: string[], { bytes: end }: { bytes: number }) => {
        records.push({ fields, end });
        return null;
      },
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return { records, broken: error.code };
  }
  return { records, broken: null };
}

/** Whether an open quote in `record` has taken in rows below it: its fields are wrong, and one of those lines alone is right. */
function swallowed(
  bytes: Uint8Array,
  start: number,
  { fields, end }: Parsed,
  width: number,
  format: CsvFormat,
): boolean {
  if (fields.length === width) return false;
  for (let at = lineEnd(bytes, start, format); at < end;) {
    const next = lineEnd(bytes, at, format);
    const { records } = parseSome(bytes.subarray(at, next), format, { to: 1 });
    if (records[0]?.fields.length === width) return true;
    at = next;
  }
  return false;
}

function judge(fields: readonly string[], raw: Uint8Array, line: number, width: number): CsvRecord {
  if (fields.length === width) return { ok: true, line, fields };
  return {
    ok: false,
    line,
    fault: "field-count",
    message:
      `it has ${fields.length} field${fields.length === 1 ? "" : "s"}, the header has ${width}` +
      (fields.length > width ? "; put quotes around a text that holds the delimiter" : ""),
    raw: excerpt(raw),
    first: fields[0]?.slice(0, RAW_CHARS) ?? null,
  };
}

/** A line with a quote where none may be: taken as it is where that gives the right fields (`TV 40" HD`), else bad. */
function mendOrReject(raw: Uint8Array, line: number, width: number, format: CsvFormat): CsvRecord {
  const { records } = parseSome(raw, format, { relax_quotes: true });
  const fields = records[0]?.fields;
  if (fields?.length === width) return { ok: true, line, fields, mended: true };
  return {
    ok: false,
    line,
    fault: "broken-quote",
    message: "a quote in it is not closed, or not doubled inside a quoted text",
    raw: excerpt(raw),
    first: excerpt(raw).split(format.delimiter)[0]?.trim() ?? null,
  };
}

/** The delimiter that parts the first line most; a comma where none parts it. */
function guessDelimiter(bytes: Uint8Array, newlines: readonly string[]): string {
  let best = ",", most = 1;
  for (const delimiter of DELIMITERS) {
    const fields = parseSome(bytes, { delimiter, newlines }, { to: 1 }).records[0]?.fields.length ??
      0;
    if (fields > most) [best, most] = [delimiter, fields];
  }
  return best;
}

function excerpt(raw: Uint8Array): string {
  return decoder.decode(raw.subarray(0, 4 * RAW_CHARS)).slice(0, RAW_CHARS).trimEnd();
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((b) => b === NEWLINE || b === RETURN || b === 32 || b === 9);
}

function newlineByte(newlines: readonly string[]): number {
  return newlines.includes("\n") ? NEWLINE : RETURN;
}

function countLines(bytes: Uint8Array, newlines: readonly string[]): number {
  return countByte(bytes, newlineByte(newlines));
}

function endsLine(bytes: Uint8Array, end: number, { newlines }: CsvFormat): boolean {
  return end > 0 && bytes[end - 1] === newlineByte(newlines);
}

/** Offset behind the line that holds `start`. */
function lineEnd(bytes: Uint8Array, start: number, { newlines }: CsvFormat): number {
  const at = bytes.indexOf(newlineByte(newlines), start);
  return at < 0 ? bytes.length : at + 1;
}

function skipBlankLines(bytes: Uint8Array, at: number): number {
  while (bytes[at] === NEWLINE || bytes[at] === RETURN) at++;
  return at;
}
