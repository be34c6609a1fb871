/**
 * Stage: raw files into one immutable data version; what users' feedback said before stays said.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { writeSetAside } from "../../data/bad_rows.ts";
import { overlayFeedback } from "../../data/merge.ts";
import { type BadRow, readProducts } from "../../data/products.ts";
import type { ProductRow } from "../../data/row.ts";
import { readRows, versionOf, writeRows } from "../../data/version.ts";
import type { StageContext } from "../stage_context.ts";
import type { DatasetOutput, IngestInput } from "../stage_values.ts";

/** How many rows pass between two looks at the signal and two signs of life. */
const ROWS_PER_TICK = 2_000;

/** Reads every product; bad rows are set aside with a reason, the rest goes on. */
export async function ingest(input: IngestInput, context: StageContext): Promise<DatasetOutput> {
  const { blobs, params, emit, signal } = context;
  const rows = new Map<string, ProductRow>();
  const bad: BadRow[] = [];
  let seen = 0;
  for await (const product of readProducts(input.source, (key) => blobs.open(key))) {
    if (++seen % ROWS_PER_TICK === 0) {
      signal.throwIfAborted();
      emit({ type: "progress", done: seen, total: 0, what: `${seen} rows read` });
    }
    if (product.ok) rows.set(product.row.id, product.row);
    else bad.push(product.bad);
  }
  const { maxBadRowShare } = params.check;
  if (rows.size === 0 || bad.length > maxBadRowShare * seen) {
    throw new AppError(
      "data-invalid",
      `Cannot ingest: ${bad.length} of ${seen} rows must be set aside` +
        (bad.length > 0 ? `, the first because ${bad[0]!.message} (line ${bad[0]!.line})` : "") +
        `; check.maxBadRowShare allows ${maxBadRowShare}`,
      { details: bad.slice(0, 20) },
    );
  }
  const feedbackRows = input.feedbackRows === null ? [] : await collect(blobs, input.feedbackRows);
  const laid = overlayFeedback(rows.values(), feedbackRows);
  const said = laid.filter((row) => row.origin === "feedback");
  return await storeVersion(laid, said, bad, context);
}

/** Writes a data version and its set-aside file as blobs. */
export async function storeVersion(
  rows: readonly ProductRow[],
  feedbackRows: readonly ProductRow[],
  bad: readonly BadRow[],
  { blobs }: StageContext,
): Promise<DatasetOutput> {
  const version = versionOf(rows);
  const reasons: Record<string, number> = {};
  for (const { reason } of bad) reasons[reason] = (reasons[reason] ?? 0) + 1;
  return {
    dataset: version.digest,
    blob: (await blobs.put(writeRows(rows))).digest,
    rows: version.rows,
    classes: version.classes,
    setAsideBlob: bad.length === 0 ? null : (await blobs.put(writeSetAside(bad))).digest,
    setAside: bad.length,
    setAsideReasons: reasons,
    feedbackRows: feedbackRows.length === 0
      ? null
      : (await blobs.put(writeRows(feedbackRows))).digest,
  };
}

/** The rows of a blob. */
export async function collect(blobs: StageContext["blobs"], digest: string): Promise<ProductRow[]> {
  return await Array.fromAsync(readRows(await blobs.open(digest)));
}
