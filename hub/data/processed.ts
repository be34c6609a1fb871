/**
 * Product rows as CSV for people, in the challenge's columns; written, never read back.
 *
 * @module
 */
import { stringify } from "csv-stringify/sync";
import type { ProductRow } from "./row.ts";

/** Rows turned into text at once. */
const ROWS_PER_CHUNK = 1_000;

/** CSV of `rows`: index (without a name, as in the challenge), texts, ids and code. */
export function processedCsv(rows: readonly ProductRow[]): ReadableStream<Uint8Array<ArrayBuffer>> {
  return csvStream(
    ["", "designation", "description", "productid", "imageid", "prdtypecode"],
    rows,
    (r) => [r.id, r.designation, r.description, r.productId, r.imageId, r.code],
  );
}

/** UTF-8 CSV with LF line ends, made while it is read. */
export function csvStream<Item>(
  header: readonly string[],
  items: readonly Item[],
  fields: (item: Item) => readonly string[],
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  let at = 0;
  return new ReadableStream({
    start: (controller) => controller.enqueue(encoder.encode(stringify([[...header]]))),
    pull: (controller) => {
      if (at >= items.length) return controller.close();
      const chunk = items.slice(at, at + ROWS_PER_CHUNK);
      at += ROWS_PER_CHUNK;
      controller.enqueue(encoder.encode(stringify(chunk.map((item) => [...fields(item)]))));
    },
  });
}
