/**
 * A sentence encoder beside the n-grams: a linear head on its vectors, whose scores are added to theirs.
 *
 * Head and weight are chosen by rows that neither has seen, by the folds of the n-grams. An encoder that does not help
 * by more than its own noise is left out, and the bundle does without it.
 *
 * @module
 */
import { confidences } from "@aisle/shared/bundle";
import { fitCalibration, type ScoredRows } from "../model/calibration.ts";
import { DenseFit, type DenseModel, type DenseRows } from "../model/dense.ts";
import type { SentenceHead } from "../model/sentence_head.ts";
import type { HeldOut } from "./label_errors.ts";

/** Vectors of the rows that are trained on, by an encoder that has not learned from them. */
export interface TrainSentences {
  readonly encoder: SentenceHead["encoder"];
  /** [rows x dims] */
  readonly values: Float32Array;
}

/** What {@linkcode fitSentenceBranch} works on. */
export interface SentenceBranchInput {
  readonly sentences: TrainSentences;
  readonly labels: Int32Array;
  readonly classes: number;
  /** Rows trained on and scored, by fold; their scored rows in order are those of `heldOut`. */
  readonly folds: readonly { readonly train: Int32Array; readonly held: Int32Array }[];
  /** Scores of the n-grams. */
  readonly heldOut: HeldOut;
  readonly seed: number;
}

/** What came of it. */
export interface SentenceBranch {
  /** Null where the n-grams alone are better. */
  readonly head: SentenceHead | null;
  /** Scores of both together; the n-grams' own where there is no head. */
  readonly heldOut: HeldOut;
  /** How much the head counts beside the n-grams. */
  readonly weight: number;
  /** Mean negative log-likelihood of the true class, calibrated: of the n-grams, and of the best pair. */
  readonly loss: { readonly ngrams: number; readonly both: number };
}

/** Weights that are tried; 0 is the n-grams alone. */
const WEIGHTS = [0.125, 0.25, 0.5, 1, 2];
/** Vectors are scaled so that this strength is about right for any encoder. */
const STRENGTH = 1;
const PASSES = 10, TOLERANCE = 0.1;
/** Rows between two yields: a few milliseconds. */
const SLICE_ROWS = 256;

/** Fits the branch; yields now and then so that the caller can breathe. */
export function* fitSentenceBranch(input: SentenceBranchInput): Generator<void, SentenceBranch> {
  const { sentences, labels, classes, folds, heldOut } = input;
  const { dims } = sentences.encoder;
  const rows: DenseRows = { dims, classes, values: sentences.values, labels };
  const own = new Float32Array(heldOut.rows.length * classes);
  let at = 0;
  for (const { train, held } of folds) {
    const fit = yield* fitted(rows, train, input.seed);
    for (const row of held) {
      own.set(fit.scoresOf(row).subarray(0, classes), classes * at++);
      if (at % SLICE_ROWS === 0) yield;
    }
  }
  const alone = rowLosses(heldOut.scored);
  const none: SentenceBranch = {
    head: null,
    heldOut,
    weight: 0,
    loss: { ngrams: mean(alone), both: mean(alone) },
  };
  if (alone.length === 0) return none;
  let best = none, bestLosses = alone;
  for (const weight of WEIGHTS) {
    const scored = joined(heldOut.scored, own, weight);
    const losses = rowLosses(scored);
    yield;
    if (mean(losses) >= best.loss.both) continue;
    bestLosses = losses;
    best = {
      head: null,
      heldOut: { rows: heldOut.rows, scored },
      weight,
      loss: { ngrams: mean(alone), both: mean(losses) },
    };
  }
  const gains = alone.map((loss, i) => loss - bestLosses[i]!);
  if (best.weight === 0 || mean(gains) <= standardError(gains)) {
    return { ...none, loss: best.loss };
  }
  const all = Int32Array.from(labels.keys());
  const model = (yield* fitted(rows, all, input.seed)).model();
  return { ...best, head: headOf(sentences.encoder, model, best.weight) };
}

function* fitted(rows: DenseRows, train: Int32Array, seed: number): Generator<void, DenseFit> {
  const fit = new DenseFit(rows, train, { c: STRENGTH, seed });
  for (let pass = 0; pass < PASSES; pass++) {
    const work = fit.pass(pass, SLICE_ROWS);
    let step = work.next();
    for (; !step.done; step = work.next()) yield;
    if (step.value.violation < TOLERANCE) break;
  }
  return fit;
}

function headOf(
  encoder: SentenceHead["encoder"],
  { weights, bias }: DenseModel,
  weight: number,
): SentenceHead {
  return {
    encoder,
    weights: weights.map((value) => value * weight),
    bias: bias.map((value) => value * weight),
  };
}

/** `scored` with `weight` times `own` [rows x classes] added. */
function joined(scored: ScoredRows, own: Float32Array, weight: number): ScoredRows {
  const { stride, classes, labels } = scored, scores = scored.scores.slice();
  labels.forEach((_, row) => {
    for (let k = 0; k < classes; k++) {
      scores[row * stride + k]! += weight * own[row * classes + k]!;
    }
  });
  return { ...scored, scores };
}

/** Negative log-likelihood of every row's class under the calibration that fits them best. */
function rowLosses(rows: ScoredRows): Float64Array {
  const calibration = fitCalibration(rows), p = new Float64Array(rows.classes);
  return Float64Array.from(rows.labels, (label, row) => {
    confidences(rows.scores, calibration, p, row * rows.stride);
    return -Math.log(Math.max(p[label]!, Number.MIN_VALUE));
  });
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

function standardError(values: Float64Array): number {
  const middle = mean(values);
  const variance = mean(values.map((value) => (value - middle) ** 2));
  return Math.sqrt(variance / Math.max(1, values.length - 1));
}
