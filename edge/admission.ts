/**
 * The door of the app, before any route: who may ask from where (CORS, keys), and which request this is (id, trace).
 *
 * @module
 */
import type { Context, MiddlewareHandler } from "hono";
import { AppError } from "@aisle/shared/errors";
import type { ApiKeys, Caller } from "./api_keys.ts";
import type { Log } from "./log.ts";
import { isSampled, type Trace, traceOf, traceparentOf } from "./trace.ts";

/** What the door finds out about a request. */
export interface EdgeVariables {
  requestId: string;
  /** Null where no keys are asked for. */
  caller: Caller | null;
  trace: Trace | null;
}

/** What {@linkcode admission} needs. */
export interface AdmissionDeps {
  /** Origins whose pages may ask; `*` is all. */
  readonly corsOrigins: readonly string[];
  readonly keys: ApiKeys;
  readonly newId: () => string;
  readonly monotonicMs: () => number;
  readonly log: Log;
}

const METHODS = "GET, POST";
const SENT_HEADERS = "content-type, authorization, x-api-key, x-request-id, traceparent, " +
  "tracestate, inference-header-content-length";
const READ_HEADERS = "x-request-id, server-timing, traceresponse, retry-after, x-aisle-ignored, " +
  "inference-header-content-length";
/** How long a browser need not ask again whether it may. */
const PREFLIGHT_SECONDS = "600";

/** Whether `path` is answered to holders of keys alone; health, metrics, pages and documents are for all. */
function needsKey(path: string): boolean {
  return path.startsWith("/v1/") || path.startsWith("/predict") || path.startsWith("/v2/models/");
}

/** See the module. */
export function admission(
  deps: AdmissionDeps,
): MiddlewareHandler<{ Variables: EdgeVariables }> {
  const origins = new Set(deps.corsOrigins);
  const allowed = (origin: string) => origins.has("*") || origins.has(origin);

  return async (c, next) => {
    const given = c.req.header("x-request-id");
    const id = given !== undefined && /^[\w.-]{1,64}$/.test(given) ? given : deps.newId();
    c.set("requestId", id);
    c.header("x-request-id", id);
    c.header("x-content-type-options", "nosniff");
    const { method } = c.req, origin = c.req.header("origin");
    const fromAllowed = origin !== undefined && origins.size > 0 && allowed(origin);
    if (origins.size > 0) c.header("vary", "origin");
    if (fromAllowed) {
      c.header("access-control-allow-origin", origins.has("*") ? "*" : origin);
      c.header("access-control-expose-headers", READ_HEADERS);
      if (method === "OPTIONS" && c.req.header("access-control-request-method") !== undefined) {
        return c.body(null, 204, {
          "access-control-allow-methods": METHODS,
          "access-control-allow-headers": SENT_HEADERS,
          "access-control-max-age": PREFLIGHT_SECONDS,
        });
      }
    }
    if (method === "POST" && !fromAllowed) refuseCrossSite(c, origin);
    const trace = traceOf(c.req.header("traceparent"), c.req.header("tracestate"));
    c.set("trace", trace);
    if (trace !== null) c.header("traceresponse", traceparentOf(trace));
    c.set(
      "caller",
      deps.keys.asked && needsKey(c.req.path)
        ? deps.keys.admit(c.req.header("authorization"), c.req.header("x-api-key"))
        : null,
    );
    if (trace === null || !isSampled(trace)) return await next();
    const startedAt = deps.monotonicMs();
    await next();
    deps.log("info", "request", {
      requestId: id,
      traceId: trace.traceId,
      spanId: trace.spanId,
      parentId: trace.parentId,
      method,
      path: c.req.path,
      status: c.res.status,
      ms: Math.round((deps.monotonicMs() - startedAt) * 1000) / 1000,
    });
  };
}

/**
 * Keeps other sites' pages from posting here through a visitor's browser; programs send neither header.
 *
 * @throws {AppError} `forbidden`
 */
function refuseCrossSite(c: Context, origin: string | undefined): void {
  const site = c.req.header("sec-fetch-site");
  const foreign = site !== undefined
    ? site !== "same-origin" && site !== "none"
    : origin !== undefined && URL.parse(origin)?.host !== c.req.header("host");
  if (foreign) {
    throw new AppError("forbidden", "Cannot take a request that another site's page sends");
  }
}
