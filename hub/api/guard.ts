/**
 * The guard before every route: who asks, and whether the role table lets them.
 *
 * Browsers' sessions read everything that their token may read, but change things only through the dashboard's
 * own forms (`/ui/`), which carry an anti-forgery token.
 *
 * @module
 */
import { timingSafeEqual } from "node:crypto";
import { Buffer } from "node:buffer";
import { AppError } from "@aisle/shared/errors";
import { sha256 } from "@aisle/shared/hash";
import type { MiddlewareHandler } from "hono";
import { getCookie } from "hono/cookie";
import { matchedRoutes } from "hono/route";
import type { HubContext, HubEnv, Principal } from "./context.ts";
import { isLive } from "../registry/tokens.ts";
import type { HubDeps } from "./ports.ts";
import { accessOf, mayUse } from "./roles.ts";
import { SESSION_COOKIE } from "./sessions.ts";

/** Methods that change nothing. */
const SAFE = new Set(["GET", "HEAD"]);

/** Whether the request asks for a change. */
export function isChange(c: HubContext): boolean {
  return !SAFE.has(c.req.method);
}

/** Method and path pattern of the route that will answer; null when none will. */
export function routeOf(c: HubContext): { readonly method: string; readonly path: string } | null {
  const route = matchedRoutes(c).findLast((r) => r.method !== "ALL");
  return route === undefined ? null : { method: route.method, path: route.path };
}

/**
 * Lets a request through, or throws `unauthenticated`, `token-expired`, `forbidden` or (when no route answers)
 * `not-found`.
 */
export const guard: MiddlewareHandler<HubEnv> = async (c, next) => {
  const route = routeOf(c);
  const access = route === null ? undefined : accessOf(route.method, route.path);
  if (access === "open") {
    c.set("principal", null);
    return await next();
  }
  const principal = await principalOf(c);
  if (principal === null) throw new AppError("unauthenticated", signInFirst(c));
  c.set("principal", principal);
  if (route === null) return await next();
  if (access === undefined) {
    c.get("hub").log?.("error", "route is missing in the role table", { ...route });
    throw new AppError("forbidden", `Cannot use ${route.method} ${route.path}: nobody may`);
  }
  if (!mayUse(principal.role, access)) {
    throw new AppError(
      "forbidden",
      `Cannot ${c.req.method} ${c.req.path}: it needs the role ${access}: current role is ${principal.role}`,
    );
  }
  if (principal.session !== null && isChange(c) && !route.path.startsWith("/ui/")) {
    throw new AppError(
      "unauthenticated",
      "Cannot change this with a browser's session: send a token as Authorization: Bearer",
    );
  }
  return await next();
};

function signInFirst(c: HubContext): string {
  return c.req.header("authorization") === undefined
    ? "Cannot answer without a token: send one as Authorization: Bearer <token>, or sign in at /sign-in"
    : "Cannot accept this token: it is unknown or was revoked";
}

/** Who asks; null when nobody known does. A token that is given and wrong is never made up for by a session. */
async function principalOf(c: HubContext): Promise<Principal | null> {
  const header = c.req.header("authorization");
  if (header !== undefined) {
    const token = /^Bearer +(\S+) *$/i.exec(header)?.[1];
    return token === undefined ? null : await holderOf(c.get("hub"), token);
  }
  const cookie = getCookie(c, SESSION_COOKIE);
  const session = cookie === undefined ? null : c.get("sessions").find(cookie);
  if (session === null) return null;
  const { name, role, tokenId } = session;
  if (tokenId !== null) {
    const hub = c.get("hub"), token = await hub.registry.tokens.get(tokenId);
    if (token === null || !isLive(token, new Date(hub.now()).toISOString())) return null;
  }
  return { name, role, tokenId, catalogue: null, session };
}

/** Who holds `token`; null when nobody does. @throws {AppError} `token-expired` */
export async function holderOf(hub: HubDeps, token: string): Promise<Principal | null> {
  if (hub.localToken !== undefined && sameSecret(token, hub.localToken)) {
    return { name: "local", role: "admin", tokenId: null, catalogue: null, session: null };
  }
  const record = await hub.registry.tokens.verify(token);
  if (record === null) return null;
  const { name, role, id, catalogue } = record;
  return { name, role, tokenId: id, catalogue, session: null };
}

/** Compares in a time that does not depend on where two secrets differ. */
export function sameSecret(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(sha256(a)), Buffer.from(sha256(b)));
}
