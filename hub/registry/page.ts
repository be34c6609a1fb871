/**
 * Lists in pages: newest first, by cursor, so that rows added meanwhile shift nothing.
 *
 * @module
 */

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
