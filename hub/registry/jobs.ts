/**
 * Jobs: a queue that survives the hub, with one running job a catalogue.
 *
 * Who works on a job holds a lease (its id and attempt). After a crash the job gets a new attempt, and whoever
 * still holds the old lease is refused: two workers cannot both finish a job.
 *
 * @module
 */
import type { JobState } from "./lifecycle.ts";
import type { Page, PageQuery } from "./page.ts";

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
