/**
 * Writes every change that came through a door into the audit, so that no handler can forget to.
 *
 * Edges' telemetry and feedback are not changes by people: they are stored as what they are. So are the figures that
 * clients log, and searches that come by POST: their handlers set a note of null.
 *
 * What was asked is told too: by the handler's note, else as the body that came, without what looks like a secret.
 *
 * @module
 */
import type { MiddlewareHandler } from "hono";
import { takesAnyBytes } from "./bodies.ts";
import type { HubContext, HubEnv } from "./context.ts";
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
        what: toldOf(note?.details ?? await bodyOf(c)),
      },
    });
  };
}

/** More of a body than this is not told. */
const MAX_TOLD_CHARS = 4_000;
const SECRET = /secret|token|password|authorization|private|signature/i;

/** JSON that came with the request; null where none did. */
async function bodyOf(c: HubContext): Promise<unknown> {
  if (takesAnyBytes(c.req.path)) return null;
  if (!c.req.header("content-type")?.startsWith("application/json")) return null;
  const text = await c.req.text();
  return text === "" ? null : JSON.parse(text);
}

/** `value` with secrets left out, and cut where it is long. */
export function toldOf(value: unknown): unknown {
  const told = withoutSecrets(value) ?? null, text = JSON.stringify(told);
  return text.length <= MAX_TOLD_CHARS
    ? told
    : { cut: text.slice(0, MAX_TOLD_CHARS), chars: text.length };
}

function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map((
      [name, member],
    ) => [name, SECRET.test(name) ? "(not told)" : withoutSecrets(member)]),
  );
}
