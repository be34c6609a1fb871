/**
 * Tables of the fleet: edges that were heard of, which of them are pinned, what they served when.
 *
 * @module
 */
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Edges that were heard of. */
export const edges = sqliteTable("edges", {
  edgeId: text("edge_id").notNull(),
  catalogue: text("catalogue").notNull(),
  digest: text("digest"),
  firstSeenAt: text("first_seen_at").notNull(),
  lastSeenAt: text("last_seen_at").notNull(),
  /** Sequence of the release that it said it serves. */
  sequence: integer("sequence"),
  /** Why it does not serve what it was told to. */
  trouble: text("trouble", { mode: "json" }).$type<
    | {
      digest: string;
      sequence: number;
      code: string;
      message: string;
      quarantined: boolean;
    }
    | null
  >(),
  /** When it last said itself what it serves; null for edges that do not: polls and telemetry tell of those. */
  reportedAt: text("reported_at"),
}, (t) => [primaryKey({ columns: [t.edgeId, t.catalogue] })]);

/** Edges that serve a bundle of their own, whatever the champion is. */
export const edgePins = sqliteTable("edge_pins", {
  catalogue: text("catalogue").notNull(),
  edgeId: text("edge_id").notNull(),
  digest: text("digest").notNull(),
  /** Sequence of the release that tells the edge. */
  release: integer("release").notNull(),
  by: text("by").notNull(),
  why: text("why").notNull(),
  at: text("at").notNull(),
}, (t) => [primaryKey({ columns: [t.catalogue, t.edgeId] })]);

/** What each edge served from when on. Triggers on `edges`, written into the migration by hand, fill it. */
export const edgeServed = sqliteTable("edge_served", {
  seq: integer("seq").primaryKey({ autoIncrement: true }),
  catalogue: text("catalogue").notNull(),
  edgeId: text("edge_id").notNull(),
  digest: text("digest"),
  sequence: integer("sequence"),
  at: text("at").notNull(),
}, (t) => [
  index("edge_served_edge").on(t.catalogue, t.edgeId, t.seq),
  index("edge_served_at").on(t.catalogue, t.at),
]);
