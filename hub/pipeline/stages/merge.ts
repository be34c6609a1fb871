/**
 * Stage: confirmed feedback into a new data version.
 *
 * @module
 */
import { type FeedbackRow, mergeFeedback } from "../../data/merge.ts";
import type { SplitState } from "../../data/split.ts";
import type { StageContext } from "../stage_context.ts";
import type { MergeInput, MergeOutput } from "../stage_values.ts";
import { collect, storeVersion } from "./ingest.ts";

/** Joins feedback with the rows; what touches gold is set aside with its reason. */
export async function merge(input: MergeInput, context: StageContext): Promise<MergeOutput> {
  const { blobs } = context;
  const json = async <T>(digest: string) =>
    JSON.parse(new TextDecoder().decode(await blobs.bytes(digest))) as T;
  const rows = await collect(blobs, input.blob);
  const feedback = await json<FeedbackRow[]>(input.feedback);
  const state = await json<SplitState>(input.splitState);
  const merged = mergeFeedback(rows, feedback, state);
  const feedbackRows = merged.rows.filter((row) => row.origin === "feedback");
  const version = await storeVersion(merged.rows, feedbackRows, [], context);
  return {
    ...version,
    merged: merged.merged,
    refused: merged.setAside,
    conflicts: merged.conflicts,
  };
}
