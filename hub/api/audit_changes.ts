/**
 * Writes every change that came through a door into the audit, so that no handler can forget to.
 *
 * Edges' telemetry and feedback are not changes by people: they are stored as what they are. So are the figures that
 * clients log, and searches that come by POST: their handlers set a note of null.
 *
 * @module
 */
import type { MiddlewareHandler } from "hono";
import type { HubEnv } from "./context.ts";
import { isChange, routeOf } from "./guard.ts";
import { accessOf } from "./roles.ts";

/** After a change that went well: who did what to what. `actions` names the action of each route. */
export function auditChanges(actions: ReadonlyMap<string, string>): MiddlewareHandler<HubEnv> {
  return async (c, next) => {
    await next();
    const principal = c.get("principal"), route = routeOf(c);
    if (!isChange(c) || c.res.status >= 400 || principal === null || route === null) return;
    if (accessOf(route.method, route.path) === "edge") return;
    const note = c.get("auditNote");
    if (note === null) return;
    await c.get("hub").registry.audit.add({
      actor: principal.name,
      action: note?.action ?? actions.get(`${route.method} ${route.path}`) ?? route.path,
      target: note?.target ?? c.req.path,
      details: {
        tokenId: principal.tokenId,
        requestId: c.get("requestId"),
        ...(note?.details === undefined ? {} : { what: note.details }),
      },
    });
  };
}
