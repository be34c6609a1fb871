/**
 * The first rows of a table that somebody sent, and what its columns probably are.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { type ColumnGuess, guessColumns } from "../data/column_guess.ts";
import { openCsv } from "../data/csv.ts";
import type { BlobsPort } from "./ports.ts";

/** What can be seen of a table without reading it all. */
export interface TablePreview {
  readonly header: readonly string[];
  readonly delimiter: string;
  /** Cells of the first rows that can be read. */
  readonly rows: readonly (readonly string[])[];
  readonly guess: ColumnGuess;
}

/** Rows that guesses rest on. */
const LOOKED_AT = 50;
/** Bytes that hold them, however long their texts are; the rest of the file is not read. */
const MAX_BYTES = 4 << 20;

/**
 * Reads the beginning of the blob.
 *
 * @throws {AppError} `not-found`; `csv-invalid` where it is no table
 */
export async function previewTable(
  blobs: BlobsPort,
  digest: string,
  rows: number,
): Promise<TablePreview> {
  if (!await blobs.has(digest)) {
    throw new AppError("not-found", `Cannot find the blob ${digest}: it is not stored here`);
  }
  const end = Math.min(await blobs.size(digest), MAX_BYTES);
  const table = await openCsv(await blobs.open(digest, { start: 0, end }), "the table");
  const cells: (readonly string[])[] = [];
  try {
    for await (const record of table.records) {
      if (record.ok) cells.push(record.fields);
      if (cells.length >= Math.max(rows, LOOKED_AT)) break;
    }
  } catch (error) {
    // The beginning may end inside a letter; what was read before stands.
    if (cells.length === 0) throw error;
  }
  return {
    header: table.header,
    delimiter: table.delimiter,
    rows: cells.slice(0, rows),
    guess: guessColumns(table.header, cells.slice(0, LOOKED_AT)),
  };
}
