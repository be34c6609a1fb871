/**
 * A secret that was just made, shown once on the page that comes next; it waits in memory beside the session.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { HubContext } from "../api/context.ts";
import type { Session } from "../api/sessions.ts";
import { REFRESH_HEADER } from "./flash.ts";

/** A secret, and whose it is. */
export interface NewSecret {
  readonly kind: "token" | "webhook";
  readonly name: string;
  readonly secret: string;
}

const waiting = new WeakMap<Session, NewSecret>();

/** The session that a secret will be shown to. @throws {AppError} `input-invalid` for callers that see no page */
export function requireViewer(c: HubContext): Session {
  const session = c.get("principal")?.session;
  if (session) return session;
  throw new AppError(
    "input-invalid",
    "Cannot show a secret without a session: make tokens and webhooks by POST to /api/v1 instead",
  );
}

/** Lets the next page of `session` show the secret. */
export function keepSecret(session: Session, made: NewSecret): void {
  waiting.set(session, made);
}

/** The secret of that kind that waits to be shown; it is shown once. */
export function takeSecret(c: HubContext, kind: NewSecret["kind"]): NewSecret | null {
  const session = c.get("principal")?.session;
  if (!session || c.req.header(REFRESH_HEADER) !== undefined) return null;
  const made = waiting.get(session) ?? null;
  if (made?.kind !== kind) return null;
  waiting.delete(session);
  return made;
}
