/**
 * What a pipeline tells while it runs; the job keeps it, the API streams it, the command line draws it.
 *
 * @module
 */
import type { StageEvent, WorkerStage } from "./stage_protocol.ts";

/** Stages in the order in which a pipeline goes through them. */
export const STAGES = [
  "check",
  "ingest",
  "merge",
  "split",
  "features",
  "pictures",
  "encoder",
  "sentences",
  "train",
  "export",
  "evaluate",
  "gate",
  "promote",
] as const;
/** One of {@linkcode STAGES}. */
export type StageName = (typeof STAGES)[number];

/** One event of a pipeline. */
export type PipelineEvent =
  | (StageEvent & { readonly stage: StageName | WorkerStage })
  | {
    readonly type: "stage";
    readonly stage: StageName | WorkerStage;
    readonly state: "running" | "done" | "unchanged";
    readonly ms?: number;
    readonly summary?: string;
  };
