/**
 * Figures by step in the database: writing thousands at once, the newest of each, whole series and thinned ones.
 *
 * Neither JSON nor a libSQL server's protocol has NaN or infinity. Infinity is the largest double everywhere. NaN is
 * null where it is the newest value of a series, so that no comparison finds it; among points, where the value is
 * part of the key, it is {@linkcode NAN_MARK}.
 *
 * @module
 */
import { asc, eq, sql } from "drizzle-orm";
import type { Queries } from "../db/database.ts";
import { metricPoints, metricSeries } from "../db/schema/mod.ts";

/** Stands for NaN among points: the double next to the lowest one, which nobody measures. */
export const NAN_MARK = -1.7976931348623155e308;

/** One value of a metric. */
export interface MetricPoint {
  readonly name: string;
  /** A whole number from 0. */
  readonly step: number;
  readonly value: number;
}

/** One value of a metric with its time, milliseconds since 1970. */
export interface TimedPoint extends MetricPoint {
  readonly atMs: number;
}

/** The newest value of a metric: of the highest step, then of the latest time. */
export interface NewestPoint {
  readonly step: number;
  readonly value: number;
  readonly atMs: number;
}

/** Adds points to the run `runs.seq` = `run`; a point that is there already changes nothing. */
export async function addPoints(
  tx: Queries,
  run: number,
  points: readonly TimedPoint[],
): Promise<void> {
  const list = pointsJson(points);
  await ensureSeries(tx, run, list);
  await insertPoints(tx, run, list);
}

/** Adds points, each in place of what its series had at that step: after a resume the later value stands. */
export async function replacePoints(
  tx: Queries,
  run: number,
  points: readonly TimedPoint[],
): Promise<void> {
  const last = new Map(points.map((point) => [`${point.step} ${point.name}`, point]));
  const list = pointsJson([...last.values()]);
  await ensureSeries(tx, run, list);
  await tx.run(sql`DELETE FROM ${metricPoints} WHERE (series, step) IN
    (SELECT s.id, j.value ->> 1 FROM json_each(${list}) j
      JOIN ${metricSeries} s ON s.run = ${run} AND s.name = j.value ->> 0)`);
  await insertPoints(tx, run, list);
}

/** The newest value of every metric of the runs with these `seq`s, by run, names in order. */
export async function newestPoints(
  db: Queries,
  runs: readonly number[],
): Promise<ReadonlyMap<number, Readonly<Record<string, NewestPoint>>>> {
  const byRun = new Map<number, Record<string, NewestPoint>>();
  if (runs.length === 0) return byRun;
  // As arrays: a page of a thousand runs is ten thousand rows, and making objects of them costs more than reading them.
  const rows = await db.all<[number, string, number, number, number | null]>(sql`
    SELECT run, name, last_step, last_at, last_value FROM ${metricSeries}
    WHERE run IN (SELECT value FROM json_each(${JSON.stringify(runs)})) ORDER BY run, name`);
  for (const [run, name, step, atMs, value] of rows) {
    let of = byRun.get(run);
    if (of === undefined) byRun.set(run, of = {});
    of[name] = { step, atMs, value: numberOf(value) };
  }
  return byRun;
}

/** Points of one series from the database, thinned where asked. */
export interface SeriesPoints {
  readonly name: string;
  readonly points: readonly NewestPoint[];
}

/** All points of the run `run`, by name, step and time; of one metric only where `name` is given. */
export async function readSeries(
  db: Queries,
  run: number,
  name?: string,
): Promise<SeriesPoints[]> {
  const rows = await db.select({
    name: metricSeries.name,
    step: metricPoints.step,
    atMs: metricPoints.at,
    value: metricPoints.value,
  }).from(metricSeries).innerJoin(metricPoints, eq(metricPoints.series, metricSeries.id))
    .where(
      name === undefined
        ? eq(metricSeries.run, run)
        : sql`${metricSeries.run} = ${run} AND ${metricSeries.name} = ${name}`,
    )
    .orderBy(asc(metricSeries.name), asc(metricPoints.step), asc(metricPoints.at));
  return grouped(rows);
}

/** A curve of one metric of the run `runs.seq` = `run`. */
export interface Curve {
  readonly run: number;
  readonly name: string;
  readonly points: NewestPoint[];
}

/**
 * The curves of the metrics `names` of `runs`, each about `maxPoints` points: every k-th and always the last one, so
 * that a curve of any length costs a bounded answer. By run and name; what a run lacks is left out.
 */
export async function readThinned(
  db: Queries,
  runs: readonly number[],
  names: readonly string[],
  maxPoints: number,
): Promise<Curve[]> {
  const rows = await db.all<[number, string, number, number, number]>(sql`
    WITH p AS (
      SELECT s.run, s.name, p.step, p.at, p.value, count(*) OVER (PARTITION BY s.run, s.name) AS n,
        row_number() OVER (PARTITION BY s.run, s.name ORDER BY p.step, p.at, p.value) - 1 AS i
      FROM ${metricSeries} s JOIN ${metricPoints} p ON p.series = s.id
      WHERE s.run IN (SELECT value FROM json_each(${JSON.stringify(runs)}))
        AND s.name IN (SELECT value FROM json_each(${JSON.stringify(names)}))
    )
    SELECT run, name, step, at, value FROM p
    WHERE i % max(1, (n + ${maxPoints} - 1) / ${maxPoints}) = 0 OR i = n - 1 ORDER BY run, name, i`);
  const curves: Curve[] = [];
  for (const [run, name, step, atMs, value] of rows) {
    let curve = curves.at(-1);
    if (curve?.run !== run || curve.name !== name) curves.push(curve = { run, name, points: [] });
    curve.points.push({ step, atMs, value: pointValue(value) });
  }
  return curves;
}

async function ensureSeries(tx: Queries, run: number, list: string): Promise<void> {
  // "WHERE true" tells SQLite that ON CONFLICT is not a join condition.
  await tx.run(sql`INSERT INTO ${metricSeries} (run, name)
    SELECT DISTINCT ${run}, value ->> 0 FROM json_each(${list}) WHERE true ON CONFLICT DO NOTHING`);
}

async function insertPoints(tx: Queries, run: number, list: string): Promise<void> {
  await tx.run(sql`INSERT INTO ${metricPoints} (series, step, at, value)
    SELECT s.id, j.value ->> 1, j.value ->> 2, coalesce(j.value ->> 3, ${NAN_MARK})
    FROM json_each(${list}) j JOIN ${metricSeries} s ON s.run = ${run} AND s.name = j.value ->> 0
    WHERE true ON CONFLICT DO NOTHING`);
  await tx.run(sql`UPDATE ${metricSeries} SET (last_step, last_at, last_value) =
      (SELECT step, at, nullif(value, ${NAN_MARK}) FROM ${metricPoints} WHERE series = ${metricSeries}.id
        ORDER BY step DESC, at DESC, value DESC LIMIT 1)
    WHERE run = ${run} AND name IN (SELECT value ->> 0 FROM json_each(${list}))`);
}

/** Points as JSON, so that one bound value carries thousands; NaN is null, infinity the largest double. */
function pointsJson(points: readonly TimedPoint[]): string {
  return JSON.stringify(points.map(({ name, step, atMs, value }) => [
    name,
    step,
    atMs,
    Number.isNaN(value) ? null : Math.max(-Number.MAX_VALUE, Math.min(value, Number.MAX_VALUE)),
  ]));
}

/** The number that stands for `value` in {@linkcode metricSeries}. */
function numberOf(value: number | null): number {
  if (value === null) return NaN;
  return Math.abs(value) === Number.MAX_VALUE ? Math.sign(value) * Infinity : value;
}

const pointValue = (value: number) => value === NAN_MARK ? NaN : numberOf(value);

function grouped(rows: readonly (NewestPoint & { readonly name: string })[]): SeriesPoints[] {
  const series = new Map<string, NewestPoint[]>();
  for (const { name, step, atMs, value } of rows) {
    let points = series.get(name);
    if (points === undefined) series.set(name, points = []);
    points.push({ step, atMs, value: pointValue(value) });
  }
  return [...series].map(([name, points]) => ({ name, points }));
}
