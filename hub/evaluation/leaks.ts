/**
 * Gold rows that a bundle was trained on. There must be none; this looks instead of believing.
 *
 * @module
 */
import { contentGroup } from "../data/group.ts";
import type { ProductRow } from "../data/row.ts";
import type { Evaluation } from "./evaluation.ts";

/** Gold rows whose id or whose normalised text occurs among `trained`. */
export function findLeaks(
  gold: readonly ProductRow[],
  trained: Iterable<ProductRow>,
): NonNullable<Evaluation["leaks"]> {
  const ids = new Set<string>(), groups = new Set<string>();
  let trainedRows = 0;
  for (const row of trained) {
    trainedRows++;
    ids.add(row.id);
    groups.add(contentGroup(row));
  }
  const leaked = gold.filter((row) => ids.has(row.id) || groups.has(contentGroup(row)))
    .map((row) => row.id);
  return { trainedRows, rows: leaked.length, ids: leaked.sort() };
}
