/**
 * Tables as streams of CSV in UTF-8.
 *
 * @module
 */
import { stringify } from "csv-stringify/sync";

/** How many rows are written at once: setting the writer up costs more than a row. */
const BATCH_ROWS = 1_000;

/** A CSV file of `header` and `rows`, made as it is read. */
export function csvStream(
  header: readonly string[],
  rows: Iterable<readonly string[]>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return ReadableStream.from(encode(header, rows));
}

function* encode(
  header: readonly string[],
  rows: Iterable<readonly string[]>,
): Generator<Uint8Array<ArrayBuffer>> {
  const utf8 = new TextEncoder();
  const write = (batch: readonly (readonly string[])[]) =>
    utf8.encode(stringify(batch as string[][], { record_delimiter: "\n" }));
  let batch: (readonly string[])[] = [header];
  for (const row of rows) {
    batch.push(row);
    if (batch.length < BATCH_ROWS) continue;
    yield write(batch);
    batch = [];
  }
  if (batch.length > 0) yield write(batch);
}
