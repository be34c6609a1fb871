/**
 * Changes of labels, for every door: made as their reader saw them, released anew so that edges hear of them, written
 * down.
 *
 * @module
 */
import type { LabelList } from "../registry/labels.ts";
import { findCatalogue } from "./catalogue_lookup.ts";
import { actorOf, type HubContext } from "./context.ts";
import { expectedRevision, revisionTag } from "./revisions.ts";

/** Makes a change and releases the champion anew, so that edges name their answers by the labels of now. */
export async function changeLabels(
  c: HubContext,
  catalogue: string,
  asked: { readonly what: string; readonly expectedRevision: number | undefined },
  change: (by: string, expectedVersion: number | undefined) => Promise<LabelList>,
): Promise<LabelList> {
  const hub = c.get("hub"), by = actorOf(c), { what } = asked;
  const expected = expectedRevision(c, asked.expectedRevision);
  await findCatalogue(hub, catalogue);
  const labels = await change(by, expected);
  await hub.verbs.relabel({ catalogue, by, why: `labels version ${labels.version}: ${what}` });
  c.set("auditNote", { target: catalogue, details: { what, version: labels.version } });
  c.header("etag", revisionTag(labels.version));
  return labels;
}
