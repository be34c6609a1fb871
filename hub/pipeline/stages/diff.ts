/**
 * Stage: what changed between two data versions, row by row.
 *
 * @module
 */
import { diffVersions } from "../../data/version.ts";
import type { StageContext } from "../stage_context.ts";
import type { DiffInput, DiffOutput } from "../stage_values.ts";
import { collect } from "./ingest.ts";

/** Compares the rows by id and content. */
export async function diff(input: DiffInput, { blobs }: StageContext): Promise<DiffOutput> {
  const found = diffVersions(await collect(blobs, input.parent), await collect(blobs, input.child));
  const { digest } = await blobs.put(new TextEncoder().encode(JSON.stringify(found)));
  const { addedCount, removedCount, changedCount } = found;
  return { added: addedCount, removed: removedCount, changed: changedCount, blob: digest };
}
