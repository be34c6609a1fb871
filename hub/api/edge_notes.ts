/**
 * Notes that an edge asked for its release, without a database write for each of its polls.
 *
 * @module
 */
import { matchesTag } from "./byte_response.ts";
import type { HubContext } from "./context.ts";
import type { HubDeps } from "./ports.ts";

/** An edge that says nothing new is noted again after this time. */
const NOTE_EVERY_MS = 30_000;
/** More edges than this are noted at every poll; the map stays small. */
const MAX_REMEMBERED = 10_000;

/** What was last noted of each edge, by hub: apps in one process do not share it. */
const lastNotes = new WeakMap<HubDeps, Map<string, { etag: string; atMs: number }>>();

/** Notes the edge that names itself in `x-edge-id`, with the release that its If-None-Match says it serves. */
export async function noteEdge(c: HubContext, catalogue: string): Promise<void> {
  const hub = c.get("hub"), edgeId = c.req.header("x-edge-id");
  if (edgeId === undefined || !/^[\x21-\x7e]{1,100}$/.test(edgeId)) return;
  const etag = c.req.header("if-none-match") ?? "";
  const notes = lastNotes.get(hub) ?? new Map<string, { etag: string; atMs: number }>();
  lastNotes.set(hub, notes);
  const key = `${catalogue} ${edgeId}`, last = notes.get(key), nowMs = hub.now();
  if (last !== undefined && last.etag === etag && nowMs - last.atMs < NOTE_EVERY_MS) return;
  if (await hub.registry.catalogues.get(catalogue) === null) return;
  const releases = etag === "" ? [] : await hub.registry.releases.list(catalogue);
  const digest = releases.find((r) => matchesTag(etag, r.etag))?.digest ?? null;
  await hub.registry.edges.seen({ edgeId, catalogue, digest });
  if (notes.size >= MAX_REMEMBERED) notes.clear();
  notes.set(key, { etag, atMs: nowMs });
}
