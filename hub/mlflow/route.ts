/**
 * Routes of MLflow's REST API as data: method, path, what comes in, what is done.
 *
 * Who may use a route stands in the role table, as everywhere. Input comes as JSON, or as query parameters where
 * there is no body; members that are null or unknown are ignored, as protocol buffers do.
 *
 * @module
 */
import type { z } from "@hono/zod-openapi";
import { AppError } from "@aisle/shared/errors";
import type { HubApp, HubContext } from "../api/context.ts";
import { audited } from "./audited.ts";

/** One route. */
export interface Route<S extends z.ZodObject = z.ZodObject> {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Below `/api/2.0/mlflow`; parameters with colons, which are members of the input. */
  readonly path: string;
  readonly input: S;
  /**
   * What a change is about, for the audit. Absent for what clients log and search, which is data and no change by
   * people.
   */
  readonly target?: (input: z.output<S>) => string;
  /** The answer, sent as JSON. */
  handle(input: z.output<S>, c: HubContext): Promise<unknown>;
}

/** Checks a route's types, then forgets them. */
export function route<S extends z.ZodObject>(definition: Route<S>): Route {
  return definition as unknown as Route;
}

/** Adds `routes` to `app` below `prefix`. */
export function addRoutes(app: HubApp, prefix: string, routes: readonly Route[]): void {
  for (const { method, path, input, target, handle } of routes) {
    app.on(method, `${prefix}${path}`, async (c: HubContext) => {
      const given = await inputOf(c);
      const parsed = input.safeParse(given);
      if (!parsed.success) throw inputError(parsed.error, given);
      const work = () => handle(parsed.data, c);
      const answer = target === undefined ? await work() : await audited(c, {
        action: `mlflow${path}`,
        target: target(parsed.data),
        what: given,
      }, work);
      c.set("auditNote", null);
      return c.json(answer as object);
    });
  }
}

async function inputOf(c: HubContext): Promise<Record<string, unknown>> {
  const text = c.req.method === "GET" ? "" : await c.req.text();
  const body = text === "" ? queryOf(c) : parse(text);
  return { ...withoutNulls(body), ...c.req.param() };
}

/** Query parameters; one that comes more than once is a list. */
function queryOf(c: HubContext): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(c.req.queries()).map((
      [name, values],
    ) => [name, values.length === 1 ? values[0] : values]),
  );
}

function parse(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new AppError("input-invalid", `Cannot read the body: it is not JSON`, { cause });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new AppError("input-invalid", "Cannot read the body: it must be a JSON object");
}

function withoutNulls(members: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null));
}

/** Names the parameter and its value in the words that MLflow's own server uses. */
function inputError(error: z.ZodError, given: Readonly<Record<string, unknown>>): AppError {
  const [issue] = error.issues;
  const name = String(issue?.path[0] ?? ""), value = given[name];
  const inside = issue?.path.slice(1).join(".");
  return new AppError(
    "input-invalid",
    value === undefined
      ? `Missing value for required parameter '${name}'`
      : `Invalid value ${JSON.stringify(value).slice(0, 500)} for parameter '${name}' supplied: ` +
        `${inside ? `${inside}: ` : ""}${issue?.message}`,
    { details: error.issues },
  );
}
