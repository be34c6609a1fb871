/**
 * One sentence after an action: what was done, shown once on the page that comes next.
 *
 * It waits in memory beside the session, so nothing of it travels through a cookie or an address.
 *
 * @module
 */
import { html } from "hono/html";
import type { HubContext } from "../api/context.ts";
import type { Session } from "../api/sessions.ts";
import type { Html } from "./format.ts";

/** Sent by the script that keeps regions fresh: what it fetches is not looked at by anybody. */
export const REFRESH_HEADER = "x-aisle-refresh";

/** A sentence, and how it went. */
export interface Flash {
  readonly kind: "good" | "bad";
  readonly text: string;
}

const waiting = new WeakMap<Session, Flash>();

/** Lets the next page say `text`; callers that bring a token of their own see no page and are told nothing. */
export function flash(c: HubContext, text: string, kind: Flash["kind"] = "good"): void {
  const session = c.get("principal")?.session;
  if (session) waiting.set(session, { kind, text });
}

/** What waits to be said, as a region that screen readers announce; it is said once. */
export function takeFlash(c: HubContext): Html | "" {
  const session = c.get("principal")?.session;
  if (!session || c.req.header(REFRESH_HEADER) !== undefined) return "";
  const said = waiting.get(session);
  if (said === undefined) return "";
  waiting.delete(session);
  return html`<p class="flash ${said.kind}" role="status">${said.text}</p>`;
}
