/**
 * Tracked runs: params, metrics by step, tags, artifacts.
 *
 * @module
 */
import { and, asc, desc, eq, inArray, lt, sql } from "drizzle-orm";
import { AppError } from "@aisle/shared/errors";
import type { Queries } from "../db/database.ts";
import { artifacts, latestMetrics, metrics, runs } from "../db/schema/mod.ts";
import { ensureCatalogue } from "./catalogues.ts";
import type { Context } from "./context.ts";
import { assertRunMove, type RunState } from "./lifecycle.ts";
import { beforeOf, limitOf, type Page, pageOf, type PageQuery } from "./page.ts";

/** Flat params of a run. */
export type RunParams = Readonly<Record<string, string | number | boolean | null>>;

/** One run. */
export interface Run {
  readonly id: string;
  readonly catalogue: string;
  readonly kind: string;
  readonly state: RunState;
  readonly jobId: string | null;
  readonly params: RunParams;
  readonly tags: Readonly<Record<string, string>>;
  /** The value of the highest step of each metric; NaN where it was not a number. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly datasetDigest: string | null;
  readonly bundleDigest: string | null;
  readonly codeVersion: string | null;
  readonly device: string | null;
  readonly error: string | null;
  readonly createdAt: string;
  readonly endedAt: string | null;
}

/** What a new run needs. */
export interface NewRun {
  readonly catalogue: string;
  readonly kind: string;
  readonly jobId?: string | null | undefined;
  readonly params: RunParams;
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

/** What may change on a run; a state must follow the lifecycle table. */
export interface RunPatch {
  readonly state?: RunState | undefined;
  readonly datasetDigest?: string | null | undefined;
  readonly bundleDigest?: string | null | undefined;
  readonly codeVersion?: string | null | undefined;
  readonly device?: string | null | undefined;
  readonly error?: string | null | undefined;
}

/** One value of a metric. Logged twice for one step (after a resume), the later value stands. */
export interface MetricPoint {
  readonly name: string;
  /** A whole number from 0. */
  readonly step: number;
  readonly value: number;
}

/** All values of one metric, by rising step. */
export interface MetricSeries {
  readonly name: string;
  readonly points: readonly {
    readonly step: number;
    readonly value: number;
    readonly at: string;
  }[];
}

/** A blob that a run left, under a name unique in the run. */
export interface Artifact {
  readonly runId: string;
  readonly name: string;
  readonly digest: string;
  readonly sizeBytes: number;
  readonly contentType: string;
  readonly createdAt: string;
}

/** Which runs to list. */
export interface RunQuery extends PageQuery {
  readonly catalogue?: string | undefined;
  readonly kind?: string | undefined;
  readonly state?: RunState | undefined;
}

/** Reads and writes runs. */
export interface Runs {
  /** A new run, running. */
  create(run: NewRun): Promise<Run>;
  /** @throws {AppError} `not-found`; `conflict` for a move that the lifecycle table lacks */
  update(id: string, patch: RunPatch): Promise<Run>;
  /** Thousands of points are one statement. @throws {AppError} `not-found` */
  logMetrics(id: string, points: readonly MetricPoint[]): Promise<void>;
  /** Every series of the run, by name. */
  metrics(id: string): Promise<MetricSeries[]>;
  /** Sets the tags given, keeps the others. @throws {AppError} `not-found` */
  setTags(id: string, tags: Readonly<Record<string, string>>): Promise<void>;
  /** Adds or replaces the artifact of that name. @throws {AppError} `not-found` */
  addArtifact(id: string, artifact: Omit<Artifact, "runId" | "createdAt">): Promise<void>;
  /** By name. */
  artifacts(id: string): Promise<Artifact[]>;
  get(id: string): Promise<Run | null>;
  /** Newest first. */
  list(query?: RunQuery): Promise<Page<Run>>;
  /** Turns every running run into a lost one (nothing runs when a hub starts); returns their ids. */
  markLost(): Promise<string[]>;
}

/** The runs kept in `context`'s database. */
export function createRuns({ database, now, newId }: Context): Runs {
  return {
    create: (run) =>
      database.write(async (tx) => {
        await ensureCatalogue(tx, run.catalogue, now());
        const row = await tx.insert(runs).values({
          id: newId(),
          catalogue: run.catalogue,
          kind: run.kind,
          state: "running",
          jobId: run.jobId ?? null,
          params: run.params,
          tags: run.tags ?? {},
          createdAt: now(),
        }).returning().get();
        return show(row, {});
      }),
    update: (id, patch) =>
      database.write(async (tx) => {
        const { state, ...rest } = patch;
        const row = await requireRun(tx, id);
        const move = state !== undefined && state !== row.state;
        if (move) assertRunMove(id, row.state, state);
        const changed = { ...rest, ...(move ? { state, endedAt: now() } : {}) };
        const some = Object.values(changed).some((value) => value !== undefined);
        const next = some
          ? await tx.update(runs).set(changed).where(eq(runs.id, id)).returning().get()
          : row;
        return show(next, (await latest(tx, [id]))(id));
      }),
    logMetrics: (id, points) => {
      if (points.length === 0) return Promise.resolve();
      return database.write(async (tx) => {
        await requireRun(tx, id);
        const list = pointsJson(points);
        const at = now();
        // "WHERE true" tells SQLite that ON CONFLICT is not a join condition.
        await tx.run(sql`INSERT INTO ${metrics} (run_id, name, step, value, at)
          SELECT ${id}, value ->> 0, value ->> 1, value ->> 2, ${at} FROM json_each(${list}) WHERE true
          ON CONFLICT DO UPDATE SET value = excluded.value, at = excluded.at`);
        await tx.run(sql`INSERT INTO ${latestMetrics} (run_id, name, step, value)
          SELECT ${id}, value ->> 0, value ->> 1, value ->> 2 FROM json_each(${list}) WHERE true
          ON CONFLICT DO UPDATE SET step = excluded.step, value = excluded.value
          WHERE excluded.step >= step`);
      });
    },
    async metrics(id) {
      const rows = await database.read((db) =>
        db.select().from(metrics).where(eq(metrics.runId, id))
          .orderBy(asc(metrics.name), asc(metrics.step))
      );
      const series = new Map<string, { step: number; value: number; at: string }[]>();
      for (const { name, step, value, at } of rows) {
        let points = series.get(name);
        if (points === undefined) series.set(name, points = []);
        points.push({ step, value: stored(value), at });
      }
      return [...series].map(([name, points]) => ({ name, points }));
    },
    setTags: (id, tags) =>
      database.write(async (tx) => {
        const row = await requireRun(tx, id);
        await tx.update(runs).set({ tags: { ...row.tags, ...tags } }).where(eq(runs.id, id));
      }),
    addArtifact: (id, { name, digest, sizeBytes, contentType }) =>
      database.write(async (tx) => {
        await requireRun(tx, id);
        const blob = { digest, sizeBytes, contentType, createdAt: now() };
        await tx.insert(artifacts).values({ runId: id, name, ...blob }).onConflictDoUpdate({
          target: [artifacts.runId, artifacts.name],
          set: blob,
        });
      }),
    artifacts: (id) =>
      database.read((db) =>
        db.select().from(artifacts).where(eq(artifacts.runId, id)).orderBy(asc(artifacts.name))
      ),
    get: (id) =>
      database.read(async (db) => {
        const row = await find(db, id);
        return row === undefined ? null : show(row, (await latest(db, [id]))(id));
      }),
    list: (query = {}) =>
      database.read(async (db) => {
        const rows = await db.select().from(runs).where(and(
          lt(runs.seq, beforeOf(query)),
          query.catalogue === undefined ? undefined : eq(runs.catalogue, query.catalogue),
          query.kind === undefined ? undefined : eq(runs.kind, query.kind),
          query.state === undefined ? undefined : eq(runs.state, query.state),
        )).orderBy(desc(runs.seq)).limit(limitOf(query) + 1);
        const metricsOf = await latest(db, rows.map((row) => row.id));
        return pageOf(rows, query, (row) => show(row, metricsOf(row.id)));
      }),
    markLost: () =>
      database.write(async (tx) => {
        const rows = await tx.update(runs).set({
          state: "lost",
          endedAt: now(),
          error: "The hub stopped while the run was under way",
        }).where(eq(runs.state, "running")).returning({ id: runs.id });
        return rows.map((row) => row.id);
      }),
  };
}

type RunRow = typeof runs.$inferSelect;

async function requireRun(db: Queries, id: string): Promise<RunRow> {
  const row = await find(db, id);
  if (row !== undefined) return row;
  throw new AppError("not-found", `Cannot find run ${id}: it does not exist`);
}

function find(db: Queries, id: string): Promise<RunRow | undefined> {
  return db.select().from(runs).where(eq(runs.id, id)).get();
}

/** The latest metrics of the runs `ids`, as a function of the id. */
async function latest(
  db: Queries,
  ids: readonly string[],
): Promise<(id: string) => Record<string, number>> {
  const byRun = new Map<string, Record<string, number>>();
  if (ids.length > 0) {
    const rows = await db.select().from(latestMetrics).where(inArray(latestMetrics.runId, [...ids]))
      .orderBy(asc(latestMetrics.name));
    for (const { runId, name, value } of rows) {
      const of = byRun.get(runId) ?? {};
      of[name] = stored(value);
      byRun.set(runId, of);
    }
  }
  return (id) => byRun.get(id) ?? {};
}

/**
 * Points as JSON, so that one bound value carries thousands. Neither JSON nor a libSQL server's protocol has NaN or
 * infinity: NaN is null, and infinity the largest double.
 */
function pointsJson(points: readonly MetricPoint[]): string {
  return JSON.stringify(points.map(({ name, step, value }) => [
    name,
    step,
    Number.isNaN(value) ? null : Math.max(-Number.MAX_VALUE, Math.min(value, Number.MAX_VALUE)),
  ]));
}

/** The number that {@linkcode pointsJson} wrote. */
function stored(value: number | null): number {
  if (value === null) return NaN;
  return Math.abs(value) === Number.MAX_VALUE ? Math.sign(value) * Infinity : value;
}

function show(row: RunRow, metrics: Record<string, number>): Run {
  const { seq: _seq, ...run } = row;
  return { ...run, metrics };
}
