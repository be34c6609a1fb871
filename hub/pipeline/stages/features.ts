/**
 * Stage: train rows into what training reads: one normalised text, a code and a content group a row.
 *
 * @module
 */
import { productText } from "@aisle/shared/features";
import { contentGroups } from "../../data/group.ts";
import { recipeFrom } from "../../features/fit.ts";
import type { TrainRow } from "../../training/train_input.ts";
import type { StageContext } from "../stage_context.ts";
import type { FeaturesInput, FeaturesOutput } from "../stage_values.ts";
import { collect } from "./ingest.ts";
import { writeJsonLines } from "../../data/json_lines.ts";

const ROWS_PER_TICK = 2_000;

/** Makes the texts of the rows of `input.train`; no other row is read. */
export async function features(
  input: FeaturesInput,
  context: StageContext,
): Promise<FeaturesOutput> {
  const { blobs, params, emit } = context;
  const rows = await collect(blobs, input.train);
  const recipe = recipeFrom(params.text);
  const groups = contentGroups(rows);
  function* texts(): Generator<TrainRow> {
    for (const [done, row] of rows.entries()) {
      if (done % ROWS_PER_TICK === 0) {
        emit({ type: "progress", done, total: rows.length, what: "texts" });
      }
      yield { text: productText(recipe, row), code: row.code, group: groups[done]! };
    }
  }
  return {
    texts: (await blobs.put(writeJsonLines(texts()))).digest,
    rows: rows.length,
    pictured: rows.filter(({ picture }) => picture !== "").length,
  };
}
