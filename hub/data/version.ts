/**
 * Immutable versions of a data set: their name, their difference, and how their rows are kept.
 *
 * A version is named by the hash of its sorted (row id, content hash) list: the order of rows in a file
 * is no part of it. Rows are kept as gzipped JSON lines, sorted by id.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { hasher } from "@aisle/shared/hash";
import { readJsonLines, writeJsonLines } from "./json_lines.ts";
import { contentHash, type ProductRow } from "./row.ts";

/** What a version is and holds. */
export interface DataVersion {
  readonly digest: string;
  readonly rows: number;
  /** Rows of each code, sorted by code. */
  readonly classes: Readonly<Record<string, number>>;
}

/** How a version differs from another; the lists hold the first {@linkcode MAX_DIFF_IDS} ids, the counts are exact. */
export interface VersionDiff {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
  readonly addedCount: number;
  readonly removedCount: number;
  readonly changedCount: number;
}

/** Ids listed for each kind of difference. */
export const MAX_DIFF_IDS = 1_000;

/**
 * Name, size and classes of the version that `rows` are.
 *
 * @throws {AppError} `data-invalid` where two rows have one id
 */
export function versionOf(rows: Iterable<ProductRow>): DataVersion {
  const sorted = sortById(rows);
  const hash = hasher();
  const counts = new Map<string, number>();
  for (const row of sorted) {
    hash.update(`${row.id}\t${contentHash(row)}\n`);
    counts.set(row.code, (counts.get(row.code) ?? 0) + 1);
  }
  const classes = Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  return { digest: hash.hex(), rows: sorted.length, classes };
}

/** Row-level difference from `parent` to `child`. */
export function diffVersions(
  parent: Iterable<ProductRow>,
  child: Iterable<ProductRow>,
): VersionDiff {
  const before = new Map<string, string>();
  for (const row of parent) before.set(row.id, contentHash(row));
  const added: string[] = [], changed: string[] = [];
  for (const row of child) {
    const hash = before.get(row.id);
    before.delete(row.id);
    if (hash === undefined) added.push(row.id);
    else if (hash !== contentHash(row)) changed.push(row.id);
  }
  const removed = [...before.keys()];
  const list = (ids: string[]) => ids.sort().slice(0, MAX_DIFF_IDS);
  return {
    addedCount: added.length,
    removedCount: removed.length,
    changedCount: changed.length,
    added: list(added),
    removed: list(removed),
    changed: list(changed),
  };
}

/**
 * `rows` as they are kept: gzipped JSON lines sorted by id; equal rows give equal bytes.
 *
 * @throws {AppError} `data-invalid` where two rows have one id
 */
export function writeRows(rows: Iterable<ProductRow>): ReadableStream<Uint8Array<ArrayBuffer>> {
  return writeJsonLines(sortById(rows).values().map(keptForm));
}

/**
 * The rows that {@linkcode writeRows} wrote, sorted by id.
 *
 * @throws {AppError} `data-invalid` where the stream holds something else
 */
export async function* readRows(stream: ReadableStream<Uint8Array>): AsyncGenerator<ProductRow> {
  const lines = readJsonLines(stream);
  while (true) {
    let next: IteratorResult<unknown>;
    try {
      next = await lines.next();
    } catch (cause) {
      throw new AppError("data-invalid", "Cannot read rows: the file is damaged or cut short", {
        cause,
      });
    }
    if (next.done) return;
    yield checkRow(next.value);
  }
}

/**
 * The row with its members in one order, whatever order the caller made them in; no picture is not written, so
 * that rows without one keep the bytes they had before rows could have one.
 */
function keptForm(row: ProductRow): Partial<ProductRow> {
  const { id, designation, description, code, productId, imageId, image, picture, origin } = row;
  const kept = { id, designation, description, code, productId, imageId, image };
  const whole = picture === "" ? { ...kept, origin } : { ...kept, picture, origin };
  return row.source === undefined ? whole : { ...whole, source: row.source };
}

const TEXTS = [
  "id",
  "designation",
  "description",
  "code",
  "productId",
  "imageId",
  "image",
  "picture",
] as const;

function checkRow(value: unknown): ProductRow {
  const row: Record<string, unknown> = { picture: "", ...(value ?? {}) };
  const whole = TEXTS.every((member) => typeof row[member] === "string") &&
    (row["origin"] === "raw" || row["origin"] === "feedback") &&
    (row["source"] === undefined || typeof row["source"] === "string");
  if (!whole) throw new AppError("data-invalid", "Cannot read rows: a line is no product row");
  return row as unknown as ProductRow;
}

/** By code units, so that the order is the same everywhere. */
function sortById(rows: Iterable<ProductRow>): ProductRow[] {
  const sorted = [...rows].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  for (let i = 1; i < sorted.length; i++) {
    if (sorted[i]!.id !== sorted[i - 1]!.id) continue;
    throw new AppError(
      "data-invalid",
      `Cannot name a version: two rows have the id ${sorted[i]!.id}`,
    );
  }
  return sorted;
}
