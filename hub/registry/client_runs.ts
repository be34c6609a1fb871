/**
 * What clients may write about runs: their own from beginning to end; of the hub's own runs tags, notes and links
 * only, since their figures are evidence.
 *
 * @module
 */
import { and, eq, isNull, sql } from "drizzle-orm";
import { AppError } from "@aisle/shared/errors";
import type { Queries } from "../db/database.ts";
import { artifacts, runs } from "../db/schema/mod.ts";
import type { RunLinks } from "../db/schema/tracking.ts";
import type { Context } from "./context.ts";
import { refuseDeleted, requireExperiment, withTags } from "./experiments.ts";
import type { RunState } from "./lifecycle.ts";
import { addPoints, type TimedPoint } from "./metric_points.ts";
import { CLIENT_KIND, LOGGED_MODEL_KIND, requireRun, type RunRow, showRun } from "./run_rows.ts";
import type { Artifact, Run } from "./runs.ts";

/** What a client says of a new run. */
export interface NewClientRun {
  readonly experiment: number;
  /** Made up from its id where absent. */
  readonly name?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** Milliseconds since 1970; now where absent. */
  readonly startedAtMs?: number | undefined;
  readonly params?: Readonly<Record<string, string>> | undefined;
  /** Whether it is a model that is logged by itself, and no run. */
  readonly loggedModel?: boolean | undefined;
}

/** What a client logs at once: all of it is kept, or none. */
export interface ClientLog {
  readonly metrics?: readonly TimedPoint[] | undefined;
  readonly params?: Readonly<Record<string, string>> | undefined;
  /** Null removes a tag. */
  readonly tags?: Readonly<Record<string, string | null>> | undefined;
}

/** Writes runs for clients. */
export interface ClientRuns {
  /** A new run, running. @throws {AppError} `not-found`; `conflict` in a deleted experiment */
  create(run: NewClientRun): Promise<Run>;
  /**
   * A client's run may end and go on again; `endedAtMs` is now where a run ends without one.
   *
   * @throws {AppError} `not-found`; `conflict` when it is deleted or the hub's own
   */
  update(id: string, patch: {
    readonly state?: RunState | undefined;
    readonly endedAtMs?: number | undefined;
    readonly name?: string | undefined;
  }): Promise<Run>;
  /**
   * Adds points, params and tags. A param that is there keeps its value.
   *
   * @throws {AppError} `not-found`; `conflict` for another value of a param, for a deleted run, and for figures and
   *   params of the hub's own
   */
  log(id: string, log: ClientLog): Promise<void>;
  /** Adds to what went in or came out what is not there yet. @throws {AppError} `not-found`; `conflict` when it is deleted */
  link(id: string, side: "inputs" | "outputs", links: RunLinks): Promise<void>;
  /** Names a blob as a file of the run. @throws {AppError} `not-found`; `conflict` for the hub's own runs */
  addArtifact(id: string, artifact: Omit<Artifact, "runId" | "createdAt">): Promise<void>;
  /** Forgets the file of that name and those in the folder of that name. @throws {AppError} as `addArtifact` */
  removeArtifacts(id: string, name: string): Promise<number>;
  /** Hides the run until it is restored. @throws {AppError} `not-found` */
  delete(id: string): Promise<void>;
  /** @throws {AppError} `not-found` */
  restore(id: string): Promise<void>;
}

/** The clients' runs kept in `context`'s database. */
export function createClientRuns({ database, now, newId }: Context): ClientRuns {
  return {
    create: ({ experiment, name, tags = {}, startedAtMs, params = {}, loggedModel = false }) =>
      database.write(async (tx) => {
        const of = await requireExperiment(tx, experiment);
        refuseDeleted(of);
        const at = now(), id = newId();
        const row = await tx.insert(runs).values({
          id,
          catalogue: of.catalogue ?? "",
          experiment,
          kind: loggedModel ? LOGGED_MODEL_KIND : CLIENT_KIND,
          name: name || `run-${id.slice(0, 8)}`,
          state: "running",
          params,
          tags,
          createdAt: at,
          startedAt: startedAtMs === undefined ? at : instant(startedAtMs),
        }).returning().get();
        return await showRun(tx, row);
      }),
    update: (id, { state, endedAtMs, name }) =>
      database.write(async (tx) => {
        const row = await requireActive(tx, id);
        refuseOwn(row, "change");
        const ends = state !== undefined && state !== "running";
        const ended = endedAtMs !== undefined ? instant(endedAtMs) : ends ? now() : undefined;
        const changed = {
          ...(state === undefined ? {} : { state }),
          ...(ended === undefined
            ? (state === "running" ? { endedAt: null } : {})
            : { endedAt: ended }),
          ...(name === undefined ? {} : { name }),
        };
        if (Object.keys(changed).length === 0) return await showRun(tx, row);
        const next = await tx.update(runs).set(changed).where(eq(runs.id, id)).returning().get();
        return await showRun(tx, next);
      }),
    log: (id, { metrics = [], params = {}, tags = {} }) =>
      database.write(async (tx) => {
        const row = await requireActive(tx, id);
        if (metrics.length > 0 || Object.keys(params).length > 0) refuseOwn(row, "log to");
        if (metrics.length > 0) await addPoints(tx, row.seq, metrics);
        const changed = {
          ...(Object.keys(params).length === 0 ? {} : { params: addParams(row, params) }),
          ...(Object.keys(tags).length === 0 ? {} : { tags: withTags(row.tags, tags) }),
        };
        if (Object.keys(changed).length > 0) {
          await tx.update(runs).set(changed).where(eq(runs.id, id));
        }
      }),
    link: (id, side, links) =>
      database.write(async (tx) => {
        const row = await requireActive(tx, id);
        const { datasets = [], models = [] } = row[side];
        await tx.update(runs).set({
          [side]: {
            datasets: added(datasets, links.datasets),
            models: added(models, links.models),
          },
        }).where(eq(runs.id, id));
      }),
    addArtifact: (id, { name, digest, sizeBytes, contentType }) =>
      database.write(async (tx) => {
        refuseOwn(await requireActive(tx, id), "add files to");
        const blob = { digest, sizeBytes, contentType, createdAt: now() };
        await tx.insert(artifacts).values({ runId: id, name, ...blob }).onConflictDoUpdate({
          target: [artifacts.runId, artifacts.name],
          set: blob,
        });
      }),
    removeArtifacts: (id, name) =>
      database.write(async (tx) => {
        refuseOwn(await requireActive(tx, id), "remove files of");
        const folder = `${name}/`;
        const gone = await tx.delete(artifacts).where(and(
          eq(artifacts.runId, id),
          sql`(${artifacts.name} = ${name} OR substr(${artifacts.name}, 1, ${folder.length}) = ${folder})`,
        )).returning({ name: artifacts.name });
        return gone.length;
      }),
    delete: (id) =>
      database.write(async (tx) => {
        await requireRun(tx, id);
        await tx.update(runs).set({ deletedAt: now() })
          .where(and(eq(runs.id, id), isNull(runs.deletedAt)));
      }),
    restore: (id) =>
      database.write(async (tx) => {
        await requireRun(tx, id);
        await tx.update(runs).set({ deletedAt: null }).where(eq(runs.id, id));
      }),
  };
}

/** `known` and what of `more` is not in it. */
function added(known: readonly unknown[], more: readonly unknown[] = []): unknown[] {
  const seen = new Set(known.map((entry) => JSON.stringify(entry)));
  return [...known, ...more.filter((entry) => !seen.has(JSON.stringify(entry)))];
}

const instant = (ms: number) => new Date(ms).toISOString();

async function requireActive(tx: Queries, id: string): Promise<RunRow> {
  const row = await requireRun(tx, id);
  if (row.deletedAt === null) return row;
  throw new AppError("conflict", `Cannot write to run ${id}: it is deleted. Restore it first`);
}

function refuseOwn(row: RunRow, verb: string): void {
  if (row.kind === CLIENT_KIND || row.kind === LOGGED_MODEL_KIND) return;
  throw new AppError(
    "conflict",
    `Cannot ${verb} run ${row.id}: the hub's own pipeline wrote it (${row.kind}), and its figures are evidence. ` +
      "Tags can be set",
  );
}

function addParams(row: RunRow, params: Readonly<Record<string, string>>): RunRow["params"] {
  for (const [name, value] of Object.entries(params)) {
    if (!Object.hasOwn(row.params, name) || row.params[name] === value) continue;
    throw new AppError(
      "conflict",
      `Cannot log param ${name} of run ${row.id}: a param keeps its first value, which is ` +
        `${JSON.stringify(row.params[name])}: current value is ${JSON.stringify(value)}`,
    );
  }
  return { ...row.params, ...params };
}
