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
import { addEndpoints, refuseInvalid } from "./endpoint.ts";
import { ENDPOINTS } from "./endpoints.ts";
import { guard } from "./guard.ts";
import type { HubDeps } from "./ports.ts";
import { answerError, answerNotFound, withRequestId } from "./problems.ts";
import { Sessions } from "./sessions.ts";

/** What each route does, for the audit. */
const ACTIONS = new Map(
  ENDPOINTS.map((e) => [
    `${e.method.toUpperCase()} ${e.path.replaceAll(/\{(\w+)\}/g, ":$1")}`,
    e.id,
  ]),
);

/** Builds the app over `deps`. */
export function createHubApp(deps: HubDeps): HubApp {
  const sessions = new Sessions(deps.now);
  const app = new OpenAPIHono<HubEnv>({ defaultHook: refuseInvalid });
  app.onError(answerError);
  app.notFound(answerNotFound(app));
  app.use("*", async (c, next) => {
    c.set("hub", deps);
    c.set("sessions", sessions);
    c.set("principal", null);
    await next();
  });
  app.use("*", withRequestId);
  app.use("*", guard);
  app.use("*", checkBody);
  app.use("*", auditChanges(ACTIONS));
  addEndpoints(app, ENDPOINTS);
  addDocs(app, deps.version);
  return app;
}
