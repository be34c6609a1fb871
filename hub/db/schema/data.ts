/**
 * Tables of catalogues and their data: versions, assignments, labels.
 *
 * Times are ISO 8601 text in UTC, so that their order is the order of the text.
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

/** Catalogues, with the heads of their chains and the version of their labels. */
export const catalogues = sqliteTable("catalogues", {
  seq: integer("seq").primaryKey({ autoIncrement: true }),
  name: text("name").notNull().unique(),
  title: text("title").notNull(),
  settings: text("settings", { mode: "json" }).$type<Record<string, unknown>>().notNull(),
  labelVersion: integer("label_version").notNull().default(0),
  headDataset: text("head_dataset"),
  /** `splits.seq` of the newest assignment. */
  headSplit: integer("head_split"),
  createdAt: text("created_at").notNull(),
});

/** Data versions. */
export const datasets = sqliteTable("datasets", {
  seq: integer("seq").primaryKey({ autoIncrement: true }),
  digest: text("digest").notNull(),
  catalogue: text("catalogue").notNull(),
  parent: text("parent"),
  blob: text("blob").notNull(),
  rows: integer("rows").notNull(),
  classes: text("classes", { mode: "json" }).$type<Record<string, number>>().notNull(),
  setAside: integer("set_aside").notNull(),
  source: text("source", { mode: "json" }).$type<unknown>(),
  diff: text("diff", { mode: "json" }).$type<
    { added: number; removed: number; changed: number } | null
  >(),
  reportBlob: text("report_blob"),
  createdAt: text("created_at").notNull(),
}, (t) => [
  uniqueIndex("datasets_name").on(t.catalogue, t.digest),
  index("datasets_parent").on(t.catalogue, t.parent),
]);

/** Assignments of content groups to sets, once for each data version they were used on. */
export const splits = sqliteTable("splits", {
  seq: integer("seq").primaryKey({ autoIncrement: true }),
  digest: text("digest").notNull(),
  catalogue: text("catalogue").notNull(),
  dataset: text("dataset").notNull(),
  parent: text("parent"),
  counts: text("counts", { mode: "json" }).$type<Record<string, number>>().notNull(),
  createdAt: text("created_at").notNull(),
}, (t) => [uniqueIndex("splits_name").on(t.catalogue, t.digest, t.dataset)]);

/** Labels as they are now. */
export const labels = sqliteTable("labels", {
  catalogue: text("catalogue").notNull(),
  code: text("code").notNull(),
  name: text("name").notNull(),
  state: text("state", { enum: ["active", "merged"] }).notNull(),
  mergedInto: text("merged_into"),
}, (t) => [primaryKey({ columns: [t.catalogue, t.code] })]);

/** Every change of a label. Append-only by trigger. */
export const labelChanges = sqliteTable("label_changes", {
  seq: integer("seq").primaryKey({ autoIncrement: true }),
  catalogue: text("catalogue").notNull(),
  version: integer("version").notNull(),
  action: text("action", { enum: ["add", "rename", "merge"] }).notNull(),
  code: text("code").notNull(),
  value: text("value").notNull(),
  by: text("by").notNull(),
  at: text("at").notNull(),
}, (t) => [index("label_changes_catalogue").on(t.catalogue, t.version)]);
