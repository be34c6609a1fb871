/**
 * Tables of operation: jobs, edges, telemetry, feedback, tokens, audit, schedules.
 *
 * @module
 */
import { sql } from "drizzle-orm";
import {
  index,
  integer,
  primaryKey,
  real,
  sqliteTable,
  text,
  uniqueIndex,
} from "drizzle-orm/sqlite-core";

/** How often a job that failed is tried again, and how long it waits before that. */
export interface RetryPolicy {
  /** Attempts in all. */
  readonly attempts: number;
  /** Wait before the second attempt; twice as long before each further one. */
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
  /** Share of the wait that chance may take off. */
  readonly jitter: number;
}

/** The queue of jobs; at most one row a catalogue is running, by index. */
export const jobs = sqliteTable("jobs", {
  seq: integer("seq").primaryKey({ autoIncrement: true }),
  id: text("id").notNull().unique(),
  catalogue: text("catalogue").notNull(),
  kind: text("kind").notNull(),
  state: text("state", {
    enum: ["queued", "running", "succeeded", "failed", "cancelled", "lost"],
  }).notNull(),
  attempt: integer("attempt").notNull(),
  maxAttempts: integer("max_attempts").notNull(),
  input: text("input", { mode: "json" }).$type<unknown>(),
  result: text("result", { mode: "json" }).$type<unknown>(),
  error: text("error", { mode: "json" }).$type<{ code: string; message: string } | null>(),
  by: text("by").notNull(),
  cancelRequested: integer("cancel_requested", { mode: "boolean" }).notNull().default(false),
  createdAt: text("created_at").notNull(),
  startedAt: text("started_at"),
  heartbeatAt: text("heartbeat_at"),
  endedAt: text("ended_at"),
  /** Not claimed before this instant: a retry that waits. */
  notBefore: text("not_before"),
  /** Until when the worker holds it without another sign of life. */
  leaseUntil: text("lease_until"),
  timeoutMs: integer("timeout_ms"),
  retry: text("retry", { mode: "json" }).$type<RetryPolicy | null>(),
  scheduleId: text("schedule_id"),
  /** What it is queued for, so that it is queued once. */
  key: text("key").unique("jobs_key"),
}, (t) => [
  uniqueIndex("jobs_one_running").on(t.catalogue).where(sql`state = 'running'`),
  index("jobs_state").on(t.state, t.seq),
  index("jobs_catalogue").on(t.catalogue, t.seq),
  // Inspections are many: the newest of a rare kind must be found among them.
  index("jobs_kind").on(t.catalogue, t.kind, t.seq),
  index("jobs_schedule").on(t.scheduleId, t.seq).where(sql`schedule_id IS NOT NULL`),
]);

/** Lines of job logs. */
export const jobEvents = sqliteTable("job_events", {
  jobId: text("job_id").notNull().references(() => jobs.id),
  seq: integer("seq").notNull(),
  at: text("at").notNull(),
  type: text("type", { enum: ["stage", "progress", "log", "metric", "state"] }).notNull(),
  body: text("body", { mode: "json" }).$type<Record<string, unknown>>().notNull(),
}, (t) => [
  primaryKey({ columns: [t.jobId, t.seq] }),
  // Stages are told among thousands of other lines.
  index("job_events_stage").on(t.jobId, t.seq).where(sql`type IN ('stage', 'state')`),
]);

/** Telemetry windows, whole; the columns beside the body are for finding them. */
export const telemetryWindows = sqliteTable("telemetry_windows", {
  edgeId: text("edge_id").notNull(),
  bootId: text("boot_id").notNull(),
  seq: integer("seq").notNull(),
  catalogue: text("catalogue").notNull(),
  digest: text("digest"),
  endedAt: text("ended_at").notNull(),
  dropped: integer("dropped").notNull(),
  body: text("body").notNull(),
}, (t) => [
  primaryKey({ columns: [t.edgeId, t.bootId, t.seq] }),
  index("telemetry_windows_ended").on(t.catalogue, t.endedAt),
]);

/** Feedback records. */
export const feedback = sqliteTable("feedback", {
  seq: integer("seq").primaryKey({ autoIncrement: true }),
  key: text("key").notNull(),
  catalogue: text("catalogue").notNull(),
  edgeId: text("edge_id").notNull(),
  requestId: text("request_id"),
  /** Null where the request could not be joined to a product. */
  product: text("product", { mode: "json" }).$type<
    {
      designation: string;
      description: string;
      productid: string;
      imageid: string;
      picture?: string | undefined;
    } | null
  >(),
  code: text("code").notNull(),
  predictedCode: text("predicted_code"),
  predictedConfidence: real("predicted_confidence"),
  predictedDigest: text("predicted_digest"),
  source: text("source").notNull(),
  /** As the edge wrote it. */
  at: text("at").notNull(),
  /** The same instant in UTC, for order. */
  atUtc: text("at_utc").notNull(),
  storedAt: text("stored_at").notNull(),
  state: text("state", {
    enum: ["pending", "unjoined", "merged", "set-aside", "quarantined", "rejected"],
  }).notNull(),
  dataset: text("dataset"),
  reason: text("reason"),
  /** Name of the product's content; null where there is none, or the record is from before it was kept. */
  content: text("content"),
}, (t) => [
  index("feedback_content").on(t.catalogue, t.content),
  index("feedback_source").on(t.catalogue, t.edgeId, t.source, t.storedAt),
  index("feedback_source_state").on(t.catalogue, t.edgeId, t.source, t.state),
  uniqueIndex("feedback_key").on(t.catalogue, t.key),
  index("feedback_state").on(t.catalogue, t.state),
  index("feedback_catalogue").on(t.catalogue, t.seq),
  index("feedback_merged").on(t.catalogue, t.dataset, t.state),
  index("feedback_answered").on(
    t.catalogue,
    t.predictedDigest,
    sql`("code" = "predicted_code")`,
    t.dataset,
  ),
  index("feedback_request").on(t.catalogue, t.requestId),
]);

/**
 * How many records of feedback there are of each kind: pages tell of millions without reading them. Triggers on
 * `feedback`, written into the migration by hand, keep it in step; nothing else writes it.
 */
export const feedbackCounts = sqliteTable("feedback_counts", {
  catalogue: text("catalogue").notNull(),
  /** The bundle whose answer it is about; empty where that is not known. */
  digest: text("digest").notNull(),
  code: text("code").notNull(),
  state: text("state").notNull(),
  /** Whether it says what was answered, and whether that was right. */
  known: integer("known").notNull(),
  correct: integer("correct").notNull(),
  n: integer("n").notNull(),
}, (t) => [
  primaryKey({ columns: [t.catalogue, t.digest, t.code, t.state, t.known, t.correct] }),
]);

/** Access tokens by the hash of their secret. */
export const tokens = sqliteTable("tokens", {
  seq: integer("seq").primaryKey({ autoIncrement: true }),
  id: text("id").notNull().unique(),
  name: text("name").notNull(),
  role: text("role", { enum: ["admin", "operator", "reviewer", "viewer", "edge"] }).notNull(),
  /** The only catalogue that a token of role edge is for; null for all. */
  catalogue: text("catalogue"),
  hash: text("hash").notNull().unique(),
  /** The secret before the last rotation, and until when it counts. */
  previousHash: text("previous_hash"),
  previousUntil: text("previous_until"),
  createdAt: text("created_at").notNull(),
  rotatedAt: text("rotated_at"),
  expiresAt: text("expires_at"),
  revokedAt: text("revoked_at"),
  /** Within minutes; see `hub/registry/token_use.ts`. */
  lastUsedAt: text("last_used_at"),
}, (t) => [index("tokens_previous").on(t.previousHash)]);

/** Answers to requests that came with an idempotency key, for a day. */
export const idempotency = sqliteTable("idempotency", {
  /** Id of the token that asked, or `local`. */
  holder: text("holder").notNull(),
  key: text("key").notNull(),
  /** SHA-256 of what was asked. */
  request: text("request").notNull(),
  /** The start of the hub that is at work on it; null once there is an answer. */
  boot: text("boot"),
  status: integer("status"),
  headers: text("headers", { mode: "json" }).$type<Record<string, string>>(),
  /** Null where the answer held a secret. */
  body: text("body"),
  createdAt: text("created_at").notNull(),
}, (t) => [
  primaryKey({ columns: [t.holder, t.key] }),
  index("idempotency_created").on(t.createdAt),
]);

/** Who changed what. Append-only by trigger. */
export const audit = sqliteTable("audit", {
  seq: integer("seq").primaryKey({ autoIncrement: true }),
  at: text("at").notNull(),
  actor: text("actor").notNull(),
  action: text("action").notNull(),
  target: text("target").notNull(),
  details: text("details", { mode: "json" }).$type<unknown>(),
}, (t) => [
  index("audit_action").on(t.action, t.seq),
  index("audit_actor").on(t.actor, t.seq),
  index("audit_at").on(t.at, t.seq),
]);

/** Changes under way: written with the first thing that they change, gone with their row in the audit. */
export const auditOpen = sqliteTable("audit_open", {
  id: text("id").primaryKey(),
  at: text("at").notNull(),
  actor: text("actor").notNull(),
  action: text("action").notNull(),
  target: text("target").notNull(),
  details: text("details", { mode: "json" }).$type<Record<string, unknown>>().notNull(),
});

/** Rows of the scheduler. */
export const schedules = sqliteTable("schedules", {
  id: text("id").primaryKey(),
  catalogue: text("catalogue").notNull(),
  kind: text("kind").notNull(),
  cron: text("cron").notNull(),
  enabled: integer("enabled", { mode: "boolean" }).notNull(),
  input: text("input", { mode: "json" }).$type<unknown>(),
  lastRunAt: text("last_run_at"),
  nextRunAt: text("next_run_at"),
  lastJobId: text("last_job_id"),
  timeZone: text("time_zone").notNull().default("UTC"),
  missedPolicy: text("missed_policy", { enum: ["skip", "once"] }).notNull().default("skip"),
  timeoutMs: integer("timeout_ms"),
  retry: text("retry", { mode: "json" }).$type<RetryPolicy | null>(),
  expectedByMs: integer("expected_by_ms"),
  lastDueAt: text("last_due_at"),
  /** The first due instant that no success has followed yet. */
  owedSince: text("owed_since"),
  /** What came of the last due instant where it was no job. */
  note: text("note"),
  /** `params` while params.yaml says what it is; else who set it. */
  by: text("by").notNull().default("params"),
});
