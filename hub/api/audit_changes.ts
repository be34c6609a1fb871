/**
 * Writes every change that came through a door into the audit, so that no handler can forget to.
 *
 * Edges' telemetry and feedback are not changes by people: they are stored as what they are. So are the figures that
 * clients log, and searches that come by POST: their handlers set a note of null.
 *
 * A change is noted with the first thing that it writes, in one transaction: a hub that dies in the midst of it tells
 * of it when it starts again. What was asked is told too: by the handler's note, else as the body that came, without what looks like a secret.
 *
 * @module
 */
import type { MiddlewareHandler } from "hono";
import { takesAnyBytes } from "./bodies.ts";
import type { HubContext, HubEnv } from "./context.ts";
import { isChange, routeOf } from "./guard.ts";
import { isMlflowPath } from "./mlflow_problem.ts";
import { accessOf } from "./roles.ts";

/** After a change that went well: who did what to what. `actions` names the action of each route. */
export function auditChanges(actions: ReadonlyMap<string, string>): MiddlewareHandler<HubEnv> {
  return async (c, next) => {
    const principal = c.get("principal"), route = routeOf(c);
    const counts = isChange(c) && principal !== null && route !== null &&
      accessOf(route.method, route.path) !== "edge";
    if (!counts) return await next();
    const { audit } = c.get("hub").registry;
    const action = actions.get(`${route.method} ${route.path}`) ?? route.path;
    const details = { tokenId: principal.tokenId, requestId: c.get("requestId") };
    const begun = { actor: principal.name, action, target: c.req.path, details };
    const change = async () => {
      await next();
      const note = c.get("auditNote");
      if (c.res.status === 500) return "broken";
      if (c.res.status >= 400 || note === null) return null;
      const what = toldOf(note?.details ?? await bodyOf(c));
      return {
        actor: principal.name,
        action: note?.action ?? action,
        target: note?.target ?? c.req.path,
        details: { ...details, what },
      };
    };
    if (!isMlflowPath(c.req.path)) return await audit.during(begun, change);
    // Mostly figures, which are no changes and cost no second transaction. Its routes audit what is a change
    // themselves (hub/mlflow/audited.ts) and leave a note of null; one that forgot to is told of here.
    const entry = await change();
    if (entry !== null && entry !== "broken") await audit.add(entry);
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
