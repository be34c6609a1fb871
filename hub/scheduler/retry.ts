/**
 * Whether a failed attempt is worth another, and how long to wait before it: pure, with chance as a parameter.
 *
 * @module
 */
import type { RetryPolicy } from "../registry/jobs.ts";

/** Codes of failures that may pass by themselves; any other would only fail again. */
const MAY_PASS = new Set([
  "internal",
  "training-failed",
  "timed-out",
  "hub-unreachable",
  "model-unavailable",
  "not-ready",
  "overloaded",
  "too-many-requests",
  "locked",
]);

/** An attempt that failed. */
export interface FailedAttempt {
  /** From 1. */
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly retry: RetryPolicy | null;
}

/**
 * Milliseconds until the next attempt; null where there is none.
 *
 * The wait doubles with each attempt up to the policy's most; chance takes up to `jitter` of it off, so that jobs that
 * failed together do not come back together.
 *
 * @param random gives numbers in [0, 1)
 */
export function retryDelayMs(
  job: FailedAttempt,
  code: string,
  random: () => number,
): number | null {
  const { attempt, maxAttempts, retry } = job;
  if (retry === null || attempt >= maxAttempts || !MAY_PASS.has(code)) return null;
  const wait = Math.min(retry.maxBackoffMs, retry.backoffMs * 2 ** (attempt - 1));
  return Math.round(wait * (1 - retry.jitter * random()));
}
