/**
 * Tables of what people look after: the sources of feedback, and the queue of products to label.
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

/** What a person said of a source; sources that nobody judged have no row. */
export const feedbackSources = sqliteTable("feedback_sources", {
  catalogue: text("catalogue").notNull(),
  /** The name that feedback gives itself, and the edge that brought it: a name alone proves nothing. */
  source: text("source").notNull(),
  edgeId: text("edge_id").notNull(),
  trust: text("trust", { enum: ["trusted", "neutral", "untrusted", "blocked"] }).notNull(),
  /** What its word weighs against others', 0 to 1. */
  weight: real("weight").notNull(),
  /** Null: as the params say. */
  quotaPerDay: integer("quota_per_day"),
  by: text("by").notNull(),
  at: text("at").notNull(),
}, (t) => [primaryKey({ columns: [t.catalogue, t.source, t.edgeId] })]);

/** Products that a person should label; one a content. */
export const reviewItems = sqliteTable("review_items", {
  seq: integer("seq").primaryKey({ autoIncrement: true }),
  id: text("id").notNull().unique(),
  catalogue: text("catalogue").notNull(),
  content: text("content").notNull(),
  product: text("product", { mode: "json" }).$type<
    {
      designation: string;
      description: string;
      productid: string;
      imageid: string;
      picture?: string | undefined;
    }
  >().notNull(),
  /** Best first, as the bundle `digest` gave them. */
  guesses: text("guesses", { mode: "json" }).$type<{ code: string; confidence: number }[]>()
    .notNull(),
  digest: text("digest"),
  /** Why a person should look, each with how much it says (0 to 1) and in words. */
  reasons: text("reasons", { mode: "json" }).$type<
    { kind: string; score: number; detail: string }[]
  >().notNull(),
  /** The strongest reason, for the mix. */
  kind: text("kind").notNull(),
  priority: real("priority").notNull(),
  /** The code that the data or a user gives it by now. */
  knownCode: text("known_code"),
  origin: text("origin").notNull(),
  state: text("state", { enum: ["open", "answered", "gone"] }).notNull(),
  /** Answers by different people that are asked for. */
  wanted: integer("wanted").notNull(),
  leaseBy: text("lease_by"),
  leaseUntil: text("lease_until"),
  createdAt: text("created_at").notNull(),
  updatedAt: text("updated_at").notNull(),
}, (t) => [
  uniqueIndex("review_items_content").on(t.catalogue, t.content),
  index("review_items_open").on(t.catalogue, t.state, t.kind, t.priority),
]);

/** What people answered. */
export const reviewAnswers = sqliteTable("review_answers", {
  seq: integer("seq").primaryKey({ autoIncrement: true }),
  catalogue: text("catalogue").notNull(),
  itemId: text("item_id").notNull(),
  reviewer: text("reviewer").notNull(),
  /** Null: skipped. */
  code: text("code"),
  /** The feedback that it became. */
  feedbackKey: text("feedback_key"),
  at: text("at").notNull(),
  undoneAt: text("undone_at"),
}, (t) => [
  index("review_answers_item").on(t.itemId, t.reviewer),
  index("review_answers_reviewer").on(t.catalogue, t.reviewer, t.seq),
]);
