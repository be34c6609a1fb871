/**
 * The sources of feedback: who says how much, and how far each is believed.
 *
 * A source is a name and the edge that brought it: names are given by whoever sends, edges prove who they are.
 *
 * @module
 */
import { and, asc, count, desc, eq, gte, sql } from "drizzle-orm";
import { AppError } from "@aisle/shared/errors";
import type { Queries } from "../db/database.ts";
import { feedback, feedbackSources } from "../db/schema/mod.ts";
import type { Context } from "./context.ts";
import { type FeedbackLimits, REVIEW_EDGE, type Trust, TRUST_WEIGHTS } from "./feedback_policy.ts";
import { standingOf } from "./feedback_intake.ts";

/** Names one source. */
export interface SourceId {
  readonly source: string;
  readonly edgeId: string;
}

/** A source with what came from it. */
export interface FeedbackSource extends SourceId {
  readonly trust: Trust;
  /** What its word weighs against others', 0 to 1. */
  readonly weight: number;
  /** Null: as the params say. */
  readonly quotaPerDay: number | null;
  /** Who said how far it is believed; null where nobody did. */
  readonly by: string | null;
  readonly at: string | null;
  readonly records: number;
  readonly lastDay: number;
  readonly pending: number;
  readonly merged: number;
  readonly quarantined: number;
  readonly rejected: number;
  /** Of the newest 200: those whose prediction is known, and how many of them confirm it. */
  readonly known: number;
  readonly confirms: number;
  readonly firstAt: string | null;
  readonly lastAt: string | null;
}

/** What a person says of a source; what is not given stays, or is as the trust says. */
export interface SourceChange {
  readonly trust?: Trust | undefined;
  readonly weight?: number | undefined;
  readonly quotaPerDay?: number | null | undefined;
}

/** Reads and judges sources. */
export interface Sources {
  /** Most records first, the first hundred. */
  list(catalogue: string, limits: Pick<FeedbackLimits, "defaultTrust">): Promise<FeedbackSource[]>;
  /** Applies to feedback from now on, and to what earlier feedback may do: who is untrusted judges nothing. */
  set(
    catalogue: string,
    id: SourceId,
    change: SourceChange,
    options: { readonly by: string; readonly limits: Pick<FeedbackLimits, "defaultTrust"> },
  ): Promise<void>;
  /** The sources that a person judged. */
  judged(catalogue: string): Promise<(SourceId & { readonly trust: Trust })[]>;
}

const DAY_MS = 86_400_000;
/** Sources listed; those with fewer records are left out. */
const MAX_SOURCES = 100;
/** Records of a source by which it is seen how far it confirms the model. */
const NEWEST = 200;

/** The sources kept in `context`'s database. */
export function createSources({ database, now }: Context): Sources {
  return {
    list: (catalogue, { defaultTrust }) =>
      database.read(async (db) => {
        const since = new Date(Date.parse(now()) - DAY_MS).toISOString();
        // Counted in the index alone: with a million records this is what takes the time.
        const states = await db.select({
          edgeId: feedback.edgeId,
          source: feedback.source,
          state: feedback.state,
          n: count(),
        }).from(feedback).where(eq(feedback.catalogue, catalogue))
          .groupBy(feedback.edgeId, feedback.source, feedback.state);
        const heaviest = [...Map.groupBy(states, idOf).values()].map((of) => {
          const { source, edgeId } = of[0]!;
          const inState = (state: string) => of.find((row) => row.state === state)?.n ?? 0;
          return {
            source,
            edgeId,
            records: of.reduce((sum, { n }) => sum + n, 0),
            pending: inState("pending"),
            merged: inState("merged"),
            quarantined: inState("quarantined"),
            rejected: inState("rejected"),
          };
        }).sort((a, b) => b.records - a.records).slice(0, MAX_SOURCES);
        const counted = [];
        for (const one of heaviest) {
          counted.push({ ...one, ...await newestOf(db, catalogue, one, since) });
        }
        const rows = await db.select().from(feedbackSources)
          .where(eq(feedbackSources.catalogue, catalogue));
        const said = new Map(rows.map((row) => [idOf(row), row]));
        const heard = new Set(counted.map(idOf));
        const silent = rows.filter((row) => !heard.has(idOf(row))).map((row) => ({
          source: row.source,
          edgeId: row.edgeId,
          ...NOTHING,
        }));
        return [...counted, ...silent].map((one) => {
          const row = said.get(idOf(one));
          const trust = row?.trust ?? (one.edgeId === REVIEW_EDGE ? "trusted" : defaultTrust);
          return {
            ...one,
            trust,
            weight: row?.weight ?? TRUST_WEIGHTS[trust],
            quotaPerDay: row?.quotaPerDay ?? null,
            by: row?.by ?? null,
            at: row?.at ?? null,
          };
        }).sort((a, b) => b.records - a.records || (idOf(a) < idOf(b) ? -1 : 1));
      }),
    set: (catalogue, { source, edgeId }, change, { by, limits }) => {
      const { weight } = change;
      if (weight !== undefined && !(weight >= 0 && weight <= 1)) {
        throw new AppError(
          "input-invalid",
          `Cannot weigh a source: its weight must be from 0 to 1: current value is ${weight}`,
        );
      }
      return database.write(async (tx) => {
        const before = await standingOf(tx, { catalogue, source, edgeId }, limits);
        const trust = change.trust ?? before.trust;
        const values = {
          trust,
          weight: weight ?? (change.trust === undefined ? before.weight : TRUST_WEIGHTS[trust]),
          quotaPerDay: change.quotaPerDay === undefined ? before.quotaPerDay : change.quotaPerDay,
          by,
          at: now(),
        };
        await tx.insert(feedbackSources).values({ catalogue, source, edgeId, ...values })
          .onConflictDoUpdate({
            target: [feedbackSources.catalogue, feedbackSources.source, feedbackSources.edgeId],
            set: values,
          });
        if (trust !== "blocked") return;
        await tx.update(feedback).set({
          state: "rejected",
          reason: `its source was blocked by ${by}`,
        })
          .where(and(
            eq(feedback.catalogue, catalogue),
            eq(feedback.edgeId, edgeId),
            eq(feedback.source, source),
            sql`${feedback.state} IN ('pending', 'quarantined', 'unjoined')`,
          ));
      });
    },
    judged: (catalogue) =>
      database.read((db) =>
        db.select({
          source: feedbackSources.source,
          edgeId: feedbackSources.edgeId,
          trust: feedbackSources.trust,
        }).from(feedbackSources).where(eq(feedbackSources.catalogue, catalogue))
          .orderBy(feedbackSources.source, feedbackSources.edgeId)
      ),
  };
}

/** When a source was heard, how often of late, and how far the newest of it confirms the model. */
async function newestOf(
  db: Queries,
  catalogue: string,
  { source, edgeId }: SourceId,
  since: string,
) {
  const own = and(
    eq(feedback.catalogue, catalogue),
    eq(feedback.edgeId, edgeId),
    eq(feedback.source, source),
  );
  const late = await db.select({ n: count() }).from(feedback)
    .where(and(own, gte(feedback.storedAt, since))).get();
  const first = await db.select({ at: feedback.storedAt }).from(feedback).where(own)
    .orderBy(asc(feedback.storedAt)).limit(1).get();
  const newest = await db.select({
    at: feedback.storedAt,
    code: feedback.code,
    predicted: feedback.predictedCode,
  }).from(feedback).where(own).orderBy(desc(feedback.storedAt)).limit(NEWEST);
  const known = newest.filter(({ predicted }) => predicted !== null);
  return {
    lastDay: late?.n ?? 0,
    firstAt: first?.at ?? null,
    lastAt: newest[0]?.at ?? null,
    known: known.length,
    confirms: known.filter(({ code, predicted }) => code === predicted).length,
  };
}

const NOTHING = {
  records: 0,
  lastDay: 0,
  pending: 0,
  merged: 0,
  quarantined: 0,
  rejected: 0,
  known: 0,
  confirms: 0,
  firstAt: null,
  lastAt: null,
};

function idOf({ source, edgeId }: SourceId): string {
  return JSON.stringify([source, edgeId]);
}
