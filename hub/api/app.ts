/**
 * The hub's API as a function from requests to answers.
 *
 * It opens nothing and listens on nothing: servers, tests and the command line call the same app. The dashboard is
 * mounted beside it and stands behind the same guard.
 *
 * @module
 */
import { OpenAPIHono } from "@hono/zod-openapi";
import { auditChanges } from "./audit_changes.ts";
import { checkBody } from "./bodies.ts";
import type { HubApp, HubEnv } from "./context.ts";
import { addDocs } from "./docs.ts";
import { addEndpoints, type AnyEndpoint, refuseInvalid } from "./endpoint.ts";
import { ENDPOINTS } from "./endpoints.ts";
import { guard } from "./guard.ts";
import { replayAnswers } from "./idempotency.ts";
import type { HubDeps } from "./ports.ts";
import { HttpCounts } from "./http_counts.ts";
import { answerError, answerNotFound, withRequestId } from "./problems.ts";
import { Sessions } from "./sessions.ts";

/** Method and path as the router writes them. */
function keyOf(e: AnyEndpoint): string {
  return `${e.method.toUpperCase()} ${e.path.replaceAll(/\{(\w+)\}/g, ":$1")}`;
}

/** Builds the app over `deps`; tests give endpoints of their own. */
export function createHubApp(
  deps: HubDeps,
  endpoints: readonly AnyEndpoint[] = ENDPOINTS,
): HubApp {
  const sessions = new Sessions(deps.now);
  const http = new HttpCounts();
  const app = new OpenAPIHono<HubEnv>({ defaultHook: refuseInvalid });
  app.onError(answerError);
  app.notFound(answerNotFound(app));
  app.use("*", async (c, next) => {
    c.set("hub", deps);
    c.set("sessions", sessions);
    c.set("http", http);
    c.set("principal", null);
    await next();
  });
  app.use("*", http.middleware);
  app.use("*", withRequestId);
  app.use("*", guard);
  app.use("*", checkBody);
  app.use("*", replayAnswers(new Set(endpoints.filter((e) => e.startsJob).map(keyOf))));
  app.use("*", auditChanges(new Map(endpoints.map((e) => [keyOf(e), e.id]))));
  addEndpoints(app, endpoints);
  addDocs(app, deps.version);
  return app;
}
