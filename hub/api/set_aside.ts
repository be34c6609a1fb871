/**
 * Rows that an ingest set aside, out of the file that it wrote of them.
 *
 * @module
 */
import { openCsv } from "../data/csv.ts";
import type { Dataset } from "../registry/datasets.ts";
import type { BlobsPort } from "./ports.ts";

/** One row that was set aside. */
export interface SetAsideRow {
  /** Which of the source's files it stood in. */
  readonly file: string;
  readonly line: number;
  readonly id: string;
  /** For programs; `message` is for people. */
  readonly reason: string;
  readonly message: string;
  /** The start of the row as it stood. */
  readonly raw: string;
}

/** A page of them, and how many there are for each reason. */
export interface SetAsidePage {
  readonly items: readonly SetAsideRow[];
  readonly next: number | null;
  readonly reasons: Readonly<Record<string, number>>;
}

/** The blob of the file; null for versions from which nothing was set aside. */
export function setAsideBlob({ source }: Dataset): string | null {
  const blob = (source as { readonly setAsideBlob?: unknown } | null)?.setAsideBlob;
  return typeof blob === "string" ? blob : null;
}

/** Rows from position `from` on, in the order of the source. */
export async function readSetAside(
  blobs: BlobsPort,
  dataset: Dataset,
  { from = 0, limit }: { readonly from?: number | undefined; readonly limit: number },
): Promise<SetAsidePage> {
  const blob = setAsideBlob(dataset);
  if (blob === null || !await blobs.has(blob)) return { items: [], next: null, reasons: {} };
  const { records } = await openCsv(await blobs.open(blob), "the rows that were set aside");
  const items: SetAsideRow[] = [], reasons: Record<string, number> = {};
  let at = 0, next: number | null = null;
  for await (const record of records) {
    if (!record.ok) continue;
    const [file = "", line = "", id = "", reason = "", message = "", raw = ""] = record.fields;
    reasons[reason] = (reasons[reason] ?? 0) + 1;
    if (at++ < from) continue;
    if (items.length < limit) {
      items.push({ file, line: Number(line), id, reason, message, raw });
    } else next ??= at - 1;
  }
  return { items, next, reasons };
}
