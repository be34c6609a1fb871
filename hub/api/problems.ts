/**
 * How the app answers when something is wrong: problem documents with the request's id, whatever went wrong.
 *
 * @module
 */
import { AppError, messageOf, problem } from "@aisle/shared/errors";
import type { ErrorHandler, MiddlewareHandler, NotFoundHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import { inLogContext } from "../log.ts";
import type { HubApp, HubContext, HubEnv } from "./context.ts";
import { isMlflowPath, mlflowProblem } from "./mlflow_problem.ts";

/** Media type of every error. */
export const PROBLEM_JSON = "application/problem+json";

/** Gives each request its id (one that came along is kept when it is harmless) and its answer the safe headers. */
export const withRequestId: MiddlewareHandler<HubEnv> = async (c, next) => {
  const given = c.req.header("x-request-id");
  const requestId = given && /^[\w.-]{1,64}$/.test(given) ? given : crypto.randomUUID();
  c.set("requestId", requestId);
  await inLogContext({ requestId }, async () => {
    const startedMs = performance.now();
    await next();
    logRequest(c, performance.now() - startedMs);
  });
  c.res.headers.set("x-request-id", c.get("requestId"));
  c.res.headers.set("x-content-type-options", "nosniff");
  if (!c.res.headers.has("cache-control")) c.res.headers.set("cache-control", "no-store");
};

/** One line a request: changes by people by default, the rest (edges send by the thousand) for who looks closely. */
function logRequest(c: HubContext, ms: number): void {
  const { method, path } = c.req, { status } = c.res;
  const isChange = method !== "GET" && method !== "HEAD" && !path.startsWith("/edge/");
  c.get("hub").log?.(status >= 500 ? "warn" : isChange ? "info" : "debug", "request", {
    method,
    path,
    status,
    ms: Math.round(ms * 10) / 10,
    by: c.get("principal")?.name ?? null,
  });
}

/** Answers an error as a problem document. */
export const answerError: ErrorHandler<HubEnv> = (error, c) => {
  const known = asAppError(error);
  const log = c.get("hub").log;
  if (known === null) {
    log?.("error", "request failed", {
      method: c.req.method,
      path: c.req.path,
      error: messageOf(error),
      stack: error.stack,
    });
  }
  return problemResponse(c, known ?? error);
};

/** `error` as a response, in the words of MLflow where its clients ask. */
export function problemResponse(c: HubContext, error: unknown): Response {
  const document = problem(error, c.get("requestId"));
  const foreign = isMlflowPath(c.req.path);
  const body = foreign ? mlflowProblem(c, document) : document;
  const headers = new Headers({
    "content-type": foreign ? "application/json" : PROBLEM_JSON,
    "cache-control": "no-store",
  });
  if (body.status === 401) headers.set("www-authenticate", 'Bearer realm="aisle"');
  if (error instanceof AppError && error.retryAfterSeconds !== undefined) {
    headers.set("retry-after", String(error.retryAfterSeconds));
  }
  return new Response(JSON.stringify(body), { status: body.status, headers });
}

/** What the framework throws, in our codes; null for a bug. */
function asAppError(error: Error): AppError | null {
  if (error instanceof AppError) return error;
  if (!(error instanceof HTTPException) || error.status >= 500) return null;
  if (error.status === 413) return new AppError("too-large", error.message, { cause: error });
  const detail = error.message || "Cannot read the request";
  return new AppError("input-invalid", detail, { cause: error });
}

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

/** Answers a path that no route has: 405 where other methods would do, else 404. */
export function answerNotFound(app: HubApp): NotFoundHandler<HubEnv> {
  return (c) => {
    const allowed = METHODS.filter((method) =>
      app.router.match(method, c.req.path)[0].some(([[, route]]) => route.method !== "ALL")
    );
    if (allowed.length === 0) {
      return problemResponse(
        c,
        new AppError("not-found", `Cannot find ${c.req.path}: there is no such path, see /docs`),
      );
    }
    const response = problemResponse(
      c,
      new AppError(
        "method-not-allowed",
        `Cannot ${c.req.method} ${c.req.path}: it takes ${allowed.join(", ")}`,
      ),
    );
    response.headers.set("allow", allowed.join(", "));
    return response;
  };
}
