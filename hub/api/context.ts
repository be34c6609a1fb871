/**
 * What a request of the hub's app carries beside itself.
 *
 * @module
 */
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { Role } from "../registry/tokens.ts";
import type { HttpCounts } from "./http_counts.ts";
import type { HubDeps } from "./ports.ts";
import type { Session, Sessions } from "./sessions.ts";

/** Who asks. */
export interface Principal {
  readonly name: string;
  readonly role: Role;
  /** Null for this process's own command line. */
  readonly tokenId: string | null;
  /** The only catalogue that an edge may ask for; null for all. */
  readonly catalogue: string | null;
  /** The session of a browser; null where the token came along with the request. */
  readonly session: Session | null;
}

/** What a change leaves in the audit. */
export interface AuditNote {
  /** The route's own name where it is absent. */
  readonly action?: string;
  readonly target: string;
  readonly details?: unknown;
}

/** Variables of a request. */
export interface HubVariables {
  hub: HubDeps;
  sessions: Sessions;
  http: HttpCounts;
  requestId: string;
  /** Null on open routes. */
  principal: Principal | null;
  /** Set by handlers that can say more than the path does; null where there is nothing to write down. */
  auditNote: AuditNote | null | undefined;
  /** What the job that this request starts is queued for, so that it is queued once; absent without a key. */
  jobKey: string | undefined;
  /** Set by handlers whose answer holds a secret: it is never kept. */
  answerIsSecret: boolean | undefined;
}

/** Environment of the hub's app. */
export interface HubEnv {
  Variables: HubVariables;
}

/** One request. */
export type HubContext = Context<HubEnv>;

/** The hub's app. */
export type HubApp = OpenAPIHono<HubEnv>;

/** Name of whoever asks, for histories. */
export function actorOf(c: HubContext): string {
  return c.get("principal")?.name ?? "nobody";
}
