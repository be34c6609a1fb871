/**
 * Scores params out-of-fold on a catalogue's train set: the train stage and what makes its inputs, and nothing packed or
 * judged.
 *
 * Gold is never read. A trial is a tracked run of its own; one that was made before answers from the stage cache and
 * leaves no second run.
 *
 * @module
 */
import type { Params } from "../params.ts";
import { DatasetKeeper } from "./datasets.ts";
import { Learner } from "./learner.ts";
import type { PipelineCall, PipelineDeps } from "./pipeline.ts";
import { RunRecorder } from "./run_recorder.ts";
import { StageProcess } from "./stage_process.ts";
import { StageRunner } from "./stage_runner.ts";

/** What a trial came to. */
export interface TrialScore {
  /** Null where nothing had to run. */
  readonly runId: string | null;
  /** Weighted F1 of what would be served, out-of-fold. */
  readonly score: number;
  /** Rows that were scored. */
  readonly rows: number;
}

/** Which params are tried, on how much. */
export interface Trial {
  readonly params: Params;
  /** Folds to score; all of them at most. */
  readonly folds: number;
}

/** Scores `trial`. @throws {AppError} what a stage refused; the run is then `failed` */
export async function scoreTrial(
  deps: PipelineDeps,
  trial: Trial,
  call: PipelineCall,
): Promise<TrialScore> {
  await using process = new StageProcess(deps.dataDir);
  const recorderOf = (params: Params) => new RunRecorder({ ...deps, params, process }, call);
  const runnerOf = (params: Params, recorder: RunRecorder) =>
    new StageRunner({
      ...deps,
      params,
      process,
      signal: call.signal,
      force: new Set(),
      emit: recorder.observe,
      onFirstRun: () => recorder.start(),
    });
  // The split is the catalogue's own: trials never move a row
  const first = recorderOf(deps.params);
  const keeper = new DatasetKeeper({
    ...deps,
    ...call,
    runner: runnerOf(deps.params, first),
    recorder: first,
  });
  const dataset = await keeper.head();
  const split = await keeper.split(dataset, undefined);
  const params = withFolds(trial, split.sets.train.rows);
  const recorder = recorderOf(params);
  recorder.dataset(dataset.dataset);
  const runner = runnerOf(params, recorder);
  try {
    const metrics = await new Learner({ ...deps, params, ...call, runner, recorder })
      .score(dataset, split);
    await recorder.finish();
    return { runId: recorder.runId, score: metrics["weightedF1"]!, rows: metrics["rows"]! };
  } catch (error) {
    await recorder.fail(error);
    throw error;
  }
}

/** The trial's params, held to its folds; the bound for large catalogues stays. */
function withFolds({ params, folds }: Trial, rows: number): Params {
  const { train } = params;
  // Folds differ by a few rows: half of one more is room enough, and never one too many
  const most = Math.ceil(rows * (Math.min(folds, train.folds) + 0.5) / train.folds);
  const oofMaxRows = folds >= train.folds ? train.oofMaxRows : Math.min(train.oofMaxRows, most);
  return { ...params, train: { ...train, oofMaxRows } };
}
