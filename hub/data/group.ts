/**
 * Content groups: products with the same normalised text are one, and stay on one side of every split.
 *
 * @module
 */
import { normalizeText } from "@aisle/shared/features";
import { sha256 } from "@aisle/shared/hash";
import type { ProductRow } from "./row.ts";

/**
 * Name of a row's content group: SHA-256 of its normalised text (the very normalisation that features are
 * made from, so that what a model cannot tell apart is never parted). A row without text is a group of its own.
 */
export function contentGroup(row: Pick<ProductRow, "id" | "designation" | "description">): string {
  const text = `${normalizeText(row.designation)} ${normalizeText(row.description)}`.trim();
  // No normalised text starts with a zero character followed by this, so that the two kinds cannot meet.
  return sha256(text === "" ? `\u0000id:${row.id}` : text);
}
