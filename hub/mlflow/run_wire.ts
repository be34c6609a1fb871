/**
 * Runs as MLflow writes them. What the hub knows of its own runs beside MLflow's members travels as tags.
 *
 * @module
 */
import type { RunState } from "../registry/lifecycle.ts";
import type { NewestPoint } from "../registry/metric_points.ts";
import { CLIENT_KIND } from "../registry/run_rows.ts";
import type { Run, Runs } from "../registry/runs.ts";
import { artifactLocation, millis, numberOut, pairsOf } from "./wire.ts";

/** State by MLflow's status. */
export const STATE_OF: Readonly<Record<string, RunState>> = {
  RUNNING: "running",
  SCHEDULED: "running",
  FINISHED: "succeeded",
  FAILED: "failed",
  KILLED: "cancelled",
};

const STATUS_OF: Readonly<Record<RunState, string>> = {
  running: "RUNNING",
  succeeded: "FINISHED",
  failed: "FAILED",
  cancelled: "KILLED",
  lost: "FAILED",
};

/** Address of a run's files. */
export const runFiles = (run: Run) => `${artifactLocation(run.experiment)}/${run.id}/artifacts`;

/** A run's head as it travels. */
export function runInfo(run: Run) {
  return {
    run_id: run.id,
    run_uuid: run.id,
    run_name: run.name,
    experiment_id: String(run.experiment),
    user_id: run.tags["mlflow.user"] ?? run.tags["by"] ?? "",
    status: STATUS_OF[run.state],
    start_time: millis(run.startedAt),
    ...(run.endedAt === null ? {} : { end_time: millis(run.endedAt) }),
    artifact_uri: runFiles(run),
    lifecycle_stage: run.deletedAt === null ? "active" : "deleted",
  };
}

/** A point as it travels. */
export function metricOut(key: string, { value, atMs, step }: NewestPoint) {
  return { key, value: numberOut(value), timestamp: atMs, step };
}

/** Whole runs as they travel. */
export async function runsOut(registry: { readonly runs: Runs }, runs: readonly Run[]) {
  const newest = await registry.runs.newestPoints(runs.map((run) => run.id));
  return runs.map((run) => ({
    info: runInfo(run),
    data: {
      metrics: Object.entries(newest.get(run.id) ?? {}).map(([key, point]) =>
        metricOut(key, point)
      ),
      params: pairsOf(run.params),
      tags: pairsOf({ ...ownTags(run), ...run.tags, "mlflow.runName": run.name }),
    },
    inputs: { dataset_inputs: run.inputs.datasets ?? [], model_inputs: run.inputs.models ?? [] },
    outputs: { model_outputs: run.outputs.models ?? [] },
  }));
}

/** What the hub knows of a run of its own. */
function ownTags(run: Run): Record<string, string> {
  if (run.kind === CLIENT_KIND) return {};
  const known = {
    "mlflow.user": run.tags["by"],
    "mlflow.source.type": "JOB",
    "mlflow.source.name": `aisle ${run.kind}`,
    "aisle.kind": run.kind,
    "aisle.state": run.state,
    "aisle.catalogue": run.catalogue,
    "aisle.dataset": run.datasetDigest,
    "aisle.bundle": run.bundleDigest,
    "aisle.code": run.codeVersion,
    "aisle.device": run.device,
    "aisle.error": run.error,
  };
  return Object.fromEntries(
    Object.entries(known).filter((entry): entry is [string, string] =>
      typeof entry[1] === "string"
    ),
  );
}
