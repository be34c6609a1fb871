/**
 * Notes that an edge asked for its release, without a database write for each of its polls, and tells edges how often
 * to ask when they are many.
 *
 * @module
 */
import type { Release } from "../registry/releases.ts";
import { matchesTag } from "./byte_response.ts";
import type { HubContext } from "./context.ts";
import type { HubDeps } from "./ports.ts";

/** Header of a release's answer: milliseconds until the edge should ask again, where its own setting is shorter. */
export const POLL_HEADER = "x-poll-ms";
/** Polls a second that all edges together should come to. */
export const POLLS_PER_SECOND = 1_000;

/** An edge that says nothing new is noted again after this time. */
const NOTE_EVERY_MS = 30_000;
/** An edge that was not noted for so long is gone. */
const GONE_MS = 10 * 60_000;
/** Edges remembered; of more the one noted longest ago is noted again too early. */
const MAX_REMEMBERED = 100_000;

interface Note {
  readonly etag: string;
  readonly atMs: number;
}

/** What was last noted of each edge, least recently noted first, by hub: apps in one process do not share it. */
const lastNotes = new WeakMap<HubDeps, Map<string, Note>>();

function notesOf(hub: HubDeps): Map<string, Note> {
  const notes = lastNotes.get(hub) ?? new Map<string, Note>();
  lastNotes.set(hub, notes);
  return notes;
}

/**
 * Milliseconds between two polls of one edge, so that all that asked lately stay below
 * {@linkcode POLLS_PER_SECOND}; null while they are so few that their own setting does.
 */
export function pollMsFor(edges: number): number | null {
  const seconds = Math.ceil(edges / POLLS_PER_SECOND);
  return seconds <= 2 ? null : seconds * 1000;
}

/** What an edge that asks now should be told. */
export function tellPollMs(c: HubContext): void {
  const pollMs = pollMsFor(notesOf(c.get("hub")).size);
  if (pollMs !== null) c.header(POLL_HEADER, String(pollMs));
}

/** The name that an edge gives itself in `x-edge-id`; null where it gives none. */
export function edgeNameOf(c: HubContext): string | null {
  const name = c.req.header("x-edge-id");
  return name !== undefined && /^[\x21-\x7e]{1,100}$/.test(name) ? name : null;
}

/** Notes the edge that names itself in `x-edge-id`, with the release that its If-None-Match says it serves. */
export async function noteEdge(
  c: HubContext,
  catalogue: string,
  current: Release | null,
): Promise<void> {
  const hub = c.get("hub"), edgeId = edgeNameOf(c);
  if (edgeId === null) return;
  const etag = c.req.header("if-none-match") ?? "";
  const notes = notesOf(hub);
  const key = `${catalogue} ${edgeId}`, last = notes.get(key), nowMs = hub.now();
  if (last !== undefined && last.etag === etag && nowMs - last.atMs < NOTE_EVERY_MS) return;
  if (current === null && await hub.registry.catalogues.get(catalogue) === null) return;
  await hub.registry.edges.seen({ edgeId, catalogue, digest: await servedBy(hub) });
  notes.delete(key);
  notes.set(key, { etag, atMs: nowMs });
  for (const [oldest, { atMs }] of notes) {
    if (nowMs - atMs < GONE_MS && notes.size <= MAX_REMEMBERED) break;
    notes.delete(oldest);
  }

  async function servedBy({ registry }: HubDeps): Promise<string | null> {
    if (etag === "") return null;
    if (current !== null && matchesTag(etag, current.etag)) return current.digest;
    const releases = await registry.releases.list(catalogue);
    return releases.find((r) => matchesTag(etag, r.etag))?.digest ?? null;
  }
}
