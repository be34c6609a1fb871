/**
 * The job `tune`: searches for better params, each trial a tracked run.
 *
 * Trials are drawn from the seed and scored through the stage cache: a job that was broken off, or asked for again with
 * a larger budget, does not repeat what it has.
 *
 * @module
 */
import type { z } from "zod";
import { rng } from "@aisle/shared/random";
import type { Params } from "../params.ts";
import { withParams } from "../params.ts";
import type { PipelineDeps } from "../pipeline/pipeline.ts";
import { scoreTrial } from "../pipeline/score_trial.ts";
import type { Job, NewJobEvent } from "../registry/jobs.ts";
import { drawTrials, type Settings } from "../tuning/search_space.ts";
import { successiveHalving } from "../tuning/successive_halving.ts";
import type { TuneJobInput } from "./job_inputs.ts";

/** One scored trial. */
export interface TunedTrial {
  /** 0 is the params as they are. */
  readonly trial: number;
  readonly folds: number;
  readonly score: number;
  readonly settings: Settings;
  /** Null where it was scored before. */
  readonly runId: string | null;
}

/** What a search came to. */
export interface Tuned {
  readonly catalogue: string;
  readonly trials: readonly TunedTrial[];
  /** The best of the last round; null where the time was up before any was compared. */
  readonly best: TunedTrial | null;
  /** The params as they are, in the same round. */
  readonly baseline: TunedTrial | null;
  /** Whether the time ran out before the last round was through. */
  readonly stopped: boolean;
}

/** What the job is run with. */
export interface TuneCall {
  readonly job: Job;
  readonly input: z.infer<typeof TuneJobInput>;
  readonly signal: AbortSignal;
  readonly emit: (event: NewJobEvent) => void;
}

/** Runs the search. */
export async function tune(deps: PipelineDeps, call: TuneCall): Promise<Tuned> {
  const { job, input, signal, emit } = call, { nowMs } = deps;
  const plan = { ...deps.params.tune, ...input };
  const params: Params = { ...deps.params, tune: plan };
  const trials = drawTrials(params, rng(plan.seed)), endMs = nowMs() + plan.minutes * 60_000;
  const tuned: TunedTrial[] = [];
  emit({
    type: "log",
    message: `${trials.length} trials, rounds of ${plan.folds.join(", ")} folds`,
  });
  const result = await successiveHalving(
    { trials: trials.length, rounds: plan.folds, keepOneIn: plan.keepOneIn },
    async (trial, round) => {
      if (nowMs() >= endMs) return null;
      const folds = plan.folds[round]!, settings = trials[trial]!;
      const { score, runId } = await scoreTrial(deps, {
        params: withParams(deps.params, settings),
        folds,
      }, {
        catalogue: job.catalogue,
        kind: "tune",
        by: `${job.by}, trial ${trial}, ${folds} folds`,
        jobId: job.id,
        signal,
        emit: () => {},
      });
      tuned.push({ trial, folds, score, settings, runId });
      emit({ type: "log", message: tell(tuned.at(-1)!) });
      return score;
    },
  );
  const of = (found: typeof result.best) =>
    found === null
      ? null
      : tuned.find(({ trial, folds }) =>
        trial === found.trial && folds === plan.folds[found.round]
      )!;
  return {
    catalogue: job.catalogue,
    trials: tuned,
    best: of(result.best),
    baseline: of(result.baseline),
    stopped: result.stopped,
  };
}

function tell({ trial, folds, score, settings, runId }: TunedTrial): string {
  const set = Object.entries(settings).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return `trial ${trial}, ${folds} ${folds === 1 ? "fold" : "folds"}: weighted F1 ${
    score.toFixed(4)
  }` +
    ` (${set.join(", ") || "the params as they are"})${
      runId === null ? ", known from before" : ""
    }`;
}
