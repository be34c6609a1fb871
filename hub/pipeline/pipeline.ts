/**
 * One pipeline: from raw files (or a data set, or feedback) to a promoted bundle.
 *
 * It decides which stages follow each other and writes down what came out; the work itself is the stages'.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { BlobStore } from "../artifact/blob_store.ts";
import type { Source } from "../data/source.ts";
import type { Params } from "../params.ts";
import type { Registry } from "../registry/registry.ts";
import type { CodeVersions } from "./code_version.ts";
import { type CheckSummary, DatasetKeeper, requireUsable } from "./datasets.ts";
import { Judge } from "./judge.ts";
import type { PipelineEvent } from "./pipeline_events.ts";
import { Learner } from "./learner.ts";
import type { ReleaseSigner } from "./releases.ts";
import { RunRecorder } from "./run_recorder.ts";
import { packed } from "./packed_source.ts";
import { StageProcess } from "./stage_process.ts";
import { StageRunner } from "./stage_runner.ts";
import type { LabelErrorsOutput } from "./stage_values.ts";

/** How far a pipeline goes. */
export type PipelineGoal =
  | "check"
  | "ingest"
  | "merge"
  | "split"
  | "train"
  | "evaluate"
  | "promote";

/** What a pipeline is asked to do. */
export interface PipelineInput {
  readonly goal: PipelineGoal;
  /** Raw files, by digest; absent: the catalogue's newest data set. */
  readonly source?: Source | undefined;
  /** A data version of before, to learn from as then; absent: the newest. Only for the goal `train`. */
  readonly dataset?: string | undefined;
  /** Share of the products kept for simulated users; kept from before where it is absent. */
  readonly unseenShare?: number | undefined;
  /** Whether waiting feedback joins the data first. */
  readonly merge?: boolean | undefined;
  /** Whether training starts from the champion's weights. */
  readonly warm?: boolean | undefined;
  /** Stages that run even if nothing has changed. */
  readonly force?: readonly string[] | undefined;
}

/** What a pipeline came to. */
export interface PipelineResult {
  readonly catalogue: string;
  readonly ran: readonly string[];
  readonly runId: string | null;
  readonly report?: CheckSummary;
  readonly dataset?: string;
  readonly rows?: number;
  readonly setAside?: number;
  readonly merged?: number;
  readonly counts?: Readonly<Record<string, number>>;
  /** Rows of the train set that look mislabelled. */
  readonly labelErrors?: LabelErrorsOutput;
  readonly bundle?: string;
  readonly sizeBytes?: number;
  readonly metrics?: Readonly<Record<string, number>>;
  readonly verdict?: {
    readonly digest: string;
    readonly accept: boolean;
    readonly failed: readonly string[];
  };
  readonly promoted?: boolean;
  readonly champion?: string | null;
}

/** What pipelines work with; one for the life of a hub. */
export interface PipelineDeps {
  readonly registry: Registry;
  readonly blobs: BlobStore;
  readonly params: Params;
  readonly dataDir: string;
  readonly codeVersions: CodeVersions;
  readonly signer: ReleaseSigner;
  readonly nowMs: () => number;
}

/** Who runs the pipeline, and how it tells of it. */
export interface PipelineCall {
  readonly catalogue: string;
  readonly kind: string;
  readonly by: string;
  readonly jobId: string | null;
  readonly signal: AbortSignal;
  readonly emit: (event: PipelineEvent) => void;
}

/**
 * Runs the stages up to the goal; those whose inputs have not changed answer from before.
 *
 * @throws {AppError} what a stage refused; the run is then `failed`
 */
export async function runPipeline(
  deps: PipelineDeps,
  input: PipelineInput,
  call: PipelineCall,
): Promise<PipelineResult> {
  await using process = new StageProcess(deps.dataDir);
  const recorder = new RunRecorder({ ...deps, process }, call);
  const runner = new StageRunner({
    ...deps,
    process,
    signal: call.signal,
    force: new Set(input.force ?? []),
    emit: recorder.observe,
    onFirstRun: () => recorder.startIfNew(),
  });
  try {
    const result = await runStages(deps, input, call, runner, recorder);
    await recorder.finish();
    return { ...result, ran: recorder.ran, runId: recorder.runId };
  } catch (error) {
    await recorder.fail(error);
    throw error;
  }
}

async function runStages(
  deps: PipelineDeps,
  input: PipelineInput,
  call: PipelineCall,
  runner: StageRunner,
  recorder: RunRecorder,
): Promise<PipelineResult> {
  const { catalogue } = call;
  const context = { ...deps, ...call, runner, recorder };
  const keeper = new DatasetKeeper(context);
  let result: PipelineResult = { catalogue, ran: [], runId: null };

  if (input.source !== undefined) {
    const source = await packed(input.source, deps.blobs, runner);
    const report = await keeper.check(source);
    result = { ...result, report };
    if (input.goal === "check") return result;
    requireCodes(source);
    requireUsable(report);
    await keeper.ingest(source, input.unseenShare);
  } else if (input.goal === "check" || input.goal === "ingest") {
    throw new AppError("usage", `Cannot ${input.goal}: no files are named`);
  }
  if (input.merge) result = { ...result, merged: await keeper.merge() };
  const { unseenShare, source } = input;
  if (
    input.dataset !== undefined &&
    (input.goal !== "train" || source !== undefined || unseenShare !== undefined)
  ) {
    throw new AppError(
      "usage",
      "Cannot work on a data version of before: it is as it was, and is only trained on",
    );
  }
  const before = input.dataset !== undefined;
  const dataset = before ? await keeper.version(input.dataset) : await keeper.head();
  result = { ...result, dataset: dataset.dataset, rows: dataset.rows, setAside: dataset.setAside };
  if (input.goal === "ingest" || input.goal === "merge") return result;

  const split = before
    ? await keeper.splitOf(dataset)
    : await keeper.split(dataset, input.unseenShare);
  const counts = Object.fromEntries(
    Object.entries(split.sets).map(([name, set]) => [name, set.rows]),
  );
  result = { ...result, counts: { ...counts, setAside: split.setAside } };
  if (input.goal === "split") return result;

  const learned = await new Learner(context).learn(dataset, split, input.warm ?? false);
  const { labelErrors, bundle, sizeBytes } = learned;
  result = { ...result, labelErrors, bundle, sizeBytes };
  if (input.goal === "train") return result;

  const judge = new Judge(context);
  const judged = await judge.judge(learned, split, dataset);
  result = { ...result, metrics: judged.metrics, verdict: judged.verdict };
  if (input.goal === "evaluate") return result;

  const promoted = await judge.promote(learned.bundle, judged);
  const { champion } = await deps.registry.aliases.get(catalogue);
  return { ...result, promoted, champion };
}

/** Rows without a code teach nothing, and once in a split they would judge for ever. */
function requireCodes(source: Source): void {
  if (source.kind === "challenge" ? source.y !== null : source.label !== null) return;
  const lacks = source.kind === "challenge" ? "a codes file (y)" : "the column of the code (label)";
  throw new AppError("data-invalid", `Cannot ingest products without codes: name ${lacks} too`);
}
