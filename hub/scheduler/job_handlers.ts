/**
 * What each kind of job does.
 *
 * @module
 */
import { z } from "zod";
import { AppError } from "@aisle/shared/errors";
import { rng, shuffle } from "@aisle/shared/random";
import type { BlobStore } from "../artifact/blob_store.ts";
import type { Source } from "../data/source.ts";
import { readRows } from "../data/version.ts";
import { openPictureReader } from "../images/picture_reader.ts";
import { withParams } from "../params.ts";
import {
  type PipelineDeps,
  type PipelineGoal,
  type PipelineInput,
  runPipeline,
} from "../pipeline/pipeline.ts";
import type { PipelineEvent } from "../pipeline/pipeline_events.ts";
import type { SplitOutput } from "../pipeline/stage_values.ts";
import type { NewJobEvent } from "../registry/jobs.ts";
import type { Registry } from "../registry/registry.ts";
import { runInspection } from "./inspect_job.ts";
import {
  BackupJobInput,
  GarbageJobInput,
  PipelineJobInput,
  ScoreJobInput,
  SimulateJobInput,
  TrainJobInput,
  TuneJobInput,
} from "./job_inputs.ts";
import type { JobHandler } from "./job_runner.ts";
import type { Upkeep } from "../upkeep/upkeep.ts";
import { runScoring } from "./score_job.ts";
import { fillReviewQueue } from "./review_job.ts";
import { simulate } from "./simulate.ts";
import { tune } from "./tune_job.ts";

/** What handlers work with. */
export interface HandlerDeps extends PipelineDeps {
  readonly simulateEdges: readonly string[];
  readonly upkeep: Upkeep;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** How far each kind of pipeline job goes, and what it does besides. */
const PIPELINES: Readonly<Record<string, Pick<PipelineInput, "goal" | "merge" | "warm">>> = {
  check: { goal: "check" },
  ingest: { goal: "ingest" },
  split: { goal: "split" },
  train: { goal: "train" },
  evaluate: { goal: "evaluate" },
  pipeline: { goal: "promote" },
  merge: { goal: "merge", merge: true },
  retrain: { goal: "promote", merge: true, warm: true },
} satisfies Record<string, { goal: PipelineGoal; merge?: boolean; warm?: boolean }>;

/** Handlers by job kind. */
export function createHandlers(deps: HandlerDeps): Record<string, JobHandler> {
  const pipelines = Object.entries(PIPELINES).map(([kind, plan]): [string, JobHandler] => [
    kind,
    async ({ job, registry, signal, emit }) => {
      const { params: set, ...input } = parse(
        kind === "train" ? TrainJobInput : PipelineJobInput,
        job.input ?? {},
        kind,
      );
      const params = withParams(deps.params, set ?? {});
      return await runPipeline({ ...deps, registry, params }, {
        ...input,
        ...plan,
        warm: plan.warm && params.train.warmStart,
      }, {
        catalogue: job.catalogue,
        kind,
        by: job.by,
        jobId: job.id,
        signal,
        emit: (event: PipelineEvent) => emit(event as unknown as NewJobEvent),
      });
    },
  ]);
  return {
    ...Object.fromEntries(pipelines),
    tune: ({ job, registry, signal, emit }) =>
      tune({ ...deps, registry }, {
        job,
        input: parse(TuneJobInput, job.input ?? {}, "tune"),
        signal,
        emit,
      }),
    backup: ({ job, signal, emit }) => {
      parse(BackupJobInput, job.input ?? {}, "backup");
      return deps.upkeep.backUp({ signal, onProgress: progress(emit, "blobs") });
    },
    gc: ({ job, signal, emit }) => {
      const { dryRun } = parse(GarbageJobInput, job.input ?? {}, "gc");
      return deps.upkeep.collectGarbage({ dryRun, signal, onProgress: progress(emit, "blobs") });
    },
    score: (work) => runScoring(deps, work, parse(ScoreJobInput, work.job.input ?? {}, "score")),
    review: ({ job: { catalogue }, registry, signal, emit }) =>
      fillReviewQueue({ ...deps, registry }, { catalogue, registry, signal, emit }),
    inspect: (work) => runInspection(deps.params, work, deps.now()),
    simulate: async ({ job, registry, signal, emit }) => {
      const input = parse(SimulateJobInput, job.input ?? {}, "simulate");
      const { blobs } = deps;
      const rows = await unseenRows(registry, blobs, job.catalogue);
      const labels = await registry.labels.list(job.catalogue);
      const seed = input.seed ?? Number.parseInt(job.id.replace(/\D/g, "").slice(-8) || "1", 10);
      return await simulate(shuffle(rows, rng(seed)), {
        ...input,
        edges: input.edges ?? deps.simulateEdges,
        pictures: await openPictureReader(blobs, await imagesOf(registry, job.catalogue)),
        codes: labels.labels.filter((l) => l.state === "active").map((l) => l.code),
        seed,
        signal,
        onProgress: (done, total) => emit({ type: "progress", done, total, what: "users" }),
      });
    },
  };
}

/** Tells at most a hundred times how far something is. */
function progress(emit: (event: NewJobEvent) => void, what: string) {
  return (done: number, total: number) => {
    if (done === total || done % Math.ceil(total / 100) === 0) {
      emit({ type: "progress", done, total, what });
    }
  };
}

/** Unseen rows of the newest split whose product no feedback has named yet. */
async function unseenRows(registry: Registry, blobs: BlobStore, catalogue: string) {
  const head = await registry.splits.head(catalogue);
  const output = head === null ? null : await splitOutput(registry, catalogue);
  if (output === null) {
    throw new AppError("not-found", `Cannot simulate users of ${catalogue}: no split is there yet`);
  }
  const rows = await Array.fromAsync(readRows(await blobs.open(output.sets.unseen.blob)));
  if (rows.length === 0) {
    throw new AppError(
      "data-invalid",
      `Cannot simulate users of ${catalogue}: it has no unseen products. Ingest with --unseen SHARE`,
    );
  }
  const named = new Set(
    (await registry.feedback.pending(catalogue)).map((f) => `${f.designation}\0${f.description}`),
  );
  const fresh = rows.filter((row) => !named.has(`${row.designation}\0${row.description}`));
  return fresh.length > 0 ? fresh : rows;
}

/** Index of the pictures that the catalogue's raw files came with; null where they came without. */
async function imagesOf(registry: Registry, catalogue: string): Promise<string | null> {
  const settings = await registry.catalogues.settings(catalogue);
  return (settings["source"] as Source | undefined)?.images ?? null;
}

/** What the newest split wrote; kept in the catalogue's settings. */
async function splitOutput(registry: Registry, catalogue: string): Promise<SplitOutput | null> {
  const settings = await registry.catalogues.settings(catalogue);
  return (settings["split"] as SplitOutput | undefined) ?? null;
}

function parse<T>(schema: z.ZodType<T>, value: unknown, kind: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new AppError("input-invalid", `Cannot start ${kind}: ${z.prettifyError(result.error)}`);
}
