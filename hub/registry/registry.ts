/**
 * The hub's memory behind one interface, an area a file.
 *
 * Every promise that resolves after a write means: it is on the disk. Times are ISO 8601 in UTC.
 *
 * @module
 */
import type { Alerts } from "./alerts.ts";
import type { Aliases } from "./aliases.ts";
import type { Audit } from "./audit.ts";
import type { Catalogues } from "./catalogues.ts";
import type { ClientRuns } from "./client_runs.ts";
import type { Datasets } from "./datasets.ts";
import type { Edges } from "./edges.ts";
import type { Experiments } from "./experiments.ts";
import type { Feedback } from "./feedback.ts";
import type { Fleet } from "./fleet.ts";
import type { Idempotency } from "./idempotency.ts";
import type { Jobs, Lease } from "./jobs.ts";
import type { Labels } from "./labels.ts";
import type { Lineage } from "./lineage.ts";
import type { MetricRetention } from "./metric_retention.ts";
import type { ModelVersions } from "./model_versions.ts";
import type { Models } from "./models.ts";
import type { Monitoring } from "./monitoring.ts";
import type { Quarantine } from "./quarantine.ts";
import type { RegisteredModels } from "./registered_models.ts";
import type { Releases } from "./releases.ts";
import type { ReviewQueue } from "./review.ts";
import type { Runs } from "./runs.ts";
import type { Schedules } from "./schedules.ts";
import type { Sources } from "./sources.ts";
import type { Splits } from "./splits.ts";
import type { StageCache } from "./stage_cache.ts";
import type { Delivery } from "./delivery.ts";
import type { Telemetry } from "./telemetry.ts";
import type { Tokens } from "./tokens.ts";
import type { Webhooks } from "./webhooks.ts";

/** Everything the hub remembers. */
export interface Registry {
  readonly catalogues: Catalogues;
  readonly experiments: Experiments;
  readonly runs: Runs;
  readonly clientRuns: ClientRuns;
  readonly datasets: Datasets;
  readonly splits: Splits;
  readonly labels: Labels;
  readonly lineage: Lineage;
  readonly models: Models;
  readonly registeredModels: RegisteredModels;
  readonly modelVersions: ModelVersions;
  readonly aliases: Aliases;
  readonly releases: Releases;
  readonly retention: MetricRetention;
  readonly idempotency: Idempotency;
  readonly jobs: Jobs;
  readonly edges: Edges;
  readonly fleet: Fleet;
  readonly telemetry: Telemetry;
  readonly delivery: Delivery;
  readonly feedback: Feedback;
  readonly alerts: Alerts;
  readonly webhooks: Webhooks;
  readonly monitoring: Monitoring;
  readonly quarantine: Quarantine;
  readonly review: ReviewQueue;
  readonly sources: Sources;
  readonly tokens: Tokens;
  readonly audit: Audit;
  readonly schedules: Schedules;
  readonly stageCache: StageCache;
  /**
   * The same memory for one worker: every write asks, in its own transaction, whether `lease` still holds, and is
   * refused with `conflict` where it does not.
   */
  fencedBy(lease: Lease): Registry;
}

/** What a registry takes from outside. */
export interface RegistryDeps {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A fresh id, never given before; it stands in addresses. */
  readonly newId: () => string;
}
