/**
 * Tables of learning: runs with their artifacts, bundles with what was found out about them, aliases, releases.
 *
 * @module
 */
import {
  index,
  integer,
  primaryKey,
  sqliteTable,
  text,
  uniqueIndex,
} from "drizzle-orm/sqlite-core";
import { experiments, type RunLinks } from "./tracking.ts";

/** Tracked runs: those of the pipeline, and those that clients log (of kind `client`). */
export const runs = sqliteTable("runs", {
  seq: integer("seq").primaryKey({ autoIncrement: true }),
  id: text("id").notNull().unique(),
  /** Empty where the run belongs to no catalogue. */
  catalogue: text("catalogue").notNull(),
  /** `experiments.id`; set on every run, null only while a migration is under way. */
  experiment: integer("experiment").references(() => experiments.id),
  kind: text("kind").notNull(),
  name: text("name").notNull().default(""),
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
  /** Data sets and models that went in and came out, as clients tell them. */
  inputs: text("inputs", { mode: "json" }).$type<RunLinks>().notNull().default({}),
  outputs: text("outputs", { mode: "json" }).$type<RunLinks>().notNull().default({}),
  createdAt: text("created_at").notNull(),
  /** When it began, as its maker says; empty only while a migration is under way. */
  startedAt: text("started_at").notNull().default(""),
  endedAt: text("ended_at"),
  deletedAt: text("deleted_at"),
}, (t) => [
  index("runs_catalogue").on(t.catalogue, t.seq),
  index("runs_state").on(t.state),
  index("runs_experiment").on(t.experiment, t.startedAt, t.seq),
]);

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
  /** 1, 2, 3, ... within the catalogue; null only while a migration is under way. */
  version: integer("version"),
}, (t) => [
  uniqueIndex("models_name").on(t.catalogue, t.digest),
  uniqueIndex("models_version").on(t.catalogue, t.version),
  index("models_digest").on(t.digest),
  index("models_dataset").on(t.catalogue, t.dataset),
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
  /** Whom it is for; null: every edge of the catalogue. */
  audience: text("audience", { mode: "json" }).$type<
    | { kind: "edge"; edgeId: string }
    | { kind: "share"; share: number; salt: string }
    | null
  >(),
}, (t) => [primaryKey({ columns: [t.catalogue, t.sequence] })]);

/** Outputs of stages by the hash of their inputs. */
export const stageOutputs = sqliteTable("stage_outputs", {
  key: text("key").primaryKey(),
  stage: text("stage").notNull(),
  output: text("output", { mode: "json" }).$type<unknown>(),
  createdAt: text("created_at").notNull(),
  /** When it last answered instead of a run of the stage; null: never. */
  usedAt: text("used_at"),
});
