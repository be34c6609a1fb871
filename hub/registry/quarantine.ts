/**
 * Feedback that waits for a person: bursts, what is over its source's quota, and products with two codes.
 *
 * @module
 */
import { and, asc, count, desc, eq, gte, inArray, isNotNull, like, ne, sql } from "drizzle-orm";
import { AppError } from "@aisle/shared/errors";
import type { Queries } from "../db/database.ts";
import { feedback } from "../db/schema/mod.ts";
import type { Context } from "./context.ts";
import { REASONS, sourceKey } from "./feedback_policy.ts";
import { limitOf } from "./page.ts";

/** Which of the quarantined records a verb is about: some of them by key, or all of one source. */
export type QuarantineChoice =
  | { readonly keys: readonly string[] }
  | { readonly source: string; readonly edgeId: string };

/** One side of a conflict. */
export interface ConflictSide {
  readonly key: string;
  readonly code: string;
  readonly source: string;
  readonly edgeId: string;
  readonly state: string;
  readonly at: string;
}

/** A product that different sources give different codes. */
export interface Conflict {
  readonly content: string;
  readonly designation: string;
  readonly description: string;
  /** Digest of the picture; null where none came. */
  readonly picture: string | null;
  /** Oldest first; a merged one is in the data by now. */
  readonly sides: readonly ConflictSide[];
}

/** Feedback that contradicts a sure answer. */
export interface Surprise {
  readonly product: {
    readonly designation: string;
    readonly description: string;
    readonly productid: string;
    readonly imageid: string;
    readonly picture?: string | undefined;
  };
  readonly code: string;
  readonly predicted: { readonly code: string; readonly confidence: number };
  readonly digest: string | null;
  readonly source: string;
}

/** Decides on what waits. */
export interface Quarantine {
  /** Lets records train and count; how many. */
  release(catalogue: string, choice: QuarantineChoice, by: string): Promise<number>;
  /** Neither train nor count, for good; how many. */
  reject(catalogue: string, choice: QuarantineChoice, by: string): Promise<number>;
  /** Products with several codes, those that wait longest first. */
  conflicts(catalogue: string, options?: { readonly limit?: number }): Promise<Conflict[]>;
  /**
   * Believes `code` of a conflict's product: who says so trains, who says otherwise is rejected.
   *
   * @throws {AppError} `not-found` when no such conflict waits, `unknown-code` when no side of it says so
   */
  resolve(catalogue: string, content: string, code: string, by: string): Promise<void>;
  /** Waiting records that contradict an answer of at least `minConfidence`, newest first. */
  surprises(
    catalogue: string,
    options: { readonly minConfidence: number; readonly limit: number },
  ): Promise<Surprise[]>;
  /** Records that wait, and how many of them are of conflicts. */
  counts(catalogue: string): Promise<{ readonly quarantined: number; readonly conflicts: number }>;
}

const CONFLICT = `${REASONS.conflict}%`;

/** The quarantine of `context`'s database. */
export function createQuarantine({ database }: Context): Quarantine {
  const waiting = (catalogue: string) =>
    and(eq(feedback.catalogue, catalogue), eq(feedback.state, "quarantined"));
  const chosen = (catalogue: string, choice: QuarantineChoice) =>
    and(
      waiting(catalogue),
      "keys" in choice
        ? inArray(feedback.key, [...choice.keys])
        : and(eq(feedback.source, choice.source), eq(feedback.edgeId, choice.edgeId)),
    );
  return {
    release: (catalogue, choice, by) =>
      database.write((tx) => free(tx, chosen(catalogue, choice), `released by ${by}`)),
    reject: (catalogue, choice, by) =>
      database.write(async (tx) => {
        const rows = await tx.update(feedback)
          .set({ state: "rejected", reason: `rejected by ${by}` })
          .where(chosen(catalogue, choice)).returning({ seq: feedback.seq });
        return rows.length;
      }),
    conflicts: (catalogue, options = {}) =>
      database.read(async (db) => {
        const contents = await db.select({ content: feedback.content }).from(feedback)
          .where(and(waiting(catalogue), like(feedback.reason, CONFLICT)))
          .groupBy(feedback.content).orderBy(sql`min(${feedback.seq})`).limit(limitOf(options));
        const names = contents.flatMap(({ content }) => content === null ? [] : [content]);
        if (names.length === 0) return [];
        const rows = await sidesOf(db, catalogue, names);
        return names.map((content): Conflict => {
          const sides = rows.filter((row) => row.content === content);
          const product = sides[0]!.product!;
          return {
            content,
            designation: product.designation,
            description: product.description,
            picture: product.picture ?? null,
            sides: sides.map(({ key, code, source, edgeId, state, at }) => ({
              key,
              code,
              source,
              edgeId,
              state,
              at,
            })),
          };
        });
      }),
    resolve: (catalogue, content, code, by) =>
      database.write(async (tx) => {
        const sides = await sidesOf(tx, catalogue, [content]);
        const waits = sides.filter(({ state }) => state === "quarantined");
        if (waits.length === 0) {
          throw new AppError("not-found", `Cannot resolve the conflict ${content}: none waits`);
        }
        if (!sides.some((side) => side.code === code)) {
          throw new AppError(
            "unknown-code",
            `Cannot resolve the conflict ${content}: no side of it says ${code}. Answer it in the ` +
              "review queue instead",
          );
        }
        const keysOf = (right: boolean) =>
          waits.filter((side) => (side.code === code) === right).map(({ key }) => key);
        const where = (keys: string[]) =>
          and(eq(feedback.catalogue, catalogue), inArray(feedback.key, keys));
        await free(tx, where(keysOf(true)), `conflict resolved by ${by}`);
        await tx.update(feedback).set({
          state: "rejected",
          reason: `conflict resolved as ${code} by ${by}`,
        }).where(where(keysOf(false)));
      }),
    surprises: (catalogue, { minConfidence, limit }) =>
      database.read(async (db) => {
        const rows = await db.select().from(feedback).where(and(
          eq(feedback.catalogue, catalogue),
          inArray(feedback.state, ["pending", "quarantined"]),
          gte(feedback.predictedConfidence, minConfidence),
          ne(feedback.predictedCode, feedback.code),
          isNotNull(feedback.product),
        )).orderBy(desc(feedback.seq)).limit(limit);
        return rows.map((row) => ({
          product: row.product!,
          code: row.code,
          predicted: { code: row.predictedCode!, confidence: row.predictedConfidence! },
          digest: row.predictedDigest,
          source: sourceKey(row),
        }));
      }),
    counts: (catalogue) =>
      database.read(async (db) => {
        const row = await db.select({
          quarantined: count(),
          conflicts: sql<number>`count(DISTINCT CASE WHEN ${
            like(feedback.reason, CONFLICT)
          } THEN ${feedback.content} END)`,
        }).from(feedback).where(waiting(catalogue)).get();
        return row ?? { quarantined: 0, conflicts: 0 };
      }),
  };
}

/** Everything that was said of `contents` and still counts or waits, oldest first. */
function sidesOf(db: Queries, catalogue: string, contents: string[]) {
  return db.select({
    content: feedback.content,
    key: feedback.key,
    code: feedback.code,
    source: feedback.source,
    edgeId: feedback.edgeId,
    state: feedback.state,
    at: feedback.storedAt,
    product: feedback.product,
  }).from(feedback).where(and(
    eq(feedback.catalogue, catalogue),
    inArray(feedback.content, contents),
    inArray(feedback.state, ["pending", "merged", "quarantined"]),
  )).orderBy(asc(feedback.seq));
}

/** Back to where records without quarantine go. */
async function free(
  tx: Queries,
  where: ReturnType<typeof and>,
  reason: string,
): Promise<number> {
  const rows = await tx.update(feedback).set({
    state: sql`CASE WHEN ${feedback.product} IS NULL THEN 'unjoined' ELSE 'pending' END`,
    reason,
  }).where(where).returning({ seq: feedback.seq });
  return rows.length;
}
