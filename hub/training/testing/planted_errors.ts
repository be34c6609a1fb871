/**
 * Rows some of whose labels are wrong on purpose.
 *
 * @module
 */
import { rng } from "@aisle/shared/random";
import type { TrainRow } from "../train_input.ts";

/** `rows` with the code of about `share` of them changed to another of the codes; `planted` are their numbers. */
export function plantErrors(
  rows: readonly TrainRow[],
  share: number,
  seed = 1,
): { readonly rows: TrainRow[]; readonly planted: ReadonlySet<number> } {
  const random = rng(seed);
  const codes = [...new Set(rows.map((row) => row.code))].sort();
  const planted = new Set<number>();
  const changed = rows.map((row, number) => {
    if (random() >= share) return row;
    planted.add(number);
    const others = codes.filter((code) => code !== row.code);
    return { ...row, code: others[Math.floor(random() * others.length)]! };
  });
  return { rows: changed, planted };
}
