/**
 * Starts jobs for every door: input checked, files there, catalogue known.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { AppError } from "@aisle/shared/errors";
import {
  BackupJobInput,
  GarbageJobInput,
  InspectJobInput,
  PipelineJobInput,
  ReviewJobInput,
  ScoreJobInput,
  SimulateJobInput,
  type SourceInput,
  TrainJobInput,
  TuneJobInput,
} from "../scheduler/job_inputs.ts";
import { withParams } from "../params.ts";
import { findCatalogue } from "./catalogue_lookup.ts";
import { actorOf, type HubContext } from "./context.ts";
import { HUB_JOB_KINDS, type HubDeps, type HubJobKind, type Job, type JobKind } from "./ports.ts";
import type { RetryPolicy } from "../registry/jobs.ts";

/** What each kind of job may be asked. */
export const JOB_INPUTS: Readonly<Record<JobKind | HubJobKind, z.ZodType>> = {
  check: PipelineJobInput,
  ingest: PipelineJobInput,
  split: PipelineJobInput,
  train: TrainJobInput,
  evaluate: PipelineJobInput,
  pipeline: PipelineJobInput,
  merge: PipelineJobInput,
  retrain: PipelineJobInput,
  tune: TuneJobInput,
  simulate: SimulateJobInput,
  inspect: InspectJobInput,
  score: ScoreJobInput,
  backup: BackupJobInput,
  gc: GarbageJobInput,
  review: ReviewJobInput,
};

/** A job that somebody asks for. */
export interface JobOrder {
  readonly kind: JobKind | HubJobKind;
  /** Empty for a job of the hub itself. */
  readonly catalogue: string;
  readonly input: unknown;
  readonly timeoutMs?: number | null | undefined;
  readonly retry?: RetryPolicy | null | undefined;
  readonly scheduleId?: string | undefined;
}

/**
 * Queues a job in the name of whoever asks. A source makes a catalogue that is not there yet.
 *
 * @throws {AppError} `input-invalid`; `not-found` for an unknown catalogue; `data-invalid` when a file is missing
 */
export async function startJob(c: HubContext, order: JobOrder): Promise<Job> {
  const hub = c.get("hub"), { kind, catalogue, ...limits } = order;
  const input = checkJobInput(hub, kind, order.input);
  if (HUB_JOB_KINDS.some((known) => known === kind)) {
    // They know no catalogue.
  } else {
    if (input.source !== undefined) await requireFiles(hub, input.source);
    // What scores needs a catalogue; what teaches may begin one.
    if (input.source === undefined || kind === "score") await findCatalogue(hub, catalogue);
    else await hub.registry.catalogues.ensure(catalogue);
  }
  const asked = { ...limits, kind, catalogue, input, by: actorOf(c), key: c.get("jobKey") };
  const job = await hub.jobs.start(asked);
  const target = catalogue === "" ? "hub" : catalogue;
  c.set("auditNote", { target, details: { job: job.id, kind, input } });
  return job;
}

/**
 * What a job of `kind` is asked, checked where somebody reads the answer rather than by the job.
 *
 * @throws {AppError} `input-invalid`, `params-invalid`
 */
export function checkJobInput(
  hub: HubDeps,
  kind: JobKind | HubJobKind,
  asked: unknown,
): { readonly source?: SourceInput } {
  const parsed = JOB_INPUTS[kind].safeParse(asked ?? {});
  if (!parsed.success) {
    throw new AppError(
      "input-invalid",
      `Cannot start ${kind}: ${z.prettifyError(parsed.error).replaceAll(/\s*\n\s*/g, " ")}`,
    );
  }
  const input = parsed.data as { source?: SourceInput; params?: Record<string, unknown> };
  if (input.params !== undefined) withParams(hub.params, input.params);
  return input;
}

/** Refuses a source whose files were not sent before. */
async function requireFiles(hub: HubDeps, source: SourceInput): Promise<void> {
  const names = source.kind === "challenge" ? ["x", "y", "images"] : ["csv", "images"];
  for (const name of names) {
    const digest = (source as Readonly<Record<string, unknown>>)[name];
    if (typeof digest !== "string" || await hub.blobs.has(digest)) continue;
    throw new AppError(
      "data-invalid",
      `Cannot read source.${name}: the blob ${digest} is not stored here. Send it first: PUT /api/v1/blobs`,
    );
  }
}
