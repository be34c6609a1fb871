/**
 * Puts the registry together, an area at a time.
 *
 * @module
 */
import type { Database } from "../db/database.ts";
import { createAlerts } from "./alerts.ts";
import { createAliases } from "./aliases.ts";
import { createAudit } from "./audit.ts";
import { createCatalogues } from "./catalogues.ts";
import { createClientRuns } from "./client_runs.ts";
import type { Context } from "./context.ts";
import { createDatasets } from "./datasets.ts";
import { createEdges } from "./edges.ts";
import { createExperiments } from "./experiments.ts";
import { createFeedback } from "./feedback.ts";
import { createFleet } from "./fleet.ts";
import { createIdempotency } from "./idempotency.ts";
import { requireLease } from "./job_rows.ts";
import { createJobs, type Lease } from "./jobs.ts";
import { createLabels } from "./labels.ts";
import { createLineage } from "./lineage.ts";
import { createMetricRetention } from "./metric_retention.ts";
import { createModelVersions } from "./model_versions.ts";
import { createModels } from "./models.ts";
import { createMonitoring } from "./monitoring.ts";
import { createQuarantine } from "./quarantine.ts";
import { createRegisteredModels } from "./registered_models.ts";
import { createReleases } from "./releases.ts";
import { createReviewQueue } from "./review_queue.ts";
import { createRuns } from "./runs.ts";
import { createSchedules } from "./schedules.ts";
import { createSources } from "./sources.ts";
import { createSplits } from "./splits.ts";
import { createStageCache } from "./stage_cache.ts";
import { createDelivery } from "./delivery.ts";
import { createTelemetry } from "./telemetry.ts";
import { createTokens } from "./tokens.ts";
import { createWebhooks, tellWebhooks } from "./webhooks.ts";
import type { Registry, RegistryDeps } from "./registry.ts";

/** The registry kept in `database`; whoever opened the database closes it. */
export function createRegistry(database: Database, deps: RegistryDeps): Registry {
  const context: Context = {
    database,
    now: () => new Date(deps.now()).toISOString(),
    newId: deps.newId,
  };
  return {
    alerts: createAlerts(context, tellWebhooks(context)),
    aliases: createAliases(context),
    audit: createAudit(context),
    catalogues: createCatalogues(context),
    clientRuns: createClientRuns(context),
    datasets: createDatasets(context),
    edges: createEdges(context),
    experiments: createExperiments(context),
    feedback: createFeedback(context),
    fleet: createFleet(context),
    idempotency: createIdempotency(context),
    jobs: createJobs(context),
    labels: createLabels(context),
    lineage: createLineage(context),
    models: createModels(context),
    modelVersions: createModelVersions(context),
    monitoring: createMonitoring(context),
    quarantine: createQuarantine(context),
    registeredModels: createRegisteredModels(context),
    releases: createReleases(context),
    retention: createMetricRetention(context),
    review: createReviewQueue(context),
    runs: createRuns(context),
    schedules: createSchedules(context),
    sources: createSources(context),
    splits: createSplits(context),
    stageCache: createStageCache(context),
    telemetry: createTelemetry(context),
    delivery: createDelivery(context),
    webhooks: createWebhooks(context),
    tokens: createTokens(context),
    fencedBy: (lease) => createRegistry(fenced(database, lease), deps),
  };
}

/** `database` for the worker that holds `lease`. */
function fenced(database: Database, lease: Lease): Database {
  const notMine = () =>
    Promise.reject(new Error("Cannot close a database that somebody else opened"));
  return {
    read: (work) => database.read(work),
    write: (work) =>
      database.write(async (tx) => {
        await requireLease(tx, lease);
        return await work(tx);
      }),
    close: notMine,
    [Symbol.asyncDispose]: notMine,
  };
}
