/**
 * Feedback with true codes: stored once, merged once, counted always.
 *
 * What could not be joined to a product counts for accuracy and never trains.
 *
 * @module
 */
import { and, asc, count, desc, eq, gt, gte, lt, sql } from "drizzle-orm";
import { AppError } from "@aisle/shared/errors";
import type { FeedbackRecord } from "@aisle/shared/contract";
import { type Interval, wilson } from "@aisle/shared/stats";
import type { Queries } from "../db/database.ts";
import { feedback, feedbackCounts as counts, labels } from "../db/schema/mod.ts";
import type { Context } from "./context.ts";
import { moveHead } from "./datasets.ts";
import { type StoredReceipt, storeFeedback } from "./feedback_intake.ts";
import { type FeedbackLimits, sourceKey } from "./feedback_policy.ts";
import { beforeOf, limitOf, type Page, pageOf, type PageQuery } from "./page.ts";

/**
 * What became of a record: `pending` waits for a merge, `unjoined` has no product and waits for nothing,
 * `quarantined` neither trains nor counts until a person releases or rejects it.
 */
export type FeedbackState =
  | "pending"
  | "unjoined"
  | "merged"
  | "set-aside"
  | "quarantined"
  | "rejected";

/** A stored record. */
export interface StoredFeedback extends FeedbackRecord {
  readonly state: FeedbackState;
  /** The data version it went into. */
  readonly dataset: string | null;
  /** Why it was set aside. */
  readonly reason: string | null;
  readonly storedAt: string;
}

/** A record that can train. `code` is the active one where labels were merged meanwhile. */
export interface PendingFeedback {
  readonly key: string;
  readonly designation: string;
  readonly description: string;
  readonly productId: string;
  readonly imageId: string;
  /** Digest of the picture that came with it; empty where none did. */
  readonly picture: string;
  readonly code: string;
  readonly at: string;
  /** Who said it, as `sourceKey` writes it. */
  readonly source: string;
}

/** How often users agreed. */
export interface FeedbackStats {
  /** Records whose prediction is known. */
  readonly n: number;
  readonly correct: number;
  /** 95 % Wilson interval of `correct / n`. */
  readonly interval: Interval;
  readonly joined: number;
  readonly unjoined: number;
  readonly pending: number;
  readonly merged: number;
  readonly setAside: number;
  /** Those two count nowhere else. */
  readonly quarantined: number;
  readonly rejected: number;
  /** By true code, over records whose prediction is known. */
  readonly classes: Readonly<Record<string, { readonly n: number; readonly correct: number }>>;
}

/** What a merge did. */
export interface MergeOutcome {
  readonly catalogue: string;
  /** The data version that holds the merged rows; it becomes the head. */
  readonly dataset: string;
  readonly merged: readonly string[];
  readonly setAside?: readonly { readonly key: string; readonly reason: string }[] | undefined;
}

/** Which records to list. */
export interface FeedbackQuery extends PageQuery {
  readonly catalogue?: string | undefined;
  readonly state?: FeedbackState | undefined;
}

/** Reads and writes feedback. */
export interface Feedback {
  /**
   * Stores it unless its key is there, where the policy puts it; without `limits` everything is believed at once.
   *
   * @throws {AppError} `unknown-code` when no label of the catalogue has the code
   */
  store(record: FeedbackRecord, limits?: FeedbackLimits): Promise<StoredReceipt>;
  /** Newest first. */
  list(query?: FeedbackQuery): Promise<Page<StoredFeedback>>;
  /** Joined and not merged, oldest first. */
  pending(catalogue: string): Promise<PendingFeedback[]>;
  /** Number of pending records, and by code. */
  countNew(
    catalogue: string,
  ): Promise<{ readonly rows: number; readonly classes: Readonly<Record<string, number>> }>;
  /**
   * Marks records and moves the head of the data in one transaction; marking twice changes nothing.
   *
   * @throws {AppError} `not-found` when data version or a record is unknown
   */
  markMerged(outcome: MergeOutcome): Promise<void>;
  stats(
    catalogue: string,
    options?: { readonly digest?: string | undefined; readonly since?: string | undefined },
  ): Promise<FeedbackStats>;
}

/** The feedback kept in `context`'s database. */
export function createFeedback({ database, now }: Context): Feedback {
  return {
    store: (record, limits) => database.write((tx) => storeFeedback(tx, record, { now }, limits)),
    list: (query = {}) =>
      database.read(async (db) => {
        const rows = await db.select().from(feedback).where(and(
          lt(feedback.seq, beforeOf(query)),
          query.catalogue === undefined ? undefined : eq(feedback.catalogue, query.catalogue),
          query.state === undefined ? undefined : eq(feedback.state, query.state),
        )).orderBy(desc(feedback.seq)).limit(limitOf(query) + 1);
        return pageOf(rows, query, show);
      }),
    pending: (catalogue) =>
      database.read(async (db) => {
        const rows = await db.select({
          key: feedback.key,
          product: feedback.product,
          code: activeCode,
          at: feedback.atUtc,
          source: feedback.source,
          edgeId: feedback.edgeId,
        }).from(feedback).leftJoin(labels, ownLabel).where(isPending(catalogue))
          .orderBy(asc(feedback.atUtc), asc(feedback.key));
        return rows.flatMap(({ key, product, code, at, ...from }) => {
          if (product === null) return [];
          const { designation, description, productid, imageid } = product;
          return [{
            key,
            designation,
            description,
            productId: productid,
            imageId: imageid,
            picture: product.picture ?? "",
            code,
            at,
            source: sourceKey(from),
          }];
        });
      }),
    countNew: (catalogue) =>
      database.read(async (db) => {
        const code = sql<string>`coalesce(${labels.mergedInto}, ${counts.code})`;
        const rows = await db.select({ code, n: sql<number>`sum(${counts.n})` })
          .from(counts).leftJoin(
            labels,
            and(eq(labels.catalogue, counts.catalogue), eq(labels.code, counts.code)),
          )
          .where(and(eq(counts.catalogue, catalogue), eq(counts.state, "pending"), gt(counts.n, 0)))
          .groupBy(code).orderBy(code);
        return {
          rows: rows.reduce((sum, { n }) => sum + n, 0),
          classes: Object.fromEntries(rows.map(({ code, n }) => [code, n])),
        };
      }),
    markMerged: ({ catalogue, dataset, merged, setAside = [] }) =>
      database.write(async (tx) => {
        await mark(tx, catalogue, merged.map((key) => ({ key, reason: null })), {
          state: "merged",
          dataset,
        });
        await mark(tx, catalogue, setAside, { state: "set-aside", dataset: null });
        await moveHead(tx, catalogue, dataset);
      }),
    stats: (catalogue, { digest, since } = {}) =>
      database.read(async (db) => {
        if (since === undefined) return addUp(await counted(db, catalogue, digest));
        const rows = await db.select({
          code: feedback.code,
          state: feedback.state,
          known: sql<number>`${feedback.predictedCode} IS NOT NULL`,
          n: count(),
          correct: sql<number>`coalesce(sum(${feedback.predictedCode} = ${feedback.code}), 0)`,
        }).from(feedback).where(and(
          eq(feedback.catalogue, catalogue),
          digest === undefined ? undefined : eq(feedback.predictedDigest, digest),
          gte(feedback.atUtc, new Date(since).toISOString()),
        )).groupBy(feedback.code, feedback.state, sql`3`).orderBy(feedback.code);
        return addUp(rows);
      }),
  };
}

type FeedbackRow = typeof feedback.$inferSelect;

/** All records by what they say, as the triggers have counted them. */
async function counted(db: Queries, catalogue: string, digest: string | undefined) {
  return await db.select({
    code: counts.code,
    state: sql<FeedbackState>`${counts.state}`,
    known: counts.known,
    n: sql<number>`sum(${counts.n})`,
    correct: sql<number>`sum(${counts.n} * ${counts.correct})`,
  }).from(counts).where(and(
    eq(counts.catalogue, catalogue),
    gt(counts.n, 0),
    digest === undefined ? undefined : eq(counts.digest, digest),
  )).groupBy(counts.code, counts.state, counts.known).orderBy(counts.code);
}

/** The label that a record names. */
const ownLabel = and(eq(labels.catalogue, feedback.catalogue), eq(labels.code, feedback.code));

/** The code that counts where labels were merged after the record was stored. */
const activeCode = sql<string>`coalesce(${labels.mergedInto}, ${feedback.code})`;

function isPending(catalogue: string) {
  return and(eq(feedback.catalogue, catalogue), eq(feedback.state, "pending"));
}

/** Moves records to a state by one statement; every key must be one of the catalogue's. */
async function mark(
  tx: Queries,
  catalogue: string,
  records: readonly { readonly key: string; readonly reason: string | null }[],
  to: { readonly state: "merged" | "set-aside"; readonly dataset: string | null },
): Promise<void> {
  if (records.length === 0) return;
  const list = JSON.stringify(records.map(({ key, reason }) => [key, reason]));
  // A record that went into a data version stays with the first one: marking again changes nothing.
  await tx.run(sql`UPDATE ${feedback} SET state = ${to.state}, dataset = ${to.dataset},
    reason = (SELECT value ->> 1 FROM json_each(${list}) WHERE value ->> 0 = ${feedback.key})
    WHERE ${feedback.catalogue} = ${catalogue} AND ${feedback.state} = 'pending'
    AND ${feedback.key} IN (SELECT value ->> 0 FROM json_each(${list}))`);
  const missing = await tx.all<[string]>(sql`SELECT value ->> 0 FROM json_each(${list})
    WHERE value ->> 0 NOT IN (SELECT ${feedback.key} FROM ${feedback}
      WHERE ${feedback.catalogue} = ${catalogue}) LIMIT 1`);
  if (missing.length === 0) return;
  throw new AppError(
    "not-found",
    `Cannot mark feedback ${missing[0]![0]} of catalogue ${catalogue}: it was never stored`,
  );
}

function addUp(
  rows: readonly {
    code: string;
    state: FeedbackState;
    known: number;
    n: number;
    correct: number;
  }[],
): FeedbackStats {
  const by: Record<FeedbackState, number> = {
    pending: 0,
    unjoined: 0,
    merged: 0,
    "set-aside": 0,
    quarantined: 0,
    rejected: 0,
  };
  const classes: Record<string, { n: number; correct: number }> = {};
  let n = 0, correct = 0;
  for (const row of rows) {
    by[row.state] += row.n;
    if (row.known === 0 || row.state === "quarantined" || row.state === "rejected") continue;
    n += row.n;
    correct += row.correct;
    const of = classes[row.code] ??= { n: 0, correct: 0 };
    of.n += row.n;
    of.correct += row.correct;
  }
  return {
    n,
    correct,
    interval: wilson(correct, n),
    joined: by.pending + by.merged + by["set-aside"],
    unjoined: by.unjoined,
    pending: by.pending,
    merged: by.merged,
    setAside: by["set-aside"],
    quarantined: by.quarantined,
    rejected: by.rejected,
    classes,
  };
}

function show(row: FeedbackRow): StoredFeedback {
  const known = row.predictedCode !== null && row.predictedConfidence !== null &&
    row.predictedDigest !== null;
  return {
    idempotencyKey: row.key,
    edgeId: row.edgeId,
    catalogue: row.catalogue,
    requestId: row.requestId,
    product: row.product ?? null,
    code: row.code,
    predicted: known
      ? {
        code: row.predictedCode!,
        confidence: row.predictedConfidence!,
        digest: row.predictedDigest!,
      }
      : null,
    source: row.source,
    at: row.at,
    state: row.state,
    dataset: row.dataset,
    reason: row.reason,
    storedAt: row.storedAt,
  };
}
