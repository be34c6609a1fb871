/**
 * A secret that was just made, shown once on the page that comes next; it waits in memory beside the session.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { HubContext } from "../api/context.ts";
import type { Session } from "../api/sessions.ts";
import type { MadeToken } from "../registry/tokens.ts";
import { REFRESH_HEADER } from "./flash.ts";

const waiting = new WeakMap<Session, MadeToken>();

/** The session that a secret will be shown to. @throws {AppError} `input-invalid` for callers that see no page */
export function requireViewer(c: HubContext): Session {
  const session = c.get("principal")?.session;
  if (session) return session;
  throw new AppError(
    "input-invalid",
    "Cannot show a secret without a session: make tokens by POST /api/v1/tokens instead",
  );
}

/** Lets the next page of `session` show the secret. */
export function keepSecret(session: Session, made: MadeToken): void {
  waiting.set(session, made);
}

/** The secret that waits to be shown; it is shown once. */
export function takeSecret(c: HubContext): MadeToken | null {
  const session = c.get("principal")?.session;
  if (!session || c.req.header(REFRESH_HEADER) !== undefined) return null;
  const made = waiting.get(session) ?? null;
  waiting.delete(session);
  return made;
}
