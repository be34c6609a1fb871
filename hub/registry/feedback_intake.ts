/**
 * Takes feedback in: gathers what is known of its source and its product, and does what the policy decides, in one
 * transaction.
 *
 * @module
 */
import { and, count, eq, gte, inArray, like, ne, or, sql } from "drizzle-orm";
import { AppError } from "@aisle/shared/errors";
import type { FeedbackReceipt, FeedbackRecord } from "@aisle/shared/contract";
import { contentName } from "@aisle/shared/features";
import type { Queries } from "../db/database.ts";
import { feedback, feedbackSources } from "../db/schema/mod.ts";
import type { Context } from "./context.ts";
import {
  type FeedbackLimits,
  NO_LIMITS,
  placeFeedback,
  type Placement,
  quotaOf,
  REASONS,
  REVIEW_EDGE,
  type Rival,
  type Standing,
  TRUST_WEIGHTS,
} from "./feedback_policy.ts";
import { resolveCode } from "./labels.ts";

const DAY_MS = 86_400_000;

/** What storing a record came to. */
export interface StoredReceipt extends FeedbackReceipt {
  /** Null for a duplicate. */
  readonly placement: Placement | null;
}

/** Who says something: see `sourceKey`. */
type SourceName = Pick<FeedbackRecord, "catalogue" | "source" | "edgeId">;

/**
 * Stores `record` unless its key is there.
 *
 * @throws {AppError} `unknown-code` when no label of the catalogue has the code
 */
export async function storeFeedback(
  tx: Queries,
  record: FeedbackRecord,
  { now }: Pick<Context, "now">,
  limits: FeedbackLimits = NO_LIMITS,
): Promise<StoredReceipt> {
  const { catalogue, code, predicted, product } = record;
  if (await resolveCode(tx, catalogue, code) === null) {
    throw new AppError(
      "unknown-code",
      `Cannot store feedback: catalogue ${catalogue} has no label ${code}. Add the label first`,
    );
  }
  const known = await tx.select({ seq: feedback.seq }).from(feedback).where(
    and(eq(feedback.catalogue, catalogue), eq(feedback.key, record.idempotencyKey)),
  ).get();
  if (known !== undefined) return { stored: true, duplicate: true, placement: null };
  const at = now(), atMs = Date.parse(at);
  const content = product === null ? null : contentName(product);
  const standing = await standingOf(tx, record, limits);
  const quota = quotaOf(standing, limits);
  const burstFrom = new Date(atMs - limits.burstMinutes * 60_000).toISOString();
  const placement = placeFeedback({
    joined: product !== null,
    standing,
    lastDay: await sentSince(tx, record, new Date(atMs - DAY_MS).toISOString(), quota),
    lastMinutes: await sentSince(
      tx,
      record,
      burstFrom,
      standing.trust === "trusted" ? Infinity : limits.burstRows,
    ),
    rivals: content === null ? [] : await rivalsOf(tx, record, content, limits),
  }, limits);
  await tx.insert(feedback).values({
    key: record.idempotencyKey,
    catalogue,
    edgeId: record.edgeId,
    requestId: record.requestId,
    product,
    code,
    predictedCode: predicted?.code ?? null,
    predictedConfidence: predicted?.confidence ?? null,
    predictedDigest: predicted?.digest ?? null,
    source: record.source,
    at: record.at,
    atUtc: new Date(record.at).toISOString(),
    storedAt: at,
    state: placement.state,
    reason: placement.reason,
    content,
  });
  await settleOthers(tx, record, placement, burstFrom);
  return { stored: true, duplicate: false, placement };
}

/** How a source stands: as a person said, people in the review queue trusted, else as the limits say. */
export async function standingOf(
  tx: Queries,
  { catalogue, source, edgeId }: SourceName,
  { defaultTrust }: Pick<FeedbackLimits, "defaultTrust">,
): Promise<Standing> {
  const row = await tx.select().from(feedbackSources).where(and(
    eq(feedbackSources.catalogue, catalogue),
    eq(feedbackSources.source, source),
    eq(feedbackSources.edgeId, edgeId),
  )).get();
  if (row !== undefined) return row;
  const trust = edgeId === REVIEW_EDGE ? "trusted" : defaultTrust;
  return { trust, weight: TRUST_WEIGHTS[trust], quotaPerDay: null };
}

function ofSource({ catalogue, source, edgeId }: SourceName) {
  return and(
    eq(feedback.catalogue, catalogue),
    eq(feedback.edgeId, edgeId),
    eq(feedback.source, source),
  );
}

/** Records since then, counted no further than it matters: a trusted source may have a million. */
async function sentSince(
  tx: Queries,
  from: SourceName,
  since: string,
  bound: number,
): Promise<number> {
  if (bound === Infinity) return 0;
  const some = tx.select({ one: sql`1`.as("one") }).from(feedback)
    .where(and(ofSource(from), gte(feedback.storedAt, since))).limit(bound + 1).as("some");
  const row = await tx.select({ n: count() }).from(some).get();
  return row?.n ?? 0;
}

/** Records of other sources about the same product with another code, those that still say something. */
async function rivalsOf(
  tx: Queries,
  record: FeedbackRecord,
  content: string,
  { defaultTrust }: Pick<FeedbackLimits, "defaultTrust">,
): Promise<Rival[]> {
  const { catalogue, edgeId, source, code } = record;
  const rows = await tx.select({
    key: feedback.key,
    state: feedback.state,
    edgeId: feedback.edgeId,
    weight: feedbackSources.weight,
  }).from(feedback).leftJoin(
    feedbackSources,
    and(
      eq(feedbackSources.catalogue, feedback.catalogue),
      eq(feedbackSources.source, feedback.source),
      eq(feedbackSources.edgeId, feedback.edgeId),
    ),
  ).where(and(
    eq(feedback.catalogue, catalogue),
    eq(feedback.content, content),
    ne(feedback.code, code),
    or(ne(feedback.edgeId, edgeId), ne(feedback.source, source)),
    // What a burst brought is no word against anybody yet.
    or(
      inArray(feedback.state, ["pending", "merged"]),
      and(eq(feedback.state, "quarantined"), like(feedback.reason, `${REASONS.conflict}%`)),
    ),
  )).orderBy(feedback.seq);
  return rows.map(({ key, state, edgeId, weight }) => ({
    key,
    state: state as Rival["state"],
    weight: weight ?? TRUST_WEIGHTS[edgeId === REVIEW_EDGE ? "trusted" : defaultTrust],
  }));
}

/** What a placement does to records that were there. */
async function settleOthers(
  tx: Queries,
  record: FeedbackRecord,
  { outweighed, contested, state, reason }: Placement,
  burstFrom: string,
): Promise<void> {
  const { catalogue, idempotencyKey } = record;
  const set = async (keys: readonly string[], to: "set-aside" | "quarantined", why: string) => {
    if (keys.length === 0) return;
    await tx.update(feedback).set({ state: to, reason: why })
      .where(and(eq(feedback.catalogue, catalogue), inArray(feedback.key, [...keys])));
  };
  await set(outweighed, "set-aside", `outweighed: ${idempotencyKey} of a more trusted source`);
  await set(
    contested,
    "quarantined",
    `${REASONS.conflict}: ${idempotencyKey} gives the same product another code`,
  );
  // The whole burst waits, not only what came after it was noticed.
  if (state !== "quarantined" || !reason?.startsWith(REASONS.burst)) return;
  await tx.update(feedback).set({ state: "quarantined", reason }).where(and(
    ofSource(record),
    gte(feedback.storedAt, burstFrom),
    inArray(feedback.state, ["pending", "unjoined"]),
  ));
}
