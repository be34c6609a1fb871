/**
 * The job `inspect`: gathers what there is to know, lets the inspection decide, starts a retrain where it says so.
 *
 * Its result is the report of why, or why not.
 *
 * @module
 */
import { inspect, type InspectionDecision, type PastRetrain } from "../monitoring/inspection.ts";
import type { Params } from "../params.ts";
import type { Job } from "../registry/jobs.ts";
import type { Registry } from "../registry/registry.ts";
import type { JobWork } from "./job_runner.ts";
import { automaticLimits } from "./standing_schedules.ts";

/** More retrains than a week's budget can hold, so that none is overlooked. */
const RETRAINS = 1_000;
const WEEK_MS = 7 * 86_400_000;
/** A report of monitoring that is older says nothing about now. */
const STALE_MS = 3_600_000;

/** What an inspection came to. */
export type Inspected = InspectionDecision & {
  /** The retrain that it started, or that was queued already. */
  readonly retrainJob?: string;
};

/** Runs an inspection at `nowMs`, milliseconds since 1970. */
export async function runInspection(
  params: Params,
  work: JobWork,
  nowMs: number,
): Promise<Inspected> {
  const { job, registry, emit, start } = work, { catalogue } = job;
  const { rows, classes } = await registry.feedback.countNew(catalogue);
  const labels = await registry.labels.list(catalogue);
  const retrains = await retrainsOf(registry, catalogue, nowMs);
  const decision = inspect({
    nowMs,
    newRows: rows,
    classesSeen: Object.keys(classes),
    allClasses: labels.labels.filter((l) => l.state === "active").map((l) => l.code),
    ...await monitored(registry, catalogue, nowMs),
    retrains: retrains.map(pastRetrain),
    rules: params.inspection,
  });
  emit({ type: "log", message: `${decision.decision}: ${decision.reasons.join("; ")}` });
  if (decision.decision !== "retrain") {
    const queued = retrains.find((retrain) => retrain.state === "queued");
    return queued === undefined ? decision : { ...decision, retrainJob: queued.id };
  }
  const retrain = await start({
    ...automaticLimits(params),
    kind: "retrain",
    catalogue,
    input: {},
    by: `inspection ${job.id}`,
    // An inspection that is tried again after a crash finds the retrain that it started.
    key: `inspection ${job.id}`,
  });
  return { ...decision, retrainJob: retrain.id };
}

/** Retrains of the last week, and those that go on. */
async function retrainsOf(registry: Registry, catalogue: string, nowMs: number): Promise<Job[]> {
  const { items } = await registry.jobs.list({ catalogue, kind: "retrain", limit: RETRAINS });
  const since = new Date(nowMs - WEEK_MS).toISOString();
  return items.filter((job) => job.attempt > 0 || job.state !== "cancelled")
    .filter((job) => job.createdAt >= since || goesOn(job));
}

function pastRetrain(job: Job): PastRetrain {
  return {
    atMs: Date.parse(job.createdAt),
    automatic: job.by.startsWith("inspection "),
    goesOn: goesOn(job),
  };
}

function goesOn({ state }: Job): boolean {
  return state === "queued" || state === "running";
}

/** What monitoring says of the champion; nothing where its report is old or is about another. */
async function monitored(registry: Registry, catalogue: string, nowMs: number) {
  const report = await registry.monitoring.latest(catalogue);
  const { champion } = await registry.aliases.get(catalogue);
  const current = report !== null && report.digest === champion &&
    nowMs - Date.parse(report.at) < STALE_MS;
  return current
    ? { accuracy: report.accuracy, drift: report.drift.severity }
    : { accuracy: null, drift: null };
}
