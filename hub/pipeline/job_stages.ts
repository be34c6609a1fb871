/**
 * The stages of a job as they stand, made from what the job told: a pure fold over its log.
 *
 * @module
 */
import type { StageName } from "./pipeline_events.ts";
import { plannedStages, STAGE_NEEDS } from "./stage_plan.ts";

/**
 * How a stage stands. `unchanged` answered from before, `waiting` may yet come, `skipped` was planned and did not run;
 * `lost` was under way when its worker died.
 */
export type JobStageState =
  | "waiting"
  | "running"
  | "done"
  | "unchanged"
  | "failed"
  | "cancelled"
  | "lost"
  | "skipped";

/** One stage of a job. */
export interface JobStage {
  readonly stage: string;
  /** Stages of the same job whose output it reads. */
  readonly needs: readonly string[];
  readonly state: JobStageState;
  /** Attempt of the job that it was last seen in; null while it waits. */
  readonly attempt: number | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  /** What it said of itself at its end. */
  readonly summary: string | null;
}

/** What of a job shapes its stages. */
export interface StagedJob {
  readonly kind: string;
  readonly input: unknown;
  readonly state: string;
  readonly endedAt: string | null;
}

/** A line of the job's log; only those of type `stage` and `state` count. */
export interface StageLine {
  readonly type: string;
  readonly at: string;
  readonly [key: string]: unknown;
}

const GOING = new Set(["queued", "running", "lost"]);

/** Stages in the order of the plan; those that no plan names come after, as they were told. */
export function foldStages(job: StagedJob, lines: Iterable<StageLine>): JobStage[] {
  const stages = new Map<string, JobStage>();
  const planned = plannedStages(job.kind, job.input as { source?: unknown } | null);
  for (const stage of planned) stages.set(stage, unseen(stage));
  let attempt = 1;
  for (const line of lines) {
    if (line.type === "state") {
      if (line["state"] !== "running") endAll(stages, "failed", line.at);
      else {
        endAll(stages, "lost", line.at);
        attempt = Number(line["attempt"] ?? attempt);
      }
    } else if (line.type === "stage") take(stages, line, attempt);
  }
  if (!GOING.has(job.state)) {
    const ended = job.state === "cancelled" ? "cancelled" : "failed";
    endAll(stages, ended, job.endedAt);
    for (const [name, stage] of stages) {
      if (stage.state === "waiting") stages.set(name, { ...stage, state: "skipped" });
    }
  }
  const names = new Set(stages.keys());
  return [...stages.values()].map((stage) => ({
    ...stage,
    needs: stage.needs.filter((need) => names.has(need)),
  }));
}

function unseen(stage: string): JobStage {
  return {
    stage,
    needs: STAGE_NEEDS[stage as StageName] ?? [],
    state: "waiting",
    attempt: null,
    startedAt: null,
    endedAt: null,
    summary: null,
  };
}

function take(stages: Map<string, JobStage>, line: StageLine, attempt: number): void {
  const name = String(line["stage"]), before = stages.get(name) ?? unseen(name);
  const summary = typeof line["summary"] === "string" ? line["summary"] : null;
  const at = line.at;
  switch (line["state"]) {
    case "running":
      stages.set(name, {
        ...before,
        state: "running",
        attempt,
        startedAt: at,
        endedAt: null,
        summary,
      });
      break;
    case "done":
      stages.set(name, {
        ...before,
        state: "done",
        attempt,
        startedAt: before.startedAt ?? at,
        endedAt: at,
        summary,
      });
      break;
    case "unchanged":
      // What ran in this attempt did run, though it is asked for once more.
      if (before.state === "done" && before.attempt === attempt) break;
      stages.set(name, {
        ...before,
        state: "unchanged",
        attempt,
        startedAt: at,
        endedAt: at,
        summary,
      });
      break;
  }
}

/** Whatever runs has ended, in `state`. */
function endAll(stages: Map<string, JobStage>, state: JobStageState, at: string | null): void {
  for (const [name, stage] of stages) {
    if (stage.state === "running") stages.set(name, { ...stage, state, endedAt: at });
  }
}
