/**
 * Who may use which route: the only place that says so. A route that is not listed is denied to everyone.
 *
 * @module
 */
import { EDGE_PATHS } from "@aisle/shared/contract";
import type { Role } from "../registry/tokens.ts";
import { MLFLOW_API, MLFLOW_FILES } from "./mlflow_problem.ts";

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

/** Routes of MLflow's API. Searches by POST only read. */
const mlflow = (routes: Readonly<Record<string, Access>>): Record<string, Access> =>
  Object.fromEntries(
    Object.entries(routes).map((
      [key, access],
    ) => [key.replace(" ", ` ${MLFLOW_API}/mlflow`), access]),
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
    "GET /catalogues/{catalogue}/pictures/{digest}": "viewer",
    "POST /catalogues/{catalogue}/try": "viewer",
    "GET /catalogues/{catalogue}/datasets/{digest}/products": "viewer",
    "GET /catalogues/{catalogue}/datasets/{digest}/diff": "viewer",
    "GET /catalogues/{catalogue}/datasets/{digest}/set-aside": "viewer",
    "GET /catalogues/{catalogue}/splits": "viewer",
    "GET /catalogues/{catalogue}/labels": "viewer",
    "POST /catalogues/{catalogue}/labels": "operator",
    "POST /catalogues/{catalogue}/labels/rename": "operator",
    "POST /catalogues/{catalogue}/labels/merge": "operator",
    "GET /catalogues/{catalogue}/labels/history": "viewer",
    "GET /catalogues/{catalogue}/aliases": "viewer",
    "GET /catalogues/{catalogue}/aliases/history": "viewer",
    "GET /catalogues/{catalogue}/aliases/at": "viewer",
    "GET /catalogues/{catalogue}/lineage": "viewer",
    "GET /catalogues/{catalogue}/releases": "viewer",
    "POST /catalogues/{catalogue}/promote": "operator",
    "POST /catalogues/{catalogue}/rollback": "operator",
    "GET /catalogues/{catalogue}/feedback": "viewer",
    "GET /catalogues/{catalogue}/feedback/stats": "viewer",
    "GET /catalogues/{catalogue}/feedback/sources": "viewer",
    "POST /catalogues/{catalogue}/feedback/sources": "operator",
    "POST /catalogues/{catalogue}/feedback/release": "operator",
    "POST /catalogues/{catalogue}/feedback/reject": "operator",
    "GET /catalogues/{catalogue}/feedback/conflicts": "viewer",
    "POST /catalogues/{catalogue}/feedback/conflicts/resolve": "operator",
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
    "GET /jobs/{id}/stages": "viewer",
    "GET /jobs/{id}/events": "viewer",
    "POST /jobs/{id}/cancel": "operator",
    "GET /models": "viewer",
    "GET /models/{digest}": "viewer",
    "GET /models/{digest}/gold": "viewer",
    "GET /models/{digest}/card": "viewer",
    "GET /models/{digest}/card.md": "viewer",
    "GET /runs": "viewer",
    "GET /runs/{id}": "viewer",
    "GET /runs/{id}/metrics": "viewer",
    "GET /runs/{id}/artifacts": "viewer",
    "PATCH /runs/{id}/tags": "operator",
    "GET /experiments": "viewer",
    "GET /search/runs": "viewer",
    "GET /compare/runs": "viewer",
    "POST /maintenance/backup": "admin",
    "POST /maintenance/gc": "admin",
    "GET /schedules": "viewer",
    "GET /schedules/{id}": "viewer",
    "PUT /schedules/{id}": "operator",
    "PATCH /schedules/{id}": "operator",
    "DELETE /schedules/{id}": "operator",
    "POST /schedules/{id}/run": "operator",
    "GET /tokens": "admin",
    "POST /tokens": "admin",
    "POST /tokens/{id}/rotate": "admin",
    "DELETE /tokens/{id}": "admin",
    "GET /audit": "admin",
  }),
  ...mlflow({
    "GET /experiments/get": "viewer",
    "GET /experiments/get-by-name": "viewer",
    "GET /experiments/list": "viewer",
    "GET /experiments/search": "viewer",
    "POST /experiments/search": "viewer",
    "POST /experiments/create": "operator",
    "POST /experiments/update": "operator",
    "POST /experiments/delete": "operator",
    "POST /experiments/restore": "operator",
    "POST /experiments/set-experiment-tag": "operator",
    "POST /experiments/delete-experiment-tag": "operator",
    "GET /runs/get": "viewer",
    "POST /runs/search": "viewer",
    "POST /runs/create": "operator",
    "POST /runs/update": "operator",
    "POST /runs/delete": "operator",
    "POST /runs/restore": "operator",
    "POST /runs/log-metric": "operator",
    "POST /runs/log-parameter": "operator",
    "POST /runs/log-batch": "operator",
    "POST /runs/log-model": "operator",
    "POST /runs/log-inputs": "operator",
    "POST /runs/outputs": "operator",
    "POST /runs/set-tag": "operator",
    "POST /runs/delete-tag": "operator",
    "GET /metrics/get-history": "viewer",
    "GET /metrics/get-history-bulk-interval": "viewer",
    "GET /artifacts/list": "viewer",
    "GET /registered-models/get": "viewer",
    "GET /registered-models/search": "viewer",
    "GET /registered-models/alias": "viewer",
    "GET /registered-models/get-latest-versions": "viewer",
    "POST /registered-models/get-latest-versions": "viewer",
    "POST /registered-models/create": "operator",
    "POST /registered-models/rename": "operator",
    "PATCH /registered-models/update": "operator",
    "DELETE /registered-models/delete": "operator",
    "POST /registered-models/set-tag": "operator",
    "DELETE /registered-models/delete-tag": "operator",
    "POST /registered-models/alias": "operator",
    "DELETE /registered-models/alias": "operator",
    "GET /model-versions/get": "viewer",
    "GET /model-versions/search": "viewer",
    "GET /model-versions/get-download-uri": "viewer",
    "POST /model-versions/create": "operator",
    "PATCH /model-versions/update": "operator",
    "DELETE /model-versions/delete": "operator",
    "POST /model-versions/transition-stage": "operator",
    "POST /model-versions/set-tag": "operator",
    "DELETE /model-versions/delete-tag": "operator",
    "POST /logged-models/search": "viewer",
    "GET /logged-models/{model_id}": "viewer",
    "GET /logged-models/{model_id}/artifacts/directories": "viewer",
    "POST /logged-models": "operator",
    "PATCH /logged-models/{model_id}": "operator",
    "DELETE /logged-models/{model_id}": "operator",
    "PATCH /logged-models/{model_id}/tags": "operator",
    "DELETE /logged-models/{model_id}/tags/{tag_key}": "operator",
    "POST /logged-models/{model_id}/params": "operator",
  }),
  [`GET ${MLFLOW_API}/mlflow-artifacts/artifacts`]: "viewer",
  [`GET ${MLFLOW_FILES}/:path{.+}`]: "viewer",
  [`PUT ${MLFLOW_FILES}/:path{.+}`]: "operator",
  [`DELETE ${MLFLOW_FILES}/:path{.+}`]: "operator",
  [`GET ${EDGE_PATHS.release}`]: "edge",
  [`GET ${EDGE_PATHS.bundles}/{digest}`]: "edge",
  [`POST ${EDGE_PATHS.telemetry}`]: "edge",
  [`POST ${EDGE_PATHS.feedback}`]: "edge",
  [`GET ${EDGE_PATHS.pictures}/{digest}`]: "edge",
  [`PUT ${EDGE_PATHS.pictures}/{digest}`]: "edge",
  // The dashboard; its posts take a session with its anti-forgery token, or a token of their own.
  "GET /": "viewer",
  "GET /runs": "viewer",
  "GET /runs/compare": "viewer",
  "GET /runs/{id}": "viewer",
  "POST /ui/runs/{id}/note": "operator",
  "POST /ui/runs/{id}/tags": "operator",
  "POST /ui/runs/{id}/delete": "operator",
  "POST /ui/runs/{id}/restore": "operator",
  "GET /models": "viewer",
  "GET /models/{digest}": "viewer",
  "GET /jobs": "viewer",
  "GET /jobs/{id}": "viewer",
  "GET /data": "viewer",
  "GET /data/{digest}": "viewer",
  "GET /data/{digest}/diff": "viewer",
  "GET /data/{digest}/set-aside": "viewer",
  "GET /edges": "viewer",
  "GET /reports/{digest}": "viewer",
  "GET /sign-in": "open",
  "GET /assets/{file}": "open",
  "POST /ui/sign-in": "open",
  "POST /ui/sign-out": "viewer",
  "POST /ui/language": "open",
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
