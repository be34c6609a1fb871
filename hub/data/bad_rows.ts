/**
 * Rows that were set aside: why, and the file of them for people to mend.
 *
 * @module
 */
import { csvStream } from "./processed.ts";
import type { SourceFile } from "./source.ts";

/** Why a row was set aside, for programs. */
export const BAD_ROW_REASONS = {
  "field-count": "the number of fields differs from the header's",
  "broken-quote": "a quote is not closed or not doubled",
  "control-character": "a character in it is not text",
  "empty-id": "it has no id",
  "reserved-id": "its id belongs to rows that feedback gave",
  "duplicate-id": "its id has come before",
  "no-code": "it has no code",
  "conflicting-codes": "the codes file gives its id more than one code",
  "no-product": "the codes file has a code for an id that no product has",
} as const;
/** One of {@linkcode BAD_ROW_REASONS}. */
export type BadRowReason = keyof typeof BAD_ROW_REASONS;

/** A row that was set aside. */
export interface BadRow {
  readonly file: SourceFile;
  /** Number, from 1, of the row's first line in its file. */
  readonly line: number;
  readonly id: string | null;
  readonly reason: BadRowReason;
  readonly message: string;
  /** The start of the row. */
  readonly raw: string;
}

/** CSV of `bad`: file, line, id, reason, message and the start of the row as it stood. */
export function writeSetAside(bad: readonly BadRow[]): ReadableStream<Uint8Array<ArrayBuffer>> {
  return csvStream(
    ["file", "line", "id", "reason", "message", "raw"],
    bad,
    (row) => [row.file, String(row.line), row.id ?? "", row.reason, row.message, row.raw],
  );
}
