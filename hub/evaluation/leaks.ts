/**
 * Gold rows that a bundle was trained on. There must be none; this looks instead of believing.
 *
 * @module
 */
import { contentGroup } from "../data/group.ts";
import type { ProductRow } from "../data/row.ts";
import type { Evaluation } from "./evaluation.ts";

/**
 * Gold rows whose id, normalised text or picture occurs among `trained`.
 *
 * @param placeholders pictures that say nothing of a product and may be on both sides
 */
export function findLeaks(
  gold: readonly ProductRow[],
  trained: Iterable<ProductRow>,
  placeholders: ReadonlySet<string>,
): NonNullable<Evaluation["leaks"]> {
  const ids = new Set<string>(), groups = new Set<string>(), pictures = new Set<string>();
  let trainedRows = 0;
  for (const row of trained) {
    trainedRows++;
    ids.add(row.id);
    groups.add(contentGroup(row));
    if (row.picture !== "" && !placeholders.has(row.picture)) pictures.add(row.picture);
  }
  const leaked = gold
    .filter((row) => ids.has(row.id) || groups.has(contentGroup(row)) || pictures.has(row.picture))
    .map((row) => row.id);
  return { trainedRows, rows: leaked.length, ids: leaked.sort() };
}
