/**
 * The job that scores a file: in the stage process, so that neither hub nor its database wait for it.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { labelMergesOf } from "../pipeline/datasets.ts";
import { packed } from "../pipeline/packed_source.ts";
import type { PipelineDeps } from "../pipeline/pipeline.ts";
import { StageProcess } from "../pipeline/stage_process.ts";
import { StageRunner } from "../pipeline/stage_runner.ts";
import type { ScoreInput, ScoreOutput } from "../pipeline/stage_values.ts";
import type { NewJobEvent } from "../registry/jobs.ts";
import type { ScoreJobInput } from "./job_inputs.ts";
import type { JobWork } from "./job_runner.ts";

/** Scores the source by the champion or the bundle that is named. The same question again is answered from before. */
export async function runScoring(
  deps: PipelineDeps,
  { job, registry, signal, emit }: JobWork,
  input: ScoreJobInput,
): Promise<ScoreOutput> {
  const { catalogue } = job;
  const bundle = input.bundle ?? (await registry.aliases.get(catalogue)).champion;
  if (bundle === null) {
    throw new AppError(
      "not-found",
      `Cannot score: the catalogue ${catalogue} has no champion yet. Train it first`,
    );
  }
  const labels = await registry.labels.list(catalogue);
  await using process = new StageProcess(deps.dataDir);
  const runner = new StageRunner({
    ...deps,
    registry,
    process,
    signal,
    force: new Set(),
    emit: (event) => emit(event as unknown as NewJobEvent),
    onFirstRun: () => Promise.resolve(),
  });
  const order: ScoreInput = {
    source: await packed(input.source, deps.blobs, runner),
    bundle,
    labelMerges: labelMergesOf(labels),
    names: Object.fromEntries(labels.labels.map(({ code, name }) => [code, name])),
  };
  return await runner.run<ScoreOutput>("score", order);
}
