/**
 * Which state of a job or run may follow which, as tables.
 *
 * Only the rules: who moves what, and when, is decided by their owners. A state with no successors is final.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";

/** States of a job. */
export type JobState = "queued" | "running" | "succeeded" | "failed" | "cancelled" | "lost";

/** States of a run (one try of a job that learns or judges). */
export type RunState = "running" | "succeeded" | "failed" | "cancelled" | "lost";

/**
 * Successors of each job state. `lost` was running when its hub died; it, and one that failed
 * for a reason that may pass, is queued again while attempts are left.
 */
export const JOB_NEXT: Readonly<Record<JobState, readonly JobState[]>> = {
  queued: ["running", "cancelled"],
  running: ["succeeded", "failed", "cancelled", "lost", "queued"],
  lost: ["queued", "cancelled"],
  succeeded: [],
  failed: [],
  cancelled: [],
};

/** Successors of each run state. A lost run stays lost: the next try is a run of its own. */
export const RUN_NEXT: Readonly<Record<RunState, readonly RunState[]>> = {
  running: ["succeeded", "failed", "cancelled", "lost"],
  succeeded: [],
  failed: [],
  cancelled: [],
  lost: [],
};

/** Whether a job may move from `from` to `to`. */
export function canJobMove(from: JobState, to: JobState): boolean {
  return JOB_NEXT[from].includes(to);
}

/** Whether a run may move from `from` to `to`. */
export function canRunMove(from: RunState, to: RunState): boolean {
  return RUN_NEXT[from].includes(to);
}

/** Whether nothing follows `state`. */
export function isFinal(state: JobState): boolean {
  return JOB_NEXT[state].length === 0;
}

/**
 * Refuses a move that the job table lacks.
 *
 * @throws {AppError} `conflict`
 */
export function assertJobMove(id: string, from: JobState, to: JobState): void {
  if (canJobMove(from, to)) return;
  throw new AppError(
    "conflict",
    `Cannot move job ${id} to ${to}: from ${from} only ${list(JOB_NEXT[from])} may follow`,
  );
}

/**
 * Refuses a move that the run table lacks.
 *
 * @throws {AppError} `conflict`
 */
export function assertRunMove(id: string, from: RunState, to: RunState): void {
  if (canRunMove(from, to)) return;
  throw new AppError(
    "conflict",
    `Cannot move run ${id} to ${to}: from ${from} only ${list(RUN_NEXT[from])} may follow`,
  );
}

function list(states: readonly string[]): string {
  return states.length === 0 ? "nothing" : states.join(", ");
}
