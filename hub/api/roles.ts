/**
 * Who may use which route: the only place that says so. A route that is not listed is denied to everyone.
 *
 * @module
 */
import { EDGE_PATHS } from "@aisle/shared/contract";
import type { Role } from "../registry/tokens.ts";

/** What a route asks for: `open` nothing, else that role or a stronger one. */
export type Access = "open" | Role;

/** Strength of the people's roles; edge stands apart. */
const STRENGTH: Readonly<Record<Role, number>> = { admin: 3, operator: 2, viewer: 1, edge: 0 };

/** Whether `role` may use a route that asks for `access`. */
export function mayUse(role: Role, access: Access): boolean {
  if (access === "open") return true;
  if (access === "edge" || role === "edge") return access === role;
  return STRENGTH[role] >= STRENGTH[access];
}

const api = (routes: Readonly<Record<string, Access>>): Record<string, Access> =>
  Object.fromEntries(
    Object.entries(routes).map(([key, access]) => [key.replace(" ", " /api/v1"), access]),
  );

/** Method and path (parameters in braces) to what it asks for. */
export const ROUTE_ROLES: Readonly<Record<string, Access>> = {
  "GET /healthz": "open",
  "GET /docs": "viewer",
  "GET /openapi.json": "viewer",
  ...api({
    "GET /whoami": "viewer",
    "GET /info": "viewer",
    "GET /params": "viewer",
    "PUT /blobs": "operator",
    "GET /blobs/{digest}": "viewer",
    "GET /catalogues": "viewer",
    "GET /catalogues/{catalogue}": "viewer",
    "PUT /catalogues/{catalogue}": "operator",
    "PATCH /catalogues/{catalogue}/settings": "operator",
    "GET /catalogues/{catalogue}/datasets": "viewer",
    "GET /catalogues/{catalogue}/datasets/{digest}": "viewer",
    "GET /catalogues/{catalogue}/splits": "viewer",
    "GET /catalogues/{catalogue}/labels": "viewer",
    "POST /catalogues/{catalogue}/labels": "operator",
    "POST /catalogues/{catalogue}/labels/rename": "operator",
    "POST /catalogues/{catalogue}/labels/merge": "operator",
    "GET /catalogues/{catalogue}/labels/history": "viewer",
    "GET /catalogues/{catalogue}/aliases": "viewer",
    "GET /catalogues/{catalogue}/aliases/history": "viewer",
    "GET /catalogues/{catalogue}/releases": "viewer",
    "POST /catalogues/{catalogue}/promote": "operator",
    "POST /catalogues/{catalogue}/rollback": "operator",
    "GET /catalogues/{catalogue}/feedback": "viewer",
    "GET /catalogues/{catalogue}/feedback/stats": "viewer",
    "GET /catalogues/{catalogue}/telemetry": "viewer",
    "GET /edges": "viewer",
    "POST /catalogues/{catalogue}/jobs": "operator",
    "POST /catalogues/{catalogue}/check": "operator",
    "POST /catalogues/{catalogue}/ingest": "operator",
    "POST /catalogues/{catalogue}/split": "operator",
    "POST /catalogues/{catalogue}/train": "operator",
    "POST /catalogues/{catalogue}/evaluate": "operator",
    "POST /catalogues/{catalogue}/pipeline": "operator",
    "POST /catalogues/{catalogue}/merge": "operator",
    "POST /catalogues/{catalogue}/retrain": "operator",
    "POST /catalogues/{catalogue}/tune": "operator",
    "POST /catalogues/{catalogue}/simulate": "operator",
    "POST /catalogues/{catalogue}/inspect": "operator",
    "GET /jobs": "viewer",
    "GET /jobs/{id}": "viewer",
    "GET /jobs/{id}/log": "viewer",
    "GET /jobs/{id}/events": "viewer",
    "POST /jobs/{id}/cancel": "operator",
    "GET /models": "viewer",
    "GET /models/{digest}": "viewer",
    "GET /runs": "viewer",
    "GET /runs/{id}": "viewer",
    "GET /runs/{id}/metrics": "viewer",
    "GET /runs/{id}/artifacts": "viewer",
    "PATCH /runs/{id}/tags": "operator",
    "GET /experiments": "viewer",
    "GET /search/runs": "viewer",
    "GET /compare/runs": "viewer",
    "GET /schedules": "viewer",
    "PATCH /schedules/{id}": "operator",
    "POST /schedules/{id}/run": "operator",
    "GET /tokens": "admin",
    "POST /tokens": "admin",
    "DELETE /tokens/{id}": "admin",
    "GET /audit": "admin",
  }),
  [`GET ${EDGE_PATHS.release}`]: "edge",
  [`GET ${EDGE_PATHS.bundles}/{digest}`]: "edge",
  [`POST ${EDGE_PATHS.telemetry}`]: "edge",
  [`POST ${EDGE_PATHS.feedback}`]: "edge",
  [`GET ${EDGE_PATHS.pictures}/{digest}`]: "edge",
  [`PUT ${EDGE_PATHS.pictures}/{digest}`]: "edge",
  // The dashboard; its posts take a session with its anti-forgery token, or a token of their own.
  "GET /": "viewer",
  "GET /runs": "viewer",
  "GET /runs/{id}": "viewer",
  "GET /models": "viewer",
  "GET /models/{digest}": "viewer",
  "GET /jobs": "viewer",
  "GET /jobs/{id}": "viewer",
  "GET /data": "viewer",
  "GET /edges": "viewer",
  "GET /reports/{digest}": "viewer",
  "GET /sign-in": "open",
  "GET /assets/{file}": "open",
  "POST /ui/sign-in": "open",
  "POST /ui/sign-out": "viewer",
  "POST /ui/jobs": "operator",
  "POST /ui/jobs/{id}/cancel": "operator",
  "POST /ui/promote": "operator",
  "POST /ui/rollback": "operator",
  "POST /ui/schedules/{id}": "operator",
};

/** By method and path as Hono writes it, parameters with colons. */
const BY_ROUTE = new Map(
  Object.entries(ROUTE_ROLES).map(([key, access]) => [key.replaceAll(/\{(\w+)\}/g, ":$1"), access]),
);

/** What the route asks for; undefined when it is not listed. `path` may be written either way. */
export function accessOf(method: string, path: string): Access | undefined {
  return BY_ROUTE.get(`${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ":$1")}`);
}
