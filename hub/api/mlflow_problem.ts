/**
 * Errors as MLflow's clients read them: a code of theirs and a message.
 *
 * Its clients try again on 429 and 5xx, for minutes: what will not change by waiting is never one of those.
 *
 * @module
 */
import type { Problem } from "@aisle/shared/errors";
import { matchedRoutes } from "hono/route";
import type { HubContext } from "./context.ts";

/** Where MLflow's API begins. */
export const MLFLOW_API = "/api/2.0";
/** Where its clients send and fetch files. */
export const MLFLOW_FILES = `${MLFLOW_API}/mlflow-artifacts/artifacts`;

/** Whether MLflow's clients ask at `path`. */
export function isMlflowPath(path: string): boolean {
  return path.startsWith(`${MLFLOW_API}/`);
}

/** An error as MLflow's clients read it; they ignore members that they do not know. */
export interface MlflowProblem {
  readonly error_code: string;
  readonly message: string;
  readonly request_id: string;
  readonly status: number;
}

/** `problem` in MLflow's words. */
export function mlflowProblem(c: HubContext, problem: Problem): MlflowProblem {
  const [error_code, status] = codeOf(c, problem);
  return { error_code, message: problem.detail, request_id: problem.requestId, status };
}

function codeOf(c: HubContext, problem: Problem): readonly [code: string, status: number] {
  switch (problem.code) {
    case "unauthenticated":
      return ["UNAUTHENTICATED", 401];
    case "forbidden":
      return ["PERMISSION_DENIED", 403];
    case "method-not-allowed":
      return ["ENDPOINT_NOT_FOUND", 404];
    case "not-found":
      // Clients fall back to older routes where this code tells them that a route is not there.
      return [
        matchedRoutes(c).some((r) => r.method !== "ALL")
          ? "RESOURCE_DOES_NOT_EXIST"
          : "ENDPOINT_NOT_FOUND",
        404,
      ];
    case "conflict":
      return [exists(problem.details) ? "RESOURCE_ALREADY_EXISTS" : "INVALID_PARAMETER_VALUE", 400];
    case "range-invalid":
      return ["INVALID_PARAMETER_VALUE", 416];
    case "too-large":
      return ["INVALID_PARAMETER_VALUE", 413];
    case "overloaded":
    case "not-ready":
      return ["TEMPORARILY_UNAVAILABLE", 503];
    default:
      return problem.status >= 500
        ? ["INTERNAL_ERROR", problem.status]
        : ["INVALID_PARAMETER_VALUE", 400];
  }
}

function exists(details: unknown): boolean {
  return typeof details === "object" && details !== null && "exists" in details;
}
