/**
 * Every route of the whole app, for tests that hold for all of them, whoever adds one.
 *
 * @module
 */
import { createHubApp } from "../api/app.ts";
import type { HubApp } from "../api/context.ts";
import type { HubDeps } from "../api/ports.ts";
import { mountDashboard } from "../dashboard/mod.ts";
import { mountMlflow } from "../mlflow/mod.ts";
import { LOCAL_TOKEN } from "./test_hub.ts";

/** Roles of tokens, which are the tokens of {@linkcode emptyDeps} too. */
export const ROLES = ["admin", "operator", "reviewer", "viewer", "edge"] as const;

/** A hub whose tokens are the names of their roles and whose every other answer is nothing. */
export function emptyDeps(areas: Readonly<Record<string, unknown>> = {}): HubDeps {
  const nothing = new Proxy({}, {
    get: (_, name) => () => Promise.resolve(name === "list" ? [] : null),
  });
  const tokens = {
    verify: (token: string) =>
      Promise.resolve(
        ROLES.some((role) => role === token)
          ? { id: token, name: token, role: token, catalogue: null }
          : null,
      ),
    list: () => Promise.resolve([]),
  };
  const audit = {
    add: () => Promise.resolve(),
    during: async (_: unknown, change: () => Promise<unknown>) => void await change(),
  };
  const known: Readonly<Record<string, unknown>> = { tokens, audit, ...areas };
  const registry = new Proxy({}, {
    get: (_, name) => known[String(name)] ?? nothing,
  });
  return {
    registry,
    blobs: nothing,
    jobs: nothing,
    verbs: nothing,
    params: { inspection: { minRows: 1 } },
    publicKey: "",
    version: "0",
    now: () => 0,
    localToken: LOCAL_TOKEN,
  } as unknown as HubDeps;
}

/** API, MLflow's API and dashboard over `deps`. */
export function wholeApp(deps: HubDeps = emptyDeps()): HubApp {
  const app = createHubApp(deps);
  mountDashboard(app);
  mountMlflow(app);
  return app;
}

/** Every route of `app` that answers, as `METHOD /path/:parameter`. */
export function routesOf(app: HubApp): string[] {
  const keys = app.routes.filter((r) => r.method !== "ALL").map((r) => `${r.method} ${r.path}`);
  return [...new Set(keys)].sort();
}

/** A path that `pattern` fits, its parameters filled in. */
export function pathOf(pattern: string): string {
  return pattern.replace(":digest", "0".repeat(64)).replace(/:file$/, "aisle.css")
    .replaceAll(/:\w+(\{[^}]*\})?/g, "x");
}

/** The app with the same middleware and routes, where each handler answers `{}` and does nothing. */
export function hollowApp(deps: HubDeps): HubApp {
  const app = createHubApp(deps, []);
  for (const route of routesOf(wholeApp())) {
    const [method, path] = route.split(" ") as [string, string];
    if (!/^\/(docs|openapi\.json)$/.test(path)) app.on(method, path, (c) => c.json({}));
  }
  return app;
}
