/**
 * MLflow's REST API 2.0 over the hub's registry, so that clients of MLflow log to the hub and read from it.
 *
 * @module
 */
import type { HubApp } from "../api/context.ts";
import { MLFLOW_API } from "../api/mlflow_problem.ts";
import { EXPERIMENT_ROUTES } from "./experiment_routes.ts";
import { addFileRoutes, FILE_ROUTES, FOLDER_ROUTES } from "./file_routes.ts";
import { LOGGED_MODEL_ROUTES } from "./logged_model_routes.ts";
import { LOGGING_ROUTES } from "./logging_routes.ts";
import { MODEL_ROUTES } from "./model_routes.ts";
import { addRoutes } from "./route.ts";
import { RUN_ROUTES } from "./run_routes.ts";
import { VERSION_ROUTES } from "./version_routes.ts";

/** Adds the routes of MLflow's API to `app`. */
export function mountMlflow(app: HubApp): void {
  addRoutes(app, `${MLFLOW_API}/mlflow`, [
    ...EXPERIMENT_ROUTES,
    ...RUN_ROUTES,
    ...LOGGING_ROUTES,
    ...FILE_ROUTES,
    ...MODEL_ROUTES,
    ...VERSION_ROUTES,
    ...LOGGED_MODEL_ROUTES,
  ]);
  addRoutes(app, `${MLFLOW_API}/mlflow-artifacts`, FOLDER_ROUTES);
  addFileRoutes(app);
}
