/**
 * The stages of jobs, for every door: what the jobs told, folded.
 *
 * @module
 */
import { foldStages, type JobStage } from "../pipeline/job_stages.ts";
import { STAGED_KINDS } from "../pipeline/stage_plan.ts";
import type { Registry } from "../registry/registry.ts";
import type { Job } from "./ports.ts";

export type { JobStage };

/** Stages by job, for every one of `jobs`; one query for all. */
export async function stagesOf(
  registry: Registry,
  jobs: readonly Job[],
): Promise<ReadonlyMap<string, readonly JobStage[]>> {
  const told = await registry.jobs.stageEvents(jobs.map((job) => job.id));
  return new Map(jobs.map((job) => [job.id, foldStages(job, told.get(job.id) ?? [])]));
}

/** The newest jobs of a catalogue that run a pipeline, newest first. */
export async function stagedJobs(
  registry: Registry,
  catalogue: string,
  limit: number,
): Promise<Job[]> {
  const pages = await Promise.all(
    STAGED_KINDS.map((kind) => registry.jobs.list({ catalogue, kind, limit })),
  );
  return pages.flatMap((page) => page.items)
    .toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1)).slice(0, limit);
}
