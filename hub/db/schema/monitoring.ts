/**
 * Tables of monitoring: alerts and what was found out about each catalogue's traffic.
 *
 * @module
 */
import { sql } from "drizzle-orm";
import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

/** What needs somebody's eye; at most one row a catalogue and key is not resolved, by index. */
export const alerts = sqliteTable("alerts", {
  seq: integer("seq").primaryKey({ autoIncrement: true }),
  id: text("id").notNull().unique(),
  /** Empty for what belongs to no catalogue. */
  catalogue: text("catalogue").notNull(),
  key: text("key").notNull(),
  kind: text("kind").notNull(),
  severity: text("severity", { enum: ["info", "warning", "critical"] }).notNull(),
  state: text("state", { enum: ["open", "acknowledged", "resolved"] }).notNull(),
  message: text("message").notNull(),
  details: text("details", { mode: "json" }).$type<unknown>(),
  raisedAt: text("raised_at").notNull(),
  /** When it was last found to hold, and how often that was. */
  lastRaisedAt: text("last_raised_at").notNull(),
  times: integer("times").notNull(),
  acknowledgedAt: text("acknowledged_at"),
  acknowledgedBy: text("acknowledged_by"),
  mutedUntil: text("muted_until"),
  mutedBy: text("muted_by"),
  resolvedAt: text("resolved_at"),
  resolvedBy: text("resolved_by"),
}, (t) => [
  uniqueIndex("alerts_one_open").on(t.catalogue, t.key).where(sql`state <> 'resolved'`),
  index("alerts_key").on(t.catalogue, t.key, t.seq),
  index("alerts_state").on(t.state, t.seq),
  index("alerts_resolved").on(t.resolvedAt),
]);

/** What each monitoring job found; the newest of a catalogue counts. */
export const monitorReports = sqliteTable("monitor_reports", {
  seq: integer("seq").primaryKey({ autoIncrement: true }),
  catalogue: text("catalogue").notNull(),
  at: text("at").notNull(),
  body: text("body").notNull(),
}, (t) => [index("monitor_reports_catalogue").on(t.catalogue, t.seq)]);
