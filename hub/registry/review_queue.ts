/**
 * Gives out the products of the review queue, lists them and counts what was answered.
 *
 * @module
 */
import { and, asc, count, desc, eq, inArray, isNull, lt, ne, or, sql } from "drizzle-orm";
import type { Queries } from "../db/database.ts";
import { reviewAnswers, reviewItems } from "../db/schema/mod.ts";
import { agreementOf } from "../review/agreement.ts";
import { chooseNext, REVIEW_REASONS, type ReviewReason, wordsOf } from "../review/choose_next.ts";
import type { Context } from "./context.ts";
import { beforeOf, limitOf, pageOf } from "./page.ts";
import type { ReviewQueue } from "./review.ts";
import { createReviewAnswers, leaseEnd } from "./review_answers.ts";
import { offerItems } from "./review_intake.ts";
import { findItem, type ItemRow, showItem, stands } from "./review_rows.ts";

/** Products of each kind that are weighed against each other; the rest waits for its turn. */
const POOL = 200;
/** What was given out lately, for the mix and against near-duplicates. */
const RECENT = 50;

/** The queue kept in `context`'s database. */
export function createReviewQueue(context: Context): ReviewQueue {
  const { database, now } = context;
  return {
    ...createReviewAnswers(context),
    offer: (catalogue, items, params) =>
      database.write((tx) => offerItems(tx, context, catalogue, items, params)),

    next: (catalogue, { reviewer, n, mix, seed, leaseMinutes }) =>
      database.write(async (tx) => {
        const at = now();
        const open = and(
          eq(reviewItems.catalogue, catalogue),
          eq(reviewItems.state, "open"),
          sql`NOT EXISTS (SELECT 1 FROM ${reviewAnswers} WHERE ${reviewAnswers.itemId} = ${reviewItems.id}
            AND ${reviewAnswers.reviewer} = ${reviewer} AND ${reviewAnswers.undoneAt} IS NULL)`,
        );
        const mine = await tx.select().from(reviewItems)
          .where(and(open, eq(reviewItems.leaseBy, reviewer))).orderBy(desc(reviewItems.priority))
          .limit(n);
        const pool: ItemRow[] = [];
        for (const kind of mine.length < n ? REVIEW_REASONS : []) {
          pool.push(
            ...await tx.select().from(reviewItems).where(and(
              open,
              eq(reviewItems.kind, kind),
              or(
                isNull(reviewItems.leaseBy),
                and(ne(reviewItems.leaseBy, reviewer), lt(reviewItems.leaseUntil, at)),
              ),
            )).orderBy(desc(reviewItems.priority), asc(reviewItems.seq)).limit(POOL),
          );
        }
        const lately = await tx.select({ kind: reviewItems.kind, product: reviewItems.product })
          .from(reviewAnswers).innerJoin(reviewItems, eq(reviewItems.id, reviewAnswers.itemId))
          .where(and(eq(reviewAnswers.catalogue, catalogue), stands))
          .orderBy(desc(reviewAnswers.seq)).limit(RECENT);
        const seen = (row: Pick<ItemRow, "kind" | "product">) => ({
          kind: row.kind as ReviewReason,
          words: wordsOf(row.product),
        });
        const chosen = chooseNext(
          pool.map((row) => ({ ...seen(row), id: row.id, priority: row.priority })),
          {
            n: n - mine.length,
            mix,
            seed,
            recent: [...lately.reverse(), ...mine].map(seen),
          },
        );
        const by = new Map(pool.map((row) => [row.id, row]));
        const rows = [...mine, ...chosen.map((id) => by.get(id)!)];
        const lease = { leaseBy: reviewer, leaseUntil: leaseEnd(at, leaseMinutes) };
        if (rows.length > 0) {
          await tx.update(reviewItems).set(lease)
            .where(inArray(reviewItems.id, rows.map(({ id }) => id)));
        }
        return rows.map((row) => showItem({ ...row, ...lease }));
      }),

    openCount: (catalogue) =>
      database.read(async (db) => {
        const row = await db.select({ n: count() }).from(reviewItems)
          .where(and(eq(reviewItems.catalogue, catalogue), eq(reviewItems.state, "open"))).get();
        return row?.n ?? 0;
      }),
    get: (catalogue, id) =>
      database.read(async (db) => {
        const row = await findItem(db, catalogue, id);
        return row === undefined ? null : showItem(row);
      }),

    list: (catalogue, query = {}) =>
      database.read(async (db) => {
        const rows = await db.select().from(reviewItems).where(and(
          eq(reviewItems.catalogue, catalogue),
          lt(reviewItems.seq, beforeOf(query)),
          query.state === undefined ? undefined : eq(reviewItems.state, query.state),
        )).orderBy(desc(reviewItems.seq)).limit(limitOf(query) + 1);
        const ids = rows.map(({ id }) => id);
        const answers = ids.length === 0 ? [] : await db.select().from(reviewAnswers)
          .where(inArray(reviewAnswers.itemId, ids)).orderBy(reviewAnswers.seq);
        return pageOf(rows, query, (row) => ({
          ...showItem(row),
          answers: answers.filter(({ itemId }) => itemId === row.id).map((
            { itemId, reviewer, code, feedbackKey, at, undoneAt },
          ) => ({ itemId, reviewer, code, feedbackKey, at, undoneAt })),
        }));
      }),

    stats: (catalogue) =>
      database.read(async (db) => {
        const states = await db.select({
          state: reviewItems.state,
          kind: reviewItems.kind,
          n: count(),
        }).from(reviewItems).where(eq(reviewItems.catalogue, catalogue))
          .groupBy(reviewItems.state, reviewItems.kind);
        const open = states.filter(({ state }) => state === "open");
        const sum = (rows: typeof states) => rows.reduce((total, { n }) => total + n, 0);
        const reviewers = await db.select({
          reviewer: reviewAnswers.reviewer,
          answers: sql<number>`count(${reviewAnswers.code})`,
          skipped: sql<number>`coalesce(sum(${reviewAnswers.code} IS NULL), 0)`,
          firstGuess: sql<
            number
          >`coalesce(sum(${reviewAnswers.code} = ${reviewItems.guesses} ->> '$[0].code'), 0)`,
          lastAt: sql<string>`max(${reviewAnswers.at})`,
        }).from(reviewAnswers).innerJoin(reviewItems, eq(reviewItems.id, reviewAnswers.itemId))
          .where(and(eq(reviewAnswers.catalogue, catalogue), stands))
          .groupBy(reviewAnswers.reviewer)
          .orderBy(desc(sql`count(${reviewAnswers.code})`), reviewAnswers.reviewer);
        return {
          open: sum(open),
          kinds: Object.fromEntries(open.map(({ kind, n }) => [kind, n])),
          answered: sum(states.filter(({ state }) => state === "answered")),
          reviewers,
          agreement: agreementOf(await secondOpinions(db, catalogue)),
        };
      }),
  };
}

/** First and second answer of products that two people answered. */
async function secondOpinions(db: Queries, catalogue: string): Promise<[string, string][]> {
  const rows = await db.all<[string, string]>(sql`
    SELECT a.code, b.code FROM ${reviewAnswers} a JOIN ${reviewAnswers} b
      ON b.item_id = a.item_id AND b.seq > a.seq AND b.reviewer <> a.reviewer
    WHERE a.catalogue = ${catalogue} AND a.undone_at IS NULL AND b.undone_at IS NULL
      AND a.code IS NOT NULL AND b.code IS NOT NULL`);
  return rows.map(([a, b]) => [a, b]);
}
