/**
 * Lists in pages: newest first, by cursor, so that rows added meanwhile shift nothing.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";

/** One page of a list; `next` is the cursor of the page after it, null at the end. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

/** Which page: `limit` 1 to 1,000 (50 when absent), `cursor` from the page before. */
export interface PageQuery {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

/** Rows that a page query asks for. */
export function limitOf(query: PageQuery): number {
  const limit = query.limit ?? 50;
  if (Number.isInteger(limit) && limit >= 1 && limit <= 1000) return limit;
  throw new AppError(
    "input-invalid",
    `Cannot list: limit must be a whole number from 1 to 1000: current value is ${limit}`,
  );
}

/** Sequence number that rows of the page asked for must stay below. */
export function beforeOf(query: PageQuery): number {
  if (query.cursor === undefined) return Number.MAX_SAFE_INTEGER;
  if (/^[1-9][0-9]{0,14}$/.test(query.cursor)) return Number(query.cursor);
  throw new AppError(
    "input-invalid",
    `Cannot list: cursor must come from the page before: current value is ${query.cursor}`,
  );
}

/** A page of `rows`, which were read newest first with one row more than the limit, to see whether more follow. */
export function pageOf<Row extends { readonly seq: number }, T>(
  rows: readonly Row[],
  query: PageQuery,
  show: (row: Row) => T,
): Page<T> {
  const limit = limitOf(query);
  const items = rows.slice(0, limit);
  return {
    items: items.map(show),
    next: rows.length > limit ? String(items.at(-1)!.seq) : null,
  };
}
