/**
 * Real catalogues for tests and benchmarks, read from where AISLE_CASES says; never part of the repository.
 *
 * A case is a folder with `train/` and `test/`, each with `x.csv` and `y.csv` in the challenge's layout.
 *
 * @module
 */
import { productText } from "@aisle/shared/features";
import { contentGroup } from "../../data/group.ts";
import { readProducts } from "../../data/products.ts";
import type { Open } from "../../data/source.ts";
import type { TrainRow } from "../train_input.ts";

/** Rows of `part` (such as `flipkart/train`), read as ingest reads them. */
export async function readCase(part: string, titleRepeat: number, open: Open): Promise<TrainRow[]> {
  const source = {
    kind: "challenge",
    x: `${part}/x.csv`,
    y: `${part}/y.csv`,
    images: null,
  } as const;
  const rows: TrainRow[] = [];
  for await (const read of readProducts(source, open)) {
    if (!read.ok) continue;
    const text = productText({ titleRepeat }, read.row);
    rows.push({ text, code: read.row.code, group: contentGroup(read.row) });
  }
  return rows;
}
