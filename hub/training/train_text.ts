/**
 * Trains a text model: count, fit all rows and the folds, choose out-of-fold, assemble.
 *
 * A generator of events that ends in the model; it prints nothing, writes nothing and reads no clock of its own.
 * The same input gives the same bits, whatever the number of Workers, and also when a run was broken off and resumed.
 *
 * @module
 */
import { type FeatureRecipe, type FeatureSpec, sameHashing } from "@aisle/shared/features";
import { recipeFrom } from "../features/fit.ts";
import { Arena } from "../model/arena.ts";
import { strideOf } from "../model/fit_place.ts";
import type { TextModel } from "../model/text_model.ts";
import { checkpointFromBytes, type FitCheckpoint } from "./checkpoint.ts";
import { finalSpec } from "./fit_lane.ts";
import { planFits, type PlannedFit, resumeFits } from "./fit_plan.ts";
import { breathe } from "./fit_runner.ts";
import { type HeldOut, type LabelError, likelyLabelErrors } from "./label_errors.ts";
import { chooseOutOfFold } from "./out_of_fold.ts";
import { type PreparedRows, prepareRows } from "./prepare.ts";
import { runFits } from "./run_fits.ts";
import { cancelled } from "./task_worker.ts";
import { fitSentenceBranch, type SentenceBranch } from "./sentence_branch.ts";
import {
  type LabelledRows,
  labelRows,
  runDigest,
  type TrainEvent,
  type TrainInput,
  type TrainOptions,
} from "./train_input.ts";

/** What training gives. */
export interface Trained {
  readonly model: TextModel;
  /** Rows whose out-of-fold guess surely disagrees with their code, worst first; no part of the model. */
  readonly labelErrors: readonly LabelError[];
}

const PROGRESS_MS = 30;
/** What a text model goes through. */
export const TEXT_PHASES = ["features", "fit", "choose"] as const;

/**
 * Trains on `input.rows`.
 *
 * @throws {AppError} `data-invalid` for rows that teach nothing, `cancelled` after an abort
 */
export async function* trainText(
  input: TrainInput,
  options: TrainOptions,
): AsyncGenerator<TrainEvent, Trained> {
  return yield* tellingTheEnd(options, async function* () {
    const { model, heldOut, rows } = yield* textRun(input, options, TEXT_PHASES);
    const { labelErrorConfidence } = input.params.train;
    return {
      model,
      labelErrors: likelyLabelErrors(heldOut, rows, model.calibration, labelErrorConfidence),
    };
  });
}

/** `work`, followed by how it ended. */
export async function* tellingTheEnd<R>(
  { signal }: TrainOptions,
  work: () => AsyncGenerator<TrainEvent, R>,
): AsyncGenerator<TrainEvent, R> {
  try {
    const result = yield* work();
    yield { type: "stopped", why: "done" };
    return result;
  } catch (error) {
    if (signal.aborted) yield { type: "stopped", why: "cancelled" };
    throw error;
  }
}

/** A text model, and what a fused one goes on with. */
export interface TextRun {
  readonly model: TextModel;
  readonly rows: LabelledRows;
  readonly heldOut: HeldOut;
  /** All done; each fold's rows. */
  readonly fits: readonly PlannedFit[];
  /** What the checkpoint that the run went on from held, of whichever fits. */
  readonly saved: readonly FitCheckpoint[];
}

/**
 * Trains the text model; `phases` names all of the run's phases, of which the first three are the text's.
 *
 * @param runName names all that the run's checkpoint depends on
 */
export async function* textRun(
  input: TrainInput,
  options: TrainOptions,
  phases: readonly string[],
  runName: () => string = () => runDigest(input),
): AsyncGenerator<TrainEvent, TextRun> {
  const phase = (step: number): TrainEvent => phaseEvent(phases, step);
  const rows = labelRows(input.rows), { params } = input;
  const recipe = recipeFrom(params.text);
  const arena = new Arena();

  yield phase(0);
  const prepared = yield* countRows(rows, recipe, arena, options);

  yield phase(1);
  const fits = planFits(rows, params.train);
  await breathe(options.signal);
  const digest = runName();
  await breathe(options.signal);
  let before: readonly FitCheckpoint[] = [];
  if (input.resume !== null) {
    const saved = checkpointFromBytes(input.resume, digest);
    if ("fits" in saved) resumeFits(fits, before = saved.fits);
    else yield log(`starting anew: ${saved.unusable}`);
  }
  const warm = input.warm !== null && sameHashing(input.warm.spec, recipe) ? input.warm : null;
  if (input.warm !== null && warm === null) {
    yield log("the former model has other features: starting from zero");
  }
  const context = { arena, prepared, classes: rows.classes, params: params.train, warm };
  yield* runFits(fits, context, digest, options);

  yield phase(2);
  const ngrams = heldOutScores(fits, rows);
  const { heldOut, head } = yield* withSentences(ngrams, fits, rows, input, options);
  const choice = chooseOutOfFold(heldOut.scored, params.evaluate);
  for (const name of ["rows", "accuracy", "weightedF1", "macroF1", "ece"] as const) {
    yield { type: "metric", name: `oof.${name}`, step: 1, value: choice.oof[name] };
  }
  const spec = finalSpec(recipe, { arena, prepared });
  return {
    model: {
      classes: rows.classes,
      spec,
      ...finalWeights(fits, rows, spec, prepared),
      ...choice,
      ...(head && { sentences: head }),
    },
    rows,
    heldOut,
    fits,
    saved: before,
  };
}

/** The scores of `ngrams` with what a sentence encoder adds to them, where there is one and it helps. */
async function* withSentences(
  ngrams: HeldOut,
  fits: readonly PlannedFit[],
  rows: LabelledRows,
  { sentences, params }: TrainInput,
  { signal }: TrainOptions,
): AsyncGenerator<TrainEvent, Pick<SentenceBranch, "heldOut" | "head">> {
  if (!sentences) return { heldOut: ngrams, head: null };
  const work = fitSentenceBranch({
    sentences,
    labels: rows.labels,
    classes: rows.classes.length,
    folds: fits.filter((fit) => fit.id !== "final"),
    heldOut: ngrams,
    seed: params.train.seed,
  });
  for (;;) {
    const step = work.next();
    await breathe(signal);
    if (!step.done) continue;
    const { head, weight, loss } = step.value;
    const losses = `loss ${loss.both.toFixed(4)} with it, ${loss.ngrams.toFixed(4)} without`;
    yield log(
      head === null
        ? `${sentences.encoder.name} is left out: ${losses}, out-of-fold`
        : `${sentences.encoder.name} counts ${weight} beside the n-grams: ${losses}, out-of-fold`,
    );
    yield {
      type: "metric",
      name: "oof.sentenceWeight",
      step: 1,
      value: head === null ? 0 : weight,
    };
    return step.value;
  }
}

/** Counts the rows, reporting progress. */
async function* countRows(
  rows: LabelledRows,
  recipe: FeatureRecipe,
  arena: Arena,
  { signal, nowMs }: TrainOptions,
): AsyncGenerator<TrainEvent, PreparedRows> {
  const total = rows.texts.length;
  const work = prepareRows(
    recipe,
    { texts: rows.texts, labels: rows.labels, classes: rows.classes.length },
    arena,
  );
  for (let since = nowMs();;) {
    if (signal.aborted) throw cancelled();
    const step = work.next();
    if (step.done) {
      yield { type: "progress", done: total, total };
      return step.value;
    }
    if (nowMs() - since < PROGRESS_MS) continue;
    yield { type: "progress", done: step.value, total };
    await breathe(signal);
    since = nowMs();
  }
}

/** The folds' scores side by side; no rows where there were no folds. */
function heldOutScores(fits: readonly PlannedFit[], rows: LabelledRows): HeldOut {
  const folds = fits.filter((fit) => fit.id !== "final");
  const classes = rows.classes.length, stride = strideOf(classes);
  const held = folds.flatMap((fit) => Array.from(fit.held));
  const scores = new Float32Array(held.length * stride);
  let at = 0;
  for (const { saved: { arrays: [part] } } of folds) {
    scores.set(part!, at);
    at += part!.length;
  }
  const labels = Int32Array.from(held, (row) => rows.labels[row]!);
  return { rows: Int32Array.from(held), scored: { scores, stride, classes, labels } };
}

/** Weights by bucket and class, without the columns that pad a stride. */
function finalWeights(
  fits: readonly PlannedFit[],
  rows: LabelledRows,
  spec: FeatureSpec,
  { buckets }: PreparedRows,
): Pick<TextModel, "weights" | "bias"> {
  const [fitted, bias] = fits[0]!.saved.arrays;
  const classes = rows.classes.length, stride = strideOf(classes);
  const weights = new Float32Array(spec.idf.length * classes);
  buckets.forEach((bucket, feature) => {
    const from = feature * stride;
    weights.set(fitted!.subarray(from, from + classes), bucket * classes);
  });
  return { weights, bias: bias!.slice(0, classes) };
}

/** Phase number `step` (from 0) of `phases` begins. */
export function phaseEvent(phases: readonly string[], step: number): TrainEvent {
  return { type: "phase", name: phases[step]!, step: step + 1, of: phases.length };
}

function log(message: string): TrainEvent {
  return { type: "log", message };
}
