/**
 * The schedules that every catalogue has, as the params say; people may set them otherwise.
 *
 * @module
 */
import type { Params } from "../params.ts";
import type { RetryPolicy } from "../registry/jobs.ts";
import type { ScheduleSpec } from "../registry/schedules.ts";

/** Schedules of `catalogue`. */
export function standingSchedules(params: Params, catalogue: string): ScheduleSpec[] {
  const limits = automaticLimits(params);
  return [{
    ...limits,
    id: `inspect-${catalogue}`,
    catalogue,
    kind: "inspect",
    cron: `*/${params.inspection.everyMinutes} * * * *`,
    enabled: true,
    input: {},
  }, {
    ...limits,
    id: `review-${catalogue}`,
    catalogue,
    kind: "review",
    cron: everyMinutes(params.review.everyMinutes),
    enabled: true,
    input: {},
  }, {
    ...limits,
    id: `simulate-${catalogue}`,
    catalogue,
    kind: "simulate",
    cron: `*/${params.simulate.everyMinutes} * * * *`,
    enabled: params.simulate.enabled,
    input: { products: params.simulate.products },
  }];
}

/** Schedules of the hub itself. */
export function hubSchedules(
  params: Params,
  options: { readonly backsUp: boolean },
): ScheduleSpec[] {
  const schedule = (kind: "backup" | "gc"): ScheduleSpec => ({
    ...automaticLimits(params),
    id: kind,
    catalogue: "",
    kind,
    cron: params[kind].cron,
    enabled: true,
    input: {},
  });
  return [schedule("gc"), ...(options.backsUp ? [schedule("backup")] : [])];
}

/** A cron pattern that fires about every `minutes`: on the hour where it is an hour or more. */
function everyMinutes(minutes: number): string {
  return minutes < 60
    ? `*/${minutes} * * * *`
    : `0 */${Math.min(23, Math.round(minutes / 60))} * * *`;
}

/** How long jobs may take that nobody asked for, and how often they are tried. */
export function automaticLimits(
  { jobs }: Params,
): { readonly timeoutMs: number; readonly retry: RetryPolicy } {
  return {
    timeoutMs: jobs.timeoutMinutes * 60_000,
    retry: {
      attempts: jobs.attempts,
      backoffMs: jobs.backoffSeconds * 1_000,
      maxBackoffMs: jobs.maxBackoffMinutes * 60_000,
      jitter: jobs.jitter,
    },
  };
}
