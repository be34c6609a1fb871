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

/**
 * Windows of telemetry added up: of all edges together (`edgeId` empty) by minute, hour and day, of each edge by hour.
 * A window changes a handful of rows and a page of figures reads a handful, however many windows there were.
 */
export const telemetrySums = sqliteTable("telemetry_sums", {
  seq: integer("seq").primaryKey(),
  catalogue: text("catalogue").notNull(),
  edgeId: text("edge_id").notNull(),
  span: text("span", { enum: ["minute", "hour", "day"] }).notNull(),
  /** Milliseconds since 1970. */
  start: integer("start").notNull(),
  /** Bundle that answered; empty where none did. */
  digest: text("digest").notNull(),
  body: text("body").notNull(),
}, (t) => [
  uniqueIndex("telemetry_sums_key").on(t.catalogue, t.edgeId, t.span, t.start, t.digest),
  index("telemetry_sums_age").on(t.catalogue, t.span, t.start),
]);

/** How far each start of each edge got: tells windows that came twice, or never. */
export const telemetryBoots = sqliteTable("telemetry_boots", {
  seq: integer("seq").primaryKey(),
  catalogue: text("catalogue").notNull(),
  edgeId: text("edge_id").notNull(),
  bootId: text("boot_id").notNull(),
  windows: integer("windows").notNull(),
  lastSeq: integer("last_seq").notNull(),
  /** Windows below `lastSeq` that have not come: JSON list of [first, last]. */
  holes: text("holes").notNull(),
  dropped: integer("dropped").notNull(),
  /** End of the newest window, ISO 8601 in UTC. */
  lastAt: text("last_at").notNull(),
}, (t) => [
  uniqueIndex("telemetry_boots_key").on(t.edgeId, t.bootId),
  index("telemetry_boots_last").on(t.catalogue, t.lastAt),
]);

/** Where alerts are sent. The secret signs and must be known to do so: it is kept as it is, and told to nobody. */
export const webhooks = sqliteTable("webhooks", {
  seq: integer("seq").primaryKey({ autoIncrement: true }),
  id: text("id").notNull().unique(),
  name: text("name").notNull(),
  url: text("url").notNull(),
  secret: text("secret").notNull(),
  /** Null for all. */
  catalogue: text("catalogue"),
  minSeverity: text("min_severity", { enum: ["info", "warning", "critical"] }).notNull(),
  enabled: integer("enabled", { mode: "boolean" }).notNull(),
  createdAt: text("created_at").notNull(),
  createdBy: text("created_by").notNull(),
});

/** Outbox of webhooks: rows are written with the alert that they tell of and sent until they are taken. */
export const webhookDeliveries = sqliteTable("webhook_deliveries", {
  seq: integer("seq").primaryKey({ autoIncrement: true }),
  id: text("id").notNull().unique(),
  webhook: text("webhook").notNull().references(() => webhooks.id, { onDelete: "cascade" }),
  event: text("event").notNull(),
  body: text("body").notNull(),
  state: text("state", { enum: ["pending", "delivered", "failed"] }).notNull(),
  attempts: integer("attempts").notNull(),
  nextAt: text("next_at").notNull(),
  /** HTTP status of the last answer; null where there was none. */
  status: integer("status"),
  error: text("error"),
  createdAt: text("created_at").notNull(),
  settledAt: text("settled_at"),
}, (t) => [
  index("webhook_deliveries_due").on(t.state, t.nextAt),
  index("webhook_deliveries_of").on(t.webhook, t.seq),
]);
