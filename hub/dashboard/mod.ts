/**
 * The dashboard: pages for people, made on the server, beside the API and behind the same guard.
 *
 * @module
 */
import type { HubApp } from "../api/context.ts";

/** Adds the dashboard's routes to `app`. */
export function mountDashboard(app: HubApp): void {
  app.get("/", (c) => c.text("Aisle hub"));
}
