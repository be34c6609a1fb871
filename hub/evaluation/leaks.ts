/**
 * Gold rows that a bundle was trained on. There must be none; this looks instead of believing.
 *
 * @module
 */
import type { ProductRow } from "../data/row.ts";
import type { Evaluation } from "./evaluation.ts";

/** Gold rows whose id occurs among `trained`. */
export function findLeaks(
  gold: readonly ProductRow[],
  trained: Iterable<ProductRow>,
): NonNullable<Evaluation["leaks"]> {
  const ids = new Set<string>();
  let trainedRows = 0;
  for (const row of trained) {
    trainedRows++;
    ids.add(row.id);
  }
  const leaked = gold.filter((row) => ids.has(row.id)).map((row) => row.id);
  return { trainedRows, rows: leaked.length, ids: leaked.sort() };
}
