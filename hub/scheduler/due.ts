/**
 * What the clock decides about a schedule: pure functions of the row and the instant.
 *
 * @module
 */
import { type CronTime, nextRun } from "./cron.ts";

/** A run that is found due later than this was missed: the hub was down, or asleep. */
export const LATE_MS = 60_000;
/** Missed runs are counted up to here. */
const MOST_MISSED = 1_000;

/** What the decision rests on. */
export interface DueInput extends CronTime {
  readonly nextRunAt: string | null;
  readonly missedPolicy: "skip" | "once";
  /** Whether the schedule's job of before is queued or running still. */
  readonly lastGoesOn: boolean;
}

/** Nothing yet; or the instant that came due, the one after, and why no job comes of it (null where one does). */
export type DueDecision = { readonly due: false; readonly nextMs: number | null } | {
  readonly due: true;
  readonly dueMs: number;
  readonly nextMs: number | null;
  readonly note: string | null;
};

/** What to do about a schedule at `nowMs`. */
export function decideDue(schedule: DueInput, nowMs: number): DueDecision {
  if (schedule.nextRunAt === null) return { due: false, nextMs: nextRun(schedule, nowMs) };
  const dueMs = Date.parse(schedule.nextRunAt);
  if (dueMs > nowMs) return { due: false, nextMs: dueMs };
  const nextMs = nextRun(schedule, nowMs);
  if (schedule.lastGoesOn) {
    return { due: true, dueMs, nextMs, note: "skipped: the run before still goes on" };
  }
  if (nowMs - dueMs > LATE_MS && schedule.missedPolicy === "skip") {
    const missed = countMissed(schedule, dueMs, nowMs);
    const many = missed === MOST_MISSED ? `${MOST_MISSED} or more` : String(missed);
    const runs = missed === 1 ? "run was" : "runs were";
    return { due: true, dueMs, nextMs, note: `skipped: ${many} ${runs} missed, no hub was up` };
  }
  return { due: true, dueMs, nextMs, note: null };
}

function countMissed(time: CronTime, firstMs: number, nowMs: number): number {
  let count = 1;
  for (let at = nextRun(time, firstMs); at !== null && at <= nowMs; at = nextRun(time, at)) {
    if (++count === MOST_MISSED) break;
  }
  return count;
}

/** What is known of a run that is owed. */
export interface OwedInput {
  /** The first due instant that no success has followed; null where nothing is owed. */
  readonly owedSince: string | null;
  readonly lastDueAt: string | null;
  readonly expectedByMs: number | null;
  /** When the newest job of the schedule that succeeded was queued. */
  readonly succeededAt: string | null;
}

/** What is owed after a look at the jobs, and whether it is too late for it. */
export interface OwedDecision {
  readonly owedSince: string | null;
  readonly overdue: boolean;
}

/** A success settles every run that was due before it was queued. */
export function decideOwed(input: OwedInput, nowMs: number): OwedDecision {
  const { succeededAt, lastDueAt, expectedByMs } = input;
  let { owedSince } = input;
  if (owedSince !== null && succeededAt !== null && succeededAt >= owedSince) {
    owedSince = lastDueAt !== null && lastDueAt > succeededAt ? lastDueAt : null;
  }
  const overdue = owedSince !== null && expectedByMs !== null &&
    nowMs > Date.parse(owedSince) + expectedByMs;
  return { owedSince, overdue };
}
