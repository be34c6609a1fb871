/**
 * Jobs: a queue that survives the hub, with one running job a catalogue.
 *
 * Who works on a job holds a lease (its id and attempt). After a crash the job gets a new attempt, and whoever
 * still holds the old lease is refused: two workers cannot both finish a job.
 *
 * @module
 */
import { and, asc, desc, eq, gt, lt, max, sql } from "drizzle-orm";
import { AppError } from "@aisle/shared/errors";
import type { Queries } from "../db/database.ts";
import { jobEvents, jobs } from "../db/schema/mod.ts";
import { ensureCatalogue } from "./catalogues.ts";
import type { Context } from "./context.ts";
import { assertJobMove, isFinal, type JobState } from "./lifecycle.ts";
import { beforeOf, limitOf, type Page, pageOf, type PageQuery } from "./page.ts";

/** One job. */
export interface Job {
  readonly id: string;
  readonly catalogue: string;
  readonly kind: string;
  readonly state: JobState;
  /** 0 while it never ran. */
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly input: unknown;
  readonly result: unknown;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly by: string;
  readonly cancelRequested: boolean;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly heartbeatAt: string | null;
  readonly endedAt: string | null;
}

/** The right to work on a job; a claimed {@linkcode Job} is one. */
export interface Lease {
  readonly id: string;
  readonly attempt: number;
}

/** One line of a job's log, numbered from 1 within the job. */
export interface JobEvent {
  readonly seq: number;
  readonly at: string;
  readonly type: "stage" | "progress" | "log" | "metric" | "state";
  readonly [key: string]: unknown;
}

/** A line to log: a type and whatever belongs to it. */
export type NewJobEvent = Omit<JobEvent, "seq" | "at"> & { readonly type: JobEvent["type"] };

/** How a job ended. */
export interface JobOutcome {
  readonly state: "succeeded" | "failed" | "cancelled";
  readonly result?: unknown;
  readonly error?: { readonly code: string; readonly message: string } | null | undefined;
}

/** Which jobs to list. */
export interface JobQuery extends PageQuery {
  readonly catalogue?: string | undefined;
  readonly kind?: string | undefined;
  readonly state?: JobState | undefined;
}

/** Reads and moves jobs. */
export interface Jobs {
  /** A new job, queued; `maxAttempts` is 2 when absent. */
  enqueue(job: {
    readonly catalogue: string;
    readonly kind: string;
    readonly input: unknown;
    readonly by: string;
    readonly maxAttempts?: number | undefined;
  }): Promise<Job>;
  /** The oldest queued job whose catalogue has none running (or the job `id`, if so), running now; null without one. */
  claim(options?: { readonly id?: string | undefined }): Promise<Job | null>;
  /** Says that the worker lives. @throws {AppError} `conflict` when the lease is not valid any more */
  heartbeat(lease: Lease): Promise<{ readonly cancelRequested: boolean }>;
  /** @throws {AppError} `conflict` when the lease is not valid any more */
  finish(lease: Lease, outcome: JobOutcome): Promise<Job>;
  /** A queued job is cancelled at once; a running one is asked to stop. @throws {AppError} `not-found`, `conflict` when it has ended */
  requestCancel(id: string): Promise<Job>;
  /** Appends to the log; returns the lines with their numbers. @throws {AppError} `conflict` when the lease is not valid any more */
  log(lease: Lease, events: readonly NewJobEvent[]): Promise<JobEvent[]>;
  /** Lines with numbers above `after`, oldest first, 1,000 at most. */
  logs(id: string, after?: number, limit?: number): Promise<JobEvent[]>;
  get(id: string): Promise<Job | null>;
  /** Newest first. */
  list(query?: JobQuery): Promise<Page<Job>>;
  /** At start: what was left running becomes lost, then queued again, or stays lost when no attempt is left. */
  recover(): Promise<{ readonly requeued: readonly Job[]; readonly lost: readonly Job[] }>;
}

/** The queue kept in `context`'s database. */
export function createJobs({ database, now, newId }: Context): Jobs {
  return {
    enqueue: ({ catalogue, kind, input, by, maxAttempts = 2 }) =>
      database.write(async (tx) => {
        await ensureCatalogue(tx, catalogue, now());
        const row = await tx.insert(jobs).values({
          id: newId(),
          catalogue,
          kind,
          state: "queued",
          attempt: 0,
          maxAttempts,
          input,
          by,
          createdAt: now(),
        }).returning().get();
        return show(row);
      }),
    claim: ({ id } = {}) =>
      database.write(async (tx) => {
        const row = await tx.select().from(jobs).where(and(
          eq(jobs.state, "queued"),
          id === undefined ? undefined : eq(jobs.id, id),
          sql`NOT EXISTS (SELECT 1 FROM jobs AS other
            WHERE other.catalogue = ${jobs.catalogue} AND other.state = 'running')`,
        )).orderBy(asc(jobs.seq)).limit(1).get();
        if (row === undefined) return null;
        const at = now();
        return await change(tx, row, {
          state: "running",
          attempt: row.attempt + 1,
          startedAt: at,
          heartbeatAt: at,
          endedAt: null,
        });
      }),
    heartbeat: (lease) =>
      database.write(async (tx) => {
        const row = await requireLease(tx, lease);
        await tx.update(jobs).set({ heartbeatAt: now() }).where(eq(jobs.seq, row.seq));
        return { cancelRequested: row.cancelRequested };
      }),
    finish: (lease, { state, result = null, error = null }) =>
      database.write(async (tx) => {
        const row = await requireLease(tx, lease);
        return await change(tx, row, { state, result, error, endedAt: now() });
      }),
    requestCancel: (id) =>
      database.write(async (tx) => {
        const row = await requireJob(tx, id);
        if (isFinal(row.state)) {
          throw new AppError("conflict", `Cannot cancel job ${id}: it has ended (${row.state})`);
        }
        if (row.state === "running") return await change(tx, row, { cancelRequested: true });
        return await change(tx, row, {
          state: "cancelled",
          cancelRequested: true,
          endedAt: now(),
        });
      }),
    log: (lease, events) => {
      if (events.length === 0) return Promise.resolve([]);
      return database.write(async (tx) => {
        await requireLease(tx, lease);
        const last = await tx.select({ seq: max(jobEvents.seq) }).from(jobEvents)
          .where(eq(jobEvents.jobId, lease.id)).get();
        const first = (last?.seq ?? 0) + 1, at = now();
        const rows = events.map((event, i) => {
          const { type, seq: _seq, at: _at, ...body } = event;
          return { seq: first + i, at, type, body };
        });
        // One statement with one value, however many lines.
        await tx.run(sql`INSERT INTO ${jobEvents} (job_id, seq, at, type, body)
          SELECT ${lease.id}, value ->> 'seq', ${at}, value ->> 'type', value -> 'body'
          FROM json_each(${JSON.stringify(rows)})`);
        return rows.map(showEvent);
      });
    },
    async logs(id, after = 0, limit = 1000) {
      const rows = await database.read((db) =>
        db.select().from(jobEvents).where(and(eq(jobEvents.jobId, id), gt(jobEvents.seq, after)))
          .orderBy(asc(jobEvents.seq)).limit(Math.min(limit, 1000))
      );
      return rows.map(showEvent);
    },
    get: (id) =>
      database.read(async (db) => {
        const row = await find(db, id);
        return row === undefined ? null : show(row);
      }),
    list: (query = {}) =>
      database.read(async (db) => {
        const rows = await db.select().from(jobs).where(and(
          lt(jobs.seq, beforeOf(query)),
          query.catalogue === undefined ? undefined : eq(jobs.catalogue, query.catalogue),
          query.kind === undefined ? undefined : eq(jobs.kind, query.kind),
          query.state === undefined ? undefined : eq(jobs.state, query.state),
        )).orderBy(desc(jobs.seq)).limit(limitOf(query) + 1);
        return pageOf(rows, query, show);
      }),
    recover: () =>
      database.write(async (tx) => {
        const requeued: Job[] = [], lost: Job[] = [];
        const rows = await tx.select().from(jobs).where(eq(jobs.state, "running"))
          .orderBy(asc(jobs.seq));
        for (const row of rows) {
          const left = await change(tx, row, { state: "lost", endedAt: now() });
          if (left.cancelRequested) await change(tx, { ...row, ...left }, { state: "cancelled" });
          else if (left.attempt < left.maxAttempts) {
            requeued.push(
              await change(tx, { ...row, ...left }, { state: "queued", endedAt: null }),
            );
          } else lost.push(left);
        }
        return { requeued, lost };
      }),
  };
}

type JobRow = typeof jobs.$inferSelect;

/** Writes `patch`; a new state must follow the lifecycle table. */
async function change(
  tx: Queries,
  row: Pick<JobRow, "id" | "state">,
  patch: Partial<JobRow>,
): Promise<Job> {
  if (patch.state !== undefined) assertJobMove(row.id, row.state, patch.state);
  return show(await tx.update(jobs).set(patch).where(eq(jobs.id, row.id)).returning().get());
}

async function requireJob(db: Queries, id: string): Promise<JobRow> {
  const row = await find(db, id);
  if (row !== undefined) return row;
  throw new AppError("not-found", `Cannot find job ${id}: it does not exist`);
}

/** The running job of which `lease` is the newest attempt. */
async function requireLease(db: Queries, lease: Lease): Promise<JobRow> {
  const row = await requireJob(db, lease.id);
  if (row.state === "running" && row.attempt === lease.attempt) return row;
  throw new AppError(
    "conflict",
    `Cannot go on with job ${lease.id}: attempt ${lease.attempt} does not hold it any more ` +
      `(attempt ${row.attempt}, ${row.state})`,
  );
}

function find(db: Queries, id: string): Promise<JobRow | undefined> {
  return db.select().from(jobs).where(eq(jobs.id, id)).get();
}

function show({ seq: _seq, ...job }: JobRow): Job {
  return job;
}

function showEvent(
  { seq, at, type, body }: Pick<typeof jobEvents.$inferSelect, "seq" | "at" | "type" | "body">,
): JobEvent {
  return { ...body, seq, at, type };
}
