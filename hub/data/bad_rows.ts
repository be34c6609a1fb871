/**
 * The file of rows that were set aside, for people to mend.
 *
 * @module
 */
import { csvStream } from "./processed.ts";
import type { BadRow } from "./products.ts";

/** CSV of `bad`: file, line, id, reason, message and the start of the row as it stood. */
export function writeSetAside(bad: readonly BadRow[]): ReadableStream<Uint8Array<ArrayBuffer>> {
  return csvStream(
    ["file", "line", "id", "reason", "message", "raw"],
    bad,
    (row) => [row.file, String(row.line), row.id ?? "", row.reason, row.message, row.raw],
  );
}
