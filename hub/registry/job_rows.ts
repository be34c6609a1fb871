/**
 * Rows of the queue: how one is made, moved and shown, within a transaction.
 *
 * @module
 */
import { eq } from "drizzle-orm";
import { AppError } from "@aisle/shared/errors";
import type { Queries } from "../db/database.ts";
import { type jobEvents, jobs } from "../db/schema/mod.ts";
import { ensureCatalogue } from "./catalogues.ts";
import type { Job, JobEvent, Lease, NewJob } from "./jobs.ts";
import { assertJobMove } from "./lifecycle.ts";

/** A row of the queue. */
export type JobRow = typeof jobs.$inferSelect;

/** Queues a job within a transaction; the one of before where its key was used before. */
export async function insertJob(
  tx: Queries,
  job: NewJob,
  made: { readonly at: string; readonly id: string },
): Promise<Job> {
  const { catalogue, kind, input, by, retry = null } = job;
  if (job.key !== undefined) {
    const known = await tx.select().from(jobs).where(eq(jobs.key, job.key)).get();
    if (known !== undefined) return show(known);
  }
  // Without a name: a job of the hub itself.
  if (catalogue !== "") await ensureCatalogue(tx, catalogue, made.at);
  const row = await tx.insert(jobs).values({
    id: made.id,
    catalogue,
    kind,
    state: "queued",
    attempt: 0,
    maxAttempts: job.maxAttempts ?? retry?.attempts ?? 2,
    input,
    by,
    createdAt: made.at,
    timeoutMs: job.timeoutMs ?? null,
    retry,
    scheduleId: job.scheduleId ?? null,
    key: job.key ?? null,
  }).returning().get();
  return show(row);
}

/** `ms` after the instant `at`. */
export function later(at: string, ms: number): string {
  return new Date(Date.parse(at) + ms).toISOString();
}

/** Writes `patch`; a new state must follow the lifecycle table. */
export async function change(
  tx: Queries,
  row: Pick<JobRow, "id" | "state">,
  patch: Partial<JobRow>,
): Promise<Job> {
  if (patch.state !== undefined) assertJobMove(row.id, row.state, patch.state);
  return show(await tx.update(jobs).set(patch).where(eq(jobs.id, row.id)).returning().get());
}

/** @throws {AppError} `not-found` */
export async function requireJob(db: Queries, id: string): Promise<JobRow> {
  const row = await find(db, id);
  if (row !== undefined) return row;
  throw new AppError("not-found", `Cannot find job ${id}: it does not exist`);
}

/** The running job of which `lease` is the newest attempt. @throws {AppError} `conflict` where it is not any more */
export async function requireLease(db: Queries, lease: Lease): Promise<JobRow> {
  const row = await requireJob(db, lease.id);
  if (row.state === "running" && row.attempt === lease.attempt) return row;
  throw new AppError(
    "conflict",
    `Cannot go on with job ${lease.id}: attempt ${lease.attempt} does not hold it any more ` +
      `(attempt ${row.attempt}, ${row.state})`,
  );
}

/** The job `id`, if there is one. */
export function find(db: Queries, id: string): Promise<JobRow | undefined> {
  return db.select().from(jobs).where(eq(jobs.id, id)).get();
}

/** A row as the other layers see it. */
export function show({ seq: _seq, key: _key, ...job }: JobRow): Job {
  return job;
}

/** A line of a log as the other layers see it. */
export function showEvent(
  { seq, at, type, body }: Pick<typeof jobEvents.$inferSelect, "seq" | "at" | "type" | "body">,
): JobEvent {
  return { ...body, seq, at, type };
}
