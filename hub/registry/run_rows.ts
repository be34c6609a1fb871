/**
 * Rows of runs, and how they look from outside: each with the newest value of its metrics.
 *
 * @module
 */
import { eq, inArray, sql } from "drizzle-orm";
import { AppError } from "@aisle/shared/errors";
import type { Queries } from "../db/database.ts";
import { runs } from "../db/schema/mod.ts";
import { newestPoints } from "./metric_points.ts";
import type { Run } from "./runs.ts";

/** Kind of the runs that clients log. */
export const CLIENT_KIND = "client";

/**
 * Kind of the models that clients log by themselves: like a run, such a model has params, tags, files and a life.
 * No list of runs shows them.
 */
export const LOGGED_MODEL_KIND = "logged-model";

/** A run as it is stored. */
export type RunRow = typeof runs.$inferSelect;

/** The run `id`, if there is one, deleted or not. */
export function findRun(db: Queries, id: string): Promise<RunRow | undefined> {
  return db.select().from(runs).where(eq(runs.id, id)).get();
}

/**
 * The run `id`, deleted or not.
 *
 * @throws {AppError} `not-found`
 */
export async function requireRun(db: Queries, id: string): Promise<RunRow> {
  const row = await findRun(db, id);
  if (row !== undefined) return row;
  throw new AppError("not-found", `Cannot find run ${id}: it does not exist`);
}

/** One run from outside. */
export async function showRun(db: Queries, row: RunRow): Promise<Run> {
  return (await showRuns(db, [row])).get(row.seq)!;
}

/** Runs from outside, by their number. */
export async function showRuns(
  db: Queries,
  rows: readonly RunRow[],
): Promise<ReadonlyMap<number, Run>> {
  const newest = await newestPoints(db, rows.map((row) => row.seq));
  return new Map(rows.map(({ seq, experiment, ...run }) => {
    const points = Object.entries(newest.get(seq) ?? {});
    const metrics = Object.fromEntries(points.map(([name, { value }]) => [name, value]));
    return [seq, { ...run, experiment: experiment ?? 0, metrics }];
  }));
}

/** The runs of these numbers, from outside. */
export async function runsBySeq(
  db: Queries,
  seqs: readonly number[],
): Promise<ReadonlyMap<number, Run>> {
  const rows = await db.select().from(runs)
    .where(inArray(runs.seq, sql`(SELECT value FROM json_each(${JSON.stringify(seqs)}))`));
  return await showRuns(db, rows);
}
