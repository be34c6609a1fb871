/**
 * Rows of the review queue: found and shown.
 *
 * @module
 */
import { and, eq, isNull } from "drizzle-orm";
import type { Queries } from "../db/database.ts";
import { reviewAnswers, reviewItems } from "../db/schema/mod.ts";
import type { ReviewItem, ReviewWhy } from "./review.ts";

/** A row as it is kept. */
export type ItemRow = typeof reviewItems.$inferSelect;

/** Answers that were not taken back. */
export const stands = isNull(reviewAnswers.undoneAt);

/** The product `id` of `catalogue`. */
export async function findItem(
  db: Queries,
  catalogue: string,
  id: string,
): Promise<ItemRow | undefined> {
  return await db.select().from(reviewItems)
    .where(and(eq(reviewItems.catalogue, catalogue), eq(reviewItems.id, id))).get();
}

/** A row as others see it. */
export function showItem(
  { seq: _seq, kind: _kind, updatedAt: _updatedAt, ...row }: ItemRow,
): ReviewItem {
  return { ...row, reasons: row.reasons as ReviewWhy[] };
}
