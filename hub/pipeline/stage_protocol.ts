/**
 * What the hub and its stage process say to each other: one JSON object a line.
 *
 * The stage process has blobs, checkpoints, features of pictures and nothing else of the hub: no database, no keys, no network.
 *
 * @module
 */
import type { ErrorCode } from "@aisle/shared/errors";
import type { Params } from "../params.ts";

/** Stages that run in the stage process, in pipeline order. */
export const WORKER_STAGES = [
  "pack",
  "check",
  "ingest",
  "diff",
  "merge",
  "split",
  "pictures",
  "features",
  "encoder",
  "sentences",
  "train",
  "export",
  "evaluate",
  "gate",
  "compare",
] as const;
/** What runs in the stage process: a pipeline's stages, and scoring, which is no part of a run. */
export type WorkerStage = (typeof WORKER_STAGES)[number] | "score";

/** What a stage tells while it runs. */
export type StageEvent =
  | {
    readonly type: "progress";
    readonly done: number;
    readonly total: number;
    readonly what: string;
  }
  | {
    readonly type: "metric";
    readonly name: string;
    readonly step: number;
    readonly value: number;
  }
  | { readonly type: "log"; readonly message: string };

/** One order to the stage process. */
export type StageRequest =
  | {
    readonly type: "run";
    readonly stage: WorkerStage;
    /** JSON value that the stage's own function understands. */
    readonly input: unknown;
    readonly params: Params;
    /** File in which the stage may keep a checkpoint; the same for the same inputs. */
    readonly checkpointFile: string;
  }
  | { readonly type: "cancel" };

/** One line from the stage process. */
export type StageReply =
  | { readonly type: "event"; readonly event: StageEvent }
  /** With the memory that the process keeps. */
  | { readonly type: "done"; readonly output: unknown; readonly residentBytes: number }
  | {
    readonly type: "failed";
    readonly code: ErrorCode;
    readonly message: string;
    readonly details?: unknown;
  };
