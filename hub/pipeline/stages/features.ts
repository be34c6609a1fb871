/**
 * Stage: fits the feature space on the train set.
 *
 * @module
 */
import { productText, specToBytes } from "@aisle/shared/features";
import { fitSpec, recipeFrom } from "../../features/fit.ts";
import type { StageContext } from "../stage_context.ts";
import type { FeaturesInput, FeaturesOutput } from "../stage_values.ts";
import { collect } from "./ingest.ts";

/** Fits a spec on the rows of `input.train`; no other row is read. */
export async function features(input: FeaturesInput, context: StageContext): Promise<FeaturesOutput> {
  const { blobs, params } = context;
  const rows = await collect(blobs, input.train);
  const recipe = recipeFrom(params.text);
  const spec = fitSpec(rows.map((row) => productText(recipe, row)), params.text);
  return { spec: (await blobs.put(specToBytes(spec))).digest, rows: rows.length };
}
