/**
 * Tables of learning: runs with their metrics, bundles with what was found out about them, aliases, releases.
 *
 * @module
 */
import {
  index,
  integer,
  primaryKey,
  real,
  sqliteTable,
  text,
  uniqueIndex,
} from "drizzle-orm/sqlite-core";

/** Tracked runs. */
export const runs = sqliteTable("runs", {
  seq: integer("seq").primaryKey({ autoIncrement: true }),
  id: text("id").notNull().unique(),
  catalogue: text("catalogue").notNull(),
  kind: text("kind").notNull(),
  state: text("state", { enum: ["running", "succeeded", "failed", "cancelled", "lost"] }).notNull(),
  jobId: text("job_id"),
  params: text("params", { mode: "json" }).$type<
    Record<string, string | number | boolean | null>
  >().notNull(),
  tags: text("tags", { mode: "json" }).$type<Record<string, string>>().notNull(),
  datasetDigest: text("dataset_digest"),
  bundleDigest: text("bundle_digest"),
  codeVersion: text("code_version"),
  device: text("device"),
  error: text("error"),
  createdAt: text("created_at").notNull(),
  endedAt: text("ended_at"),
}, (t) => [index("runs_catalogue").on(t.catalogue, t.seq), index("runs_state").on(t.state)]);

/** Values of metrics by step; null stands for NaN and the largest double for infinity. */
export const metrics = sqliteTable("metrics", {
  runId: text("run_id").notNull().references(() => runs.id),
  name: text("name").notNull(),
  step: integer("step").notNull(),
  value: real("value"),
  at: text("at").notNull(),
}, (t) => [primaryKey({ columns: [t.runId, t.name, t.step] })]);

/** The value of the highest step of each metric, so that lists of runs read no series. */
export const latestMetrics = sqliteTable("latest_metrics", {
  runId: text("run_id").notNull().references(() => runs.id),
  name: text("name").notNull(),
  step: integer("step").notNull(),
  value: real("value"),
}, (t) => [primaryKey({ columns: [t.runId, t.name] })]);

/** Blobs that runs left. */
export const artifacts = sqliteTable("artifacts", {
  runId: text("run_id").notNull().references(() => runs.id),
  name: text("name").notNull(),
  digest: text("digest").notNull(),
  sizeBytes: integer("size_bytes").notNull(),
  contentType: text("content_type").notNull(),
  createdAt: text("created_at").notNull(),
}, (t) => [primaryKey({ columns: [t.runId, t.name] })]);

/** Packed bundles. */
export const models = sqliteTable("models", {
  seq: integer("seq").primaryKey({ autoIncrement: true }),
  digest: text("digest").notNull(),
  catalogue: text("catalogue").notNull(),
  runId: text("run_id"),
  dataset: text("dataset"),
  sizeBytes: integer("size_bytes").notNull(),
  manifest: text("manifest", { mode: "json" }).$type<unknown>(),
  createdAt: text("created_at").notNull(),
}, (t) => [
  uniqueIndex("models_name").on(t.catalogue, t.digest),
  index("models_digest").on(t.digest),
]);

/** Evaluations of bundles on gold rows. */
export const evaluations = sqliteTable("evaluations", {
  seq: integer("seq").primaryKey({ autoIncrement: true }),
  catalogue: text("catalogue").notNull(),
  bundle: text("bundle").notNull(),
  goldDigest: text("gold_digest").notNull(),
  metrics: text("metrics", { mode: "json" }).$type<Record<string, number>>().notNull(),
  blob: text("blob").notNull(),
  htmlBlob: text("html_blob"),
  createdAt: text("created_at").notNull(),
}, (t) => [uniqueIndex("evaluations_name").on(t.bundle, t.catalogue, t.goldDigest, t.blob)]);

/** Verdicts of the gate. */
export const verdicts = sqliteTable("verdicts", {
  seq: integer("seq").primaryKey({ autoIncrement: true }),
  digest: text("digest").notNull(),
  catalogue: text("catalogue").notNull(),
  bundle: text("bundle").notNull(),
  against: text("against"),
  accept: integer("accept", { mode: "boolean" }).notNull(),
  blob: text("blob").notNull(),
  htmlBlob: text("html_blob"),
  runId: text("run_id"),
  createdAt: text("created_at").notNull(),
}, (t) => [uniqueIndex("verdicts_name").on(t.bundle, t.catalogue, t.digest)]);

/** The aliases of a catalogue as they are now. */
export const aliases = sqliteTable("aliases", {
  catalogue: text("catalogue").primaryKey(),
  revision: integer("revision").notNull(),
  champion: text("champion"),
  challenger: text("challenger"),
  previous: text("previous"),
});

/** Every change of an alias and how the aliases stood after it. Append-only by trigger. */
export const aliasChanges = sqliteTable("alias_changes", {
  catalogue: text("catalogue").notNull(),
  revision: integer("revision").notNull(),
  kind: text("kind", { enum: ["challenger", "promote", "rollback"] }).notNull(),
  champion: text("champion"),
  challenger: text("challenger"),
  previous: text("previous"),
  by: text("by").notNull(),
  why: text("why").notNull(),
  release: integer("release"),
  at: text("at").notNull(),
}, (t) => [primaryKey({ columns: [t.catalogue, t.revision] })]);

/** Signed release documents. Append-only by trigger. */
export const releases = sqliteTable("releases", {
  catalogue: text("catalogue").notNull(),
  sequence: integer("sequence").notNull(),
  digest: text("digest").notNull(),
  kind: text("kind", { enum: ["promote", "rollback", "relabel"] }).notNull(),
  /** The bytes that were signed. */
  payload: text("payload").notNull(),
  keyId: text("key_id").notNull(),
  signature: text("signature").notNull(),
  etag: text("etag").notNull(),
  by: text("by").notNull(),
  why: text("why").notNull(),
  createdAt: text("created_at").notNull(),
}, (t) => [primaryKey({ columns: [t.catalogue, t.sequence] })]);

/** Outputs of stages by the hash of their inputs. */
export const stageOutputs = sqliteTable("stage_outputs", {
  key: text("key").primaryKey(),
  stage: text("stage").notNull(),
  output: text("output", { mode: "json" }).$type<unknown>(),
  createdAt: text("created_at").notNull(),
});
