/**
 * Which stages a job goes through and what each needs: the plan as data, for whoever shows a job.
 *
 * @module
 */
import { type StageName, STAGES } from "./pipeline_events.ts";

/** The stages whose output a stage reads; each stands before it in {@linkcode STAGES}. */
export const STAGE_NEEDS: Readonly<Record<StageName, readonly StageName[]>> = {
  check: [],
  ingest: ["check"],
  merge: ["ingest"],
  split: ["ingest", "merge"],
  features: ["split"],
  pictures: ["split"],
  encoder: ["pictures"],
  sentences: ["split"],
  train: ["features", "encoder", "pictures", "sentences"],
  export: ["train"],
  evaluate: ["split", "export"],
  gate: ["evaluate"],
  promote: ["gate"],
};

/** The last stage of each kind of job that runs a pipeline. */
const LAST: Readonly<Record<string, StageName>> = {
  check: "check",
  ingest: "ingest",
  merge: "merge",
  split: "split",
  train: "export",
  evaluate: "gate",
  pipeline: "promote",
  retrain: "promote",
};
/** Kinds of jobs that run a pipeline. */
export const STAGED_KINDS: readonly string[] = Object.keys(LAST);
/** Stages that only join feedback. */
const MERGES = new Set(["merge", "retrain"]);

/**
 * Stages that a job of `kind` goes through, in order; none for kinds that run no pipeline. Some may turn out not to be
 * needed: pictures, for products without any.
 *
 * @param input.source raw files, where the job begins with some
 */
export function plannedStages(
  kind: string,
  input: { readonly source?: unknown } | null,
): readonly StageName[] {
  const last = LAST[kind];
  if (last === undefined) return [];
  const skipped = new Set<StageName>([
    ...(input?.source === undefined ? ["check", "ingest"] as const : []),
    ...(MERGES.has(kind) ? [] : ["merge"] as const),
  ]);
  return STAGES.slice(0, STAGES.indexOf(last) + 1).filter((stage) => !skipped.has(stage));
}
