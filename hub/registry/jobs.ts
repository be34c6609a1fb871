/**
 * Jobs: a queue that survives the hub, with one running job a catalogue.
 *
 * Who works on a job holds a lease (its id and attempt). After a crash the job gets a new attempt, and whoever
 * still holds the old lease is refused: two workers cannot both finish a job.
 *
 * @module
 */
import {
  and,
  asc,
  desc,
  eq,
  gt,
  inArray,
  isNull,
  lt,
  lte,
  max,
  notInArray,
  or,
  sql,
} from "drizzle-orm";
import { AppError } from "@aisle/shared/errors";
import { jobEvents, jobs } from "../db/schema/mod.ts";
import type { RetryPolicy } from "../db/schema/operation.ts";
import type { Context } from "./context.ts";
import {
  change,
  find,
  insertJob,
  later,
  requireJob,
  requireLease,
  show,
  showEvent,
} from "./job_rows.ts";
import { isFinal, type JobState } from "./lifecycle.ts";
import { beforeOf, limitOf, type Page, pageOf, type PageQuery } from "./page.ts";

export type { RetryPolicy };

/** A worker that gives no sign of life for so long may be taken for dead; many of its heartbeats. */
export const LEASE_MS = 15_000;

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
  /** When a retry that waits may begin; null where nothing waits. */
  readonly notBefore: string | null;
  /** Until when its worker holds it without another sign of life. */
  readonly leaseUntil: string | null;
  /** Longest time of one attempt; null for as long as it takes. */
  readonly timeoutMs: number | null;
  readonly retry: RetryPolicy | null;
  /** The schedule that started it. */
  readonly scheduleId: string | null;
}

/** What a new job needs. */
export interface NewJob {
  readonly catalogue: string;
  readonly kind: string;
  readonly input: unknown;
  readonly by: string;
  /** Those of `retry`, else 2, where it is absent. A crash takes one too. */
  readonly maxAttempts?: number | undefined;
  readonly timeoutMs?: number | null | undefined;
  readonly retry?: RetryPolicy | null | undefined;
  readonly scheduleId?: string | null | undefined;
  /** What it is for: a key that was used before gives the job of then. */
  readonly key?: string | undefined;
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

/** A line to log: a type and whatever belongs to it; `at` is when it is written where it is absent. */
export type NewJobEvent = Omit<JobEvent, "seq" | "at"> & {
  readonly type: JobEvent["type"];
  readonly at?: string | undefined;
};

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

/** Which jobs to take; all where nothing is named. */
export interface ClaimQuery {
  readonly id?: string | undefined;
  readonly kinds?: readonly string[] | undefined;
  readonly notKinds?: readonly string[] | undefined;
}

/** Reads and moves jobs. */
export interface Jobs {
  /** A new job, queued; the one of before where its `key` was used before. */
  enqueue(job: NewJob): Promise<Job>;
  /** The oldest queued job of `which` that may begin and whose catalogue has none running, running now; null without one. */
  claim(which?: ClaimQuery): Promise<Job | null>;
  /** Says that the worker lives. @throws {AppError} `conflict` when the lease is not valid any more */
  heartbeat(lease: Lease): Promise<{ readonly cancelRequested: boolean }>;
  /** @throws {AppError} `conflict` when the lease is not valid any more */
  finish(lease: Lease, outcome: JobOutcome): Promise<Job>;
  /** Queues a running job again, to begin after `delayMs`. @throws {AppError} `conflict` when the lease is not valid any more */
  retry(
    lease: Lease,
    options: {
      readonly delayMs: number;
      readonly error: { readonly code: string; readonly message: string };
    },
  ): Promise<Job>;
  /**
   * Queues a running job again whose hub stops: that costs no attempt.
   *
   * @throws {AppError} `conflict` when the lease is not valid any more
   */
  giveBack(lease: Lease): Promise<Job>;
  /** A queued job is cancelled at once; a running one is asked to stop. @throws {AppError} `not-found`, `conflict` when it has ended */
  requestCancel(id: string): Promise<Job>;
  /** Appends to the log; returns the lines with their numbers. @throws {AppError} `conflict` when the lease is not valid any more */
  log(lease: Lease, events: readonly NewJobEvent[]): Promise<JobEvent[]>;
  /** Lines with numbers above `after`, oldest first, 1,000 at most; only those of `stage` where it is named. */
  logs(id: string, after?: number, limit?: number, stage?: string): Promise<JobEvent[]>;
  /** What these jobs told of their stages and their own state, oldest first, by job. */
  stageEvents(ids: readonly string[]): Promise<ReadonlyMap<string, readonly JobEvent[]>>;
  get(id: string): Promise<Job | null>;
  /** Newest first. */
  list(query?: JobQuery): Promise<Page<Job>>;
  /**
   * What was left running becomes lost, then queued again, or stays lost when no attempt is left.
   *
   * @param options.expiredOnly leaves those whose worker has given a sign of life lately: it may be another hub's
   */
  recover(
    options?: { readonly expiredOnly?: boolean | undefined },
  ): Promise<{ readonly requeued: readonly Job[]; readonly lost: readonly Job[] }>;
}

/** The queue kept in `context`'s database. */
export function createJobs({ database, now, newId }: Context): Jobs {
  return {
    enqueue: (job) => database.write((tx) => insertJob(tx, job, { at: now(), id: newId() })),
    claim: ({ id, kinds, notKinds } = {}) =>
      database.write(async (tx) => {
        const row = await tx.select().from(jobs).where(and(
          eq(jobs.state, "queued"),
          or(isNull(jobs.notBefore), lte(jobs.notBefore, now())),
          id === undefined ? undefined : eq(jobs.id, id),
          kinds === undefined ? undefined : inArray(jobs.kind, [...kinds]),
          notKinds === undefined ? undefined : notInArray(jobs.kind, [...notKinds]),
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
          leaseUntil: later(at, LEASE_MS),
          notBefore: null,
          endedAt: null,
        });
      }),
    heartbeat: (lease) =>
      database.write(async (tx) => {
        const row = await requireLease(tx, lease);
        const heartbeatAt = now();
        await tx.update(jobs).set({ heartbeatAt, leaseUntil: later(heartbeatAt, LEASE_MS) })
          .where(eq(jobs.seq, row.seq));
        return { cancelRequested: row.cancelRequested };
      }),
    finish: (lease, { state, result = null, error = null }) =>
      database.write(async (tx) => {
        const row = await requireLease(tx, lease);
        return await change(tx, row, { state, result, error, endedAt: now(), leaseUntil: null });
      }),
    retry: (lease, { delayMs, error }) =>
      database.write(async (tx) => {
        const row = await requireLease(tx, lease);
        const notBefore = later(now(), delayMs);
        return await change(tx, row, { state: "queued", notBefore, error, leaseUntil: null });
      }),
    giveBack: (lease) =>
      database.write(async (tx) => {
        const row = await requireLease(tx, lease);
        // One more instead of one less: the attempt's number is what tells its worker from the next one.
        const maxAttempts = row.maxAttempts + 1;
        return await change(tx, row, { state: "queued", maxAttempts, leaseUntil: null });
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
          const { type, seq: _seq, at: told, ...body } = event;
          return { seq: first + i, at: isInstant(told) ? told : at, type, body };
        });
        // One statement with one value, however many lines.
        await tx.run(sql`INSERT INTO ${jobEvents} (job_id, seq, at, type, body)
          SELECT ${lease.id}, value ->> 'seq', value ->> 'at', value ->> 'type', value -> 'body'
          FROM json_each(${JSON.stringify(rows)})`);
        return rows.map(showEvent);
      });
    },
    async logs(id, after = 0, limit = 1000, stage) {
      const rows = await database.read((db) =>
        db.select().from(jobEvents).where(and(
          eq(jobEvents.jobId, id),
          gt(jobEvents.seq, after),
          stage === undefined ? undefined : sql`${jobEvents.body} ->> 'stage' = ${stage}`,
        ))
          .orderBy(asc(jobEvents.seq)).limit(Math.min(limit, 1000))
      );
      return rows.map(showEvent);
    },
    async stageEvents(ids) {
      const rows = await database.read((db) =>
        db.select().from(jobEvents).where(and(
          inArray(jobEvents.jobId, [...ids]),
          // Written out, so that the partial index serves.
          sql`type IN ('stage', 'state')`,
        )).orderBy(asc(jobEvents.jobId), asc(jobEvents.seq))
      );
      return new Map(
        [...Map.groupBy(rows, (row) => row.jobId)].map(([id, of]) => [id, of.map(showEvent)]),
      );
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
    recover: ({ expiredOnly = false } = {}) =>
      database.write(async (tx) => {
        const requeued: Job[] = [], lost: Job[] = [];
        const rows = await tx.select().from(jobs).where(and(
          eq(jobs.state, "running"),
          expiredOnly ? or(isNull(jobs.leaseUntil), lte(jobs.leaseUntil, now())) : undefined,
        )).orderBy(asc(jobs.seq));
        for (const row of rows) {
          const left = await change(tx, row, { state: "lost", endedAt: now(), leaseUntil: null });
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

function isInstant(at: string | undefined): at is string {
  return at !== undefined && !Number.isNaN(Date.parse(at));
}
