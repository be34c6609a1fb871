/**
 * Answers of the review queue: given, left out, taken back; each in one transaction with the feedback that it is.
 *
 * @module
 */
import { and, count, desc, eq, inArray, isNotNull, like } from "drizzle-orm";
import { AppError } from "@aisle/shared/errors";
import type { Queries } from "../db/database.ts";
import { feedback, reviewAnswers, reviewItems } from "../db/schema/mod.ts";
import type { Context } from "./context.ts";
import { storeFeedback } from "./feedback_intake.ts";
import { REASONS, REVIEW_EDGE } from "./feedback_policy.ts";
import type { ReviewQueue } from "./review.ts";
import { findItem, showItem, stands } from "./review_rows.ts";

/** The verbs of people who answer. */
export function createReviewAnswers(
  { database, now, newId }: Context,
): Pick<ReviewQueue, "answer" | "skip" | "undo"> {
  /** The open product `id`, that nobody else holds and `reviewer` has not answered. */
  const toAnswer = async (tx: Queries, catalogue: string, id: string, reviewer: string) => {
    const row = await findItem(tx, catalogue, id);
    if (row === undefined) {
      throw new AppError("not-found", `Cannot answer ${id}: the review queue has no such product`);
    }
    const mine = await tx.select({ seq: reviewAnswers.seq }).from(reviewAnswers)
      .where(and(eq(reviewAnswers.itemId, id), eq(reviewAnswers.reviewer, reviewer), stands))
      .get();
    const held = row.leaseBy !== null && row.leaseBy !== reviewer && row.leaseUntil! > now();
    if (row.state !== "open" || mine !== undefined || held) {
      const why = mine !== undefined
        ? "you answered it before; undo that first"
        : held
        ? `${row.leaseBy} looks at it`
        : `it is ${row.state}`;
      throw new AppError("conflict", `Cannot answer ${id}: ${why}`);
    }
    return row;
  };

  return {
    answer: (catalogue, { id, reviewer, code }, limits) =>
      database.write(async (tx) => {
        const row = await toAnswer(tx, catalogue, id, reviewer);
        const key = `review-${newId()}`, at = now();
        await storeFeedback(
          tx,
          {
            idempotencyKey: key,
            edgeId: REVIEW_EDGE,
            catalogue,
            requestId: null,
            product: row.product,
            code,
            predicted: null,
            source: reviewer,
            at,
          },
          { now },
          limits,
        );
        await tx.insert(reviewAnswers)
          .values({ catalogue, itemId: id, reviewer, code, feedbackKey: key, at });
        const given = await tx.select({ n: count() }).from(reviewAnswers)
          .where(and(eq(reviewAnswers.itemId, id), stands, isNotNull(reviewAnswers.code))).get();
        const change = {
          state: (given?.n ?? 0) >= row.wanted ? "answered" as const : "open" as const,
          leaseBy: null,
          leaseUntil: null,
          updatedAt: at,
        };
        await tx.update(reviewItems).set(change).where(eq(reviewItems.id, id));
        return showItem({ ...row, ...change });
      }),

    skip: (catalogue, { id, reviewer }) =>
      database.write(async (tx) => {
        await toAnswer(tx, catalogue, id, reviewer);
        await tx.insert(reviewAnswers).values({ catalogue, itemId: id, reviewer, at: now() });
        await tx.update(reviewItems).set({ leaseBy: null, leaseUntil: null })
          .where(eq(reviewItems.id, id));
      }),

    undo: (catalogue, reviewer, leaseMinutes) =>
      database.write(async (tx) => {
        const last = await tx.select().from(reviewAnswers).where(
          and(eq(reviewAnswers.catalogue, catalogue), eq(reviewAnswers.reviewer, reviewer), stands),
        ).orderBy(desc(reviewAnswers.seq)).limit(1).get();
        if (last === undefined) return null;
        if (last.feedbackKey !== null) await takeBack(tx, catalogue, last.feedbackKey, reviewer);
        await tx.update(reviewAnswers).set({ undoneAt: now() }).where(
          eq(reviewAnswers.seq, last.seq),
        );
        const change = {
          state: "open" as const,
          leaseBy: reviewer,
          leaseUntil: leaseEnd(now(), leaseMinutes),
          updatedAt: now(),
        };
        await tx.update(reviewItems).set(change).where(eq(reviewItems.id, last.itemId));
        const row = await findItem(tx, catalogue, last.itemId);
        return showItem({ ...row!, ...change });
      }),
  };
}

/** When a lease of so many minutes that begins at `at` ends. */
export function leaseEnd(at: string, minutes: number): string {
  return new Date(Date.parse(at) + minutes * 60_000).toISOString();
}

/** Feedback of an answer that was a mistake; those that it contradicted wait no longer where nothing else does. */
async function takeBack(tx: Queries, catalogue: string, key: string, by: string): Promise<void> {
  const record = await tx.select().from(feedback)
    .where(and(eq(feedback.catalogue, catalogue), eq(feedback.key, key))).get();
  if (record === undefined) return;
  if (record.state === "merged") {
    throw new AppError(
      "conflict",
      "Cannot take the last answer back: it is in the data by now. Correct it by feedback",
    );
  }
  await tx.update(feedback).set({ state: "rejected", reason: `taken back by ${by}` })
    .where(eq(feedback.seq, record.seq));
  if (record.content === null) return;
  const others = await tx.select({ code: feedback.code }).from(feedback).where(and(
    eq(feedback.catalogue, catalogue),
    eq(feedback.content, record.content),
    inArray(feedback.state, ["pending", "merged", "quarantined"]),
  ));
  if (new Set(others.map(({ code }) => code)).size !== 1) return;
  await tx.update(feedback).set({ state: "pending", reason: null }).where(and(
    eq(feedback.catalogue, catalogue),
    eq(feedback.content, record.content),
    eq(feedback.state, "quarantined"),
    like(feedback.reason, `${REASONS.conflict}%`),
  ));
}
