/**
 * Tables of tracking: experiments, figures by step, and the models that clients register.
 *
 * @module
 */
import {
  type AnySQLiteColumn,
  index,
  integer,
  primaryKey,
  real,
  sqliteTable,
  text,
  uniqueIndex,
} from "drizzle-orm/sqlite-core";
import { runs } from "./learning.ts";

/** Values by name. */
type Tags = Record<string, string>;

/** What went into a run or came out of it, by kind; each entry is kept as it came. */
export type RunLinks = {
  readonly datasets?: readonly unknown[];
  readonly models?: readonly unknown[];
};

/** Groups of runs. Number 0 is the one that clients use when they name none. */
export const experiments = sqliteTable("experiments", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  name: text("name").notNull().unique(),
  /** The catalogue whose pipeline's runs it holds; null for those that clients made. */
  catalogue: text("catalogue").unique(),
  tags: text("tags", { mode: "json" }).$type<Tags>().notNull().default({}),
  createdAt: text("created_at").notNull(),
  updatedAt: text("updated_at").notNull(),
  deletedAt: text("deleted_at"),
});

/** One metric of one run, with its newest value: lists and searches of runs read no points. */
export const metricSeries = sqliteTable("metric_series", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  /** `runs.seq`. */
  run: integer("run").notNull().references((): AnySQLiteColumn => runs.seq),
  name: text("name").notNull(),
  /** Of the point with the highest step, then the latest time. */
  lastStep: integer("last_step").notNull().default(0),
  /** Milliseconds since 1970. */
  lastAt: integer("last_at").notNull().default(0),
  /** Null stands for NaN and the largest double for infinity. */
  lastValue: real("last_value"),
}, (t) => [uniqueIndex("metric_series_name").on(t.run, t.name)]);

/**
 * Values of metrics by step and time. The table is its own index (WITHOUT ROWID, written into the migration by
 * hand): a point takes about 30 bytes.
 */
export const metricPoints = sqliteTable("metric_points", {
  series: integer("series").notNull(),
  step: integer("step").notNull(),
  /** Milliseconds since 1970. */
  at: integer("at").notNull(),
  /** Part of the key and so never null: see `NAN_MARK`. The largest double stands for infinity. */
  value: real("value").notNull(),
}, (t) => [primaryKey({ columns: [t.series, t.step, t.at, t.value] })]);

/** Models that clients registered; the hub's own catalogues are read from their bundles. */
export const registeredModels = sqliteTable("registered_models", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  name: text("name").notNull().unique(),
  description: text("description").notNull().default(""),
  tags: text("tags", { mode: "json" }).$type<Tags>().notNull().default({}),
  aliases: text("aliases", { mode: "json" }).$type<Record<string, number>>().notNull().default({}),
  /** The highest version ever given, so that a number is never given twice. */
  lastVersion: integer("last_version").notNull().default(0),
  createdAt: text("created_at").notNull(),
  updatedAt: text("updated_at").notNull(),
});

/** Versions of models that clients registered. */
export const modelVersions = sqliteTable("model_versions", {
  seq: integer("seq").primaryKey({ autoIncrement: true }),
  model: integer("model").notNull().references(() => registeredModels.id, { onDelete: "cascade" }),
  version: integer("version").notNull(),
  /** Address of the files, as the client gave it; never opened by the hub. */
  source: text("source").notNull(),
  runId: text("run_id").notNull().default(""),
  runLink: text("run_link").notNull().default(""),
  description: text("description").notNull().default(""),
  stage: text("stage").notNull().default("None"),
  by: text("by").notNull(),
  tags: text("tags", { mode: "json" }).$type<Tags>().notNull().default({}),
  createdAt: text("created_at").notNull(),
  updatedAt: text("updated_at").notNull(),
}, (t) => [
  uniqueIndex("model_versions_number").on(t.model, t.version),
  index("model_versions_run").on(t.runId),
]);
