/**
 * Tracked runs: params, metrics by step, tags, artifacts; those of the pipeline and those that clients log.
 *
 * Here is what the hub itself writes and everything that is read; what clients may write is in `client_runs.ts`.
 *
 * @module
 */
import { and, asc, desc, eq, inArray, isNull, lt, ne, notInArray, sql } from "drizzle-orm";
import { artifacts, runs } from "../db/schema/mod.ts";
import type { RunLinks } from "../db/schema/tracking.ts";
import { ensureCatalogue } from "./catalogues.ts";
import type { Context } from "./context.ts";
import { ensureExperiment, lifecycleOf, type SearchQuery } from "./experiments.ts";
import { assertRunMove, type RunState } from "./lifecycle.ts";
import {
  type MetricPoint,
  type NewestPoint,
  newestPoints,
  readSeries,
  replacePoints,
} from "./metric_points.ts";
import { beforeOf, limitOf, type Page, pageOf, type PageQuery } from "./page.ts";
import { compareRuns, type Comparison } from "./run_comparison.ts";
import {
  CLIENT_KIND,
  findRun,
  LOGGED_MODEL_KIND,
  requireRun,
  runsBySeq,
  showRun,
  showRuns,
} from "./run_rows.ts";
import { RUN_FIELDS } from "./search/fields.ts";
import { searchPage } from "./search/search_page.ts";

export type { MetricPoint } from "./metric_points.ts";

/** Flat params of a run. */
export type RunParams = Readonly<Record<string, string | number | boolean | null>>;

/** One run. */
export interface Run {
  readonly id: string;
  /** Empty where it belongs to none. */
  readonly catalogue: string;
  /** Number of its experiment. */
  readonly experiment: number;
  /** `client` for those that clients log, else the verb that made it. */
  readonly kind: string;
  readonly name: string;
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
  readonly inputs: RunLinks;
  readonly outputs: RunLinks;
  readonly createdAt: string;
  /** As its maker says. */
  readonly startedAt: string;
  readonly endedAt: string | null;
  /** Set while it is deleted; it can be restored. */
  readonly deletedAt: string | null;
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

/** All values of one metric, by rising step and time. */
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

/** Which runs to find. */
export interface RunSearch extends SearchQuery {
  /** Only runs of these experiments; of all where absent. */
  readonly experiments?: readonly number[] | undefined;
  /** What comes first where the query does not say: the one made last, or the one begun last. */
  readonly newestBy?: "made" | "begun" | undefined;
  /** Models that clients logged by themselves, in place of runs. */
  readonly loggedModels?: boolean | undefined;
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
  /**
   * Thousands of points are one statement. Logged twice for one step (after a resume), the later value stands.
   *
   * @throws {AppError} `not-found`
   */
  logMetrics(id: string, points: readonly MetricPoint[]): Promise<void>;
  /** Every series of the run, by name; only the one named where a name is given. */
  metrics(id: string, name?: string): Promise<MetricSeries[]>;
  /** Sets the tags given, keeps the others. @throws {AppError} `not-found` */
  setTags(id: string, tags: Readonly<Record<string, string>>): Promise<void>;
  /** Adds or replaces the artifact of that name. @throws {AppError} `not-found` */
  addArtifact(id: string, artifact: Omit<Artifact, "runId" | "createdAt">): Promise<void>;
  /** By name. */
  artifacts(id: string): Promise<Artifact[]>;
  get(id: string): Promise<Run | null>;
  /** The newest point of every metric of these runs, with its step and time, by run. */
  newestPoints(
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, Readonly<Record<string, NewestPoint>>>>;
  /** Newest first, without those that are deleted. */
  list(query?: RunQuery): Promise<Page<Run>>;
  /** @throws {AppError} `input-invalid`, naming the position in the query */
  search(query?: RunSearch): Promise<Page<Run>>;
  /**
   * Puts runs beside each other: which params differ, and the curves of the metrics given (of all that they share a
   * name of, where absent), thinned to about `maxPoints` each.
   *
   * @throws {AppError} `not-found`
   */
  compare(
    ids: readonly string[],
    options?: { readonly metrics?: readonly string[] | undefined; readonly maxPoints?: number },
  ): Promise<Comparison>;
  /**
   * Turns every running run of the hub's own that no running job works on into a lost one; returns their ids.
   * What clients log goes on without the hub.
   */
  markLost(): Promise<string[]>;
}

/** The runs kept in `context`'s database. */
export function createRuns({ database, now, newId }: Context): Runs {
  return {
    create: (run) =>
      database.write(async (tx) => {
        const at = now();
        await ensureCatalogue(tx, run.catalogue, at);
        const row = await tx.insert(runs).values({
          id: newId(),
          catalogue: run.catalogue,
          experiment: await ensureExperiment(tx, run.catalogue, at),
          kind: run.kind,
          name: run.kind,
          state: "running",
          jobId: run.jobId ?? null,
          params: run.params,
          tags: run.tags ?? {},
          createdAt: at,
          startedAt: at,
        }).returning().get();
        return await showRun(tx, row);
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
        return await showRun(tx, next);
      }),
    logMetrics: (id, points) => {
      if (points.length === 0) return Promise.resolve();
      return database.write(async (tx) => {
        const { seq } = await requireRun(tx, id);
        const atMs = Date.parse(now());
        await replacePoints(tx, seq, points.map((point) => ({ ...point, atMs })));
      });
    },
    metrics: (id, name) =>
      database.read(async (db) => {
        const row = await findRun(db, id);
        const series = row === undefined ? [] : await readSeries(db, row.seq, name);
        return series.map(({ name, points }) => ({
          name,
          points: points.map(({ step, value, atMs }) => ({
            step,
            value,
            at: new Date(atMs).toISOString(),
          })),
        }));
      }),
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
        const row = await findRun(db, id);
        return row === undefined ? null : await showRun(db, row);
      }),
    newestPoints: (ids) =>
      database.read(async (db) => {
        const rows = await db.select({ seq: runs.seq, id: runs.id }).from(runs)
          .where(inArray(runs.id, sql`(SELECT value FROM json_each(${JSON.stringify(ids)}))`));
        const newest = await newestPoints(db, rows.map((row) => row.seq));
        return new Map(rows.map(({ seq, id }) => [id, newest.get(seq) ?? {}]));
      }),
    list: (query = {}) =>
      database.read(async (db) => {
        const rows = await db.select().from(runs).where(and(
          lt(runs.seq, beforeOf(query)),
          isNull(runs.deletedAt),
          ne(runs.kind, LOGGED_MODEL_KIND),
          query.catalogue === undefined ? undefined : eq(runs.catalogue, query.catalogue),
          query.kind === undefined ? undefined : eq(runs.kind, query.kind),
          query.state === undefined ? undefined : eq(runs.state, query.state),
        )).orderBy(desc(runs.seq)).limit(limitOf(query) + 1);
        const shown = await showRuns(db, rows);
        return pageOf(rows, query, (row) => shown.get(row.seq)!);
      }),
    search: (query = {}) =>
      database.read((db) =>
        searchPage(db, {
          table: runs,
          seq: runs.seq,
          fields: RUN_FIELDS,
          where: and(
            lifecycleOf(runs.deletedAt, query.lifecycle),
            query.loggedModels === true
              ? eq(runs.kind, LOGGED_MODEL_KIND)
              : ne(runs.kind, LOGGED_MODEL_KIND),
            query.experiments === undefined
              ? undefined
              : inArray(runs.experiment, [...query.experiments]),
          ),
          order: query.newestBy === "begun"
            ? [
              { value: sql`${runs.startedAt}`, descending: true },
              { value: sql`${runs.id}`, descending: false },
            ]
            : [],
          query,
          show: (seqs) => runsBySeq(db, seqs),
        })
      ),
    compare: (ids, options) => database.read((db) => compareRuns(db, ids, options)),
    markLost: () =>
      database.write(async (tx) => {
        const rows = await tx.update(runs).set({
          state: "lost",
          endedAt: now(),
          error: "The hub stopped while the run was under way",
        }).where(and(
          eq(runs.state, "running"),
          notInArray(runs.kind, [CLIENT_KIND, LOGGED_MODEL_KIND]),
          sql`NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.id = ${runs.jobId}
            AND jobs.state = 'running' AND jobs.started_at <= ${runs.createdAt})`,
        ))
          .returning({ id: runs.id });
        return rows.map((row) => row.id);
      }),
  };
}
