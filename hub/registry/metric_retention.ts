/**
 * Keeps the file bounded: curves of runs that ended long ago are thinned, each once.
 *
 * The newest value of every metric stays as it is, and so does the last point of every curve.
 *
 * @module
 */
import { and, asc, gt, lt, sql } from "drizzle-orm";
import { metricPoints, metricSeries, runs } from "../db/schema/mod.ts";
import type { Context } from "./context.ts";

/** What thinning did. */
export interface Thinned {
  /** Curves that lost points. */
  readonly curves: number;
  readonly removed: number;
}

/** Thins curves. */
export interface MetricRetention {
  /**
   * Leaves at most `keepPoints` (2 or more) of each curve of runs that ended before the instant `endedBefore`. A few
   * runs at a time, so that others can write in between.
   */
  thin(
    options: { readonly endedBefore: string; readonly keepPoints: number },
  ): Promise<Thinned>;
}

/** Runs looked at in one read. */
const RUNS_PER_READ = 100;

/** Retention over `context`'s database. */
export function createMetricRetention({ database }: Context): MetricRetention {
  return {
    async thin({ endedBefore, keepPoints }) {
      let curves = 0, removed = 0, after = 0;
      for (;;) {
        const found = await database.read((db) =>
          db.select({ seq: runs.seq }).from(runs)
            .where(and(gt(runs.seq, after), lt(runs.endedAt, endedBefore)))
            .orderBy(asc(runs.seq)).limit(RUNS_PER_READ)
        );
        if (found.length === 0) return { curves, removed };
        after = found.at(-1)!.seq;
        const seqs = JSON.stringify(found.map((run) => run.seq));
        const long = await database.read((db) =>
          db.all<[number, number]>(sql`
            SELECT s.id, (SELECT count(*) FROM ${metricPoints} p WHERE p.series = s.id) AS n
            FROM ${metricSeries} s WHERE s.run IN (SELECT value FROM json_each(${seqs}))
              AND n > ${keepPoints}`)
        );
        if (long.length === 0) continue;
        removed += await database.write(async (tx) => {
          let gone = 0;
          for (const [series, n] of long) {
            // The last point is kept beside every k-th.
            const stride = Math.ceil(n / (keepPoints - 1));
            const left = await tx.all<[number]>(sql`
              DELETE FROM ${metricPoints} WHERE series = ${series} AND (step, at, value) IN (
                SELECT step, at, value FROM (
                  SELECT step, at, value, row_number() OVER (ORDER BY step, at, value) - 1 AS i
                  FROM ${metricPoints} WHERE series = ${series})
                WHERE i % ${stride} <> 0 AND i <> ${n - 1}) RETURNING 1`);
            gone += left.length;
          }
          return gone;
        });
        curves += long.length;
      }
    },
  };
}
