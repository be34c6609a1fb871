/**
 * The hub's memory behind one interface, an area a file.
 *
 * Every promise that resolves after a write means: it is on the disk. Times are ISO 8601 in UTC.
 *
 * @module
 */
import type { Database } from "../db/database.ts";
import { type Aliases, createAliases } from "./aliases.ts";
import { type Audit, createAudit } from "./audit.ts";
import { type Catalogues, createCatalogues } from "./catalogues.ts";
import type { Context } from "./context.ts";
import { createDatasets, type Datasets } from "./datasets.ts";
import { createEdges, type Edges } from "./edges.ts";
import { createFeedback, type Feedback } from "./feedback.ts";
import { createJobs, type Jobs } from "./jobs.ts";
import { createLabels, type Labels } from "./labels.ts";
import { createModels, type Models } from "./models.ts";
import { createReleases, type Releases } from "./releases.ts";
import { createRuns, type Runs } from "./runs.ts";
import { createSchedules, type Schedules } from "./schedules.ts";
import { createSplits, type Splits } from "./splits.ts";
import { createStageCache, type StageCache } from "./stage_cache.ts";
import { createTelemetry, type Telemetry } from "./telemetry.ts";
import { createTokens, type Tokens } from "./tokens.ts";

/** Everything the hub remembers. */
export interface Registry {
  readonly catalogues: Catalogues;
  readonly runs: Runs;
  readonly datasets: Datasets;
  readonly splits: Splits;
  readonly labels: Labels;
  readonly models: Models;
  readonly aliases: Aliases;
  readonly releases: Releases;
  readonly jobs: Jobs;
  readonly edges: Edges;
  readonly telemetry: Telemetry;
  readonly feedback: Feedback;
  readonly tokens: Tokens;
  readonly audit: Audit;
  readonly schedules: Schedules;
  readonly stageCache: StageCache;
}

/** What a registry takes from outside. */
export interface RegistryDeps {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A fresh id, never given before; it stands in addresses. */
  readonly newId: () => string;
}

/** The registry kept in `database`; whoever opened the database closes it. */
export function createRegistry(database: Database, deps: RegistryDeps): Registry {
  const context: Context = {
    database,
    now: () => new Date(deps.now()).toISOString(),
    newId: deps.newId,
  };
  return {
    aliases: createAliases(context),
    audit: createAudit(context),
    catalogues: createCatalogues(context),
    datasets: createDatasets(context),
    edges: createEdges(context),
    feedback: createFeedback(context),
    jobs: createJobs(context),
    labels: createLabels(context),
    models: createModels(context),
    releases: createReleases(context),
    runs: createRuns(context),
    schedules: createSchedules(context),
    splits: createSplits(context),
    stageCache: createStageCache(context),
    telemetry: createTelemetry(context),
    tokens: createTokens(context),
  };
}
