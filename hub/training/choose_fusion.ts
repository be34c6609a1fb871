/**
 * Chooses how text and picture are joined, and whether at all, by rows that no part of the choice was fitted on.
 *
 * The branches' scores are out-of-fold already; each candidate is fitted on some content groups of those rows and tried
 * on the others (nested cross-validation). Two weights win on small catalogues, richer ways on large ones, which must
 * be right more often by more than their noise; and the fusion must beat the text, or it is not taken.
 *
 * @module
 */
import type { Calibration } from "@aisle/shared/bundle";
import {
  fitCalibration,
  judge,
  type Judged,
  meanLoss,
  type ScoredRows,
} from "../model/calibration.ts";
import { fitHead, fitLate, fuse, type Fusion, type FusionRows } from "../model/fusion.ts";
import { fitStack } from "../model/stack.ts";
import { assignFolds } from "./folds.ts";
import { scoresOf } from "./out_of_fold.ts";
import { CALIBRATION_OF_LOGS } from "./served_scores.ts";

/** Settings of {@linkcode chooseFusion}. */
export interface FusionOptions {
  readonly folds: number;
  readonly seed: number;
  /** Pulls of the heads that are tried, in rows. */
  readonly ridges: readonly number[];
  /** Inverse strengths of the stacks that are tried. */
  readonly stacks: readonly number[];
  readonly dropout: number;
  /** More classes than this have too many pairs for a head. */
  readonly maxHeadClasses: number;
}

/** How a candidate did on rows that it was not fitted on. */
export interface FusionTrial {
  /** `text`, `late`, `head` with its ridge, `stack` with its strength. */
  readonly name: string;
  /** Mean negative log-likelihood of the true class, calibrated. */
  readonly loss: number;
  readonly accuracy: number;
  readonly weightedF1: number;
}

/** What was chosen. */
export interface FusionChoice {
  readonly trials: readonly FusionTrial[];
  /** Null where no candidate beat the text. */
  readonly chosen: {
    readonly name: string;
    readonly fusion: Fusion;
    /** Of the fused scores. */
    readonly calibration: Calibration;
    /** Nested guesses, calibrated: what the fused answers are worth. */
    readonly judged: Judged;
    /** Nested scores before the calibration, [rows x classes]. */
    readonly scores: Float32Array;
  } | null;
}

const HEAD_STEPS = 40;
/** Rows beyond which fewer folds and steps decide as well. */
const MANY_ROWS = 5_000, FEW_FOLDS = 3;
/** Rows x classes^2 beyond which fitting heads takes minutes; stacks are fast anyway. */
const MOST_HEAD_WORK = 3e7;
/** Standard errors by which a richer way must be right more often than two weights. */
const ERRORS_ABOVE = 1;

interface Candidate {
  readonly name: string;
  readonly fit: (train: Int32Array) => Generator<void, Fusion>;
}

/** How far the choice is, in fits; undefined where there is nothing new to tell. */
export type FusionStep = { readonly done: number; readonly total: number } | void;

/** Tries all candidates on `rows`, whose content groups are `groups`; yields now and then. */
export function* chooseFusion(
  rows: FusionRows,
  groups: readonly string[],
  options: FusionOptions,
): Generator<FusionStep, FusionChoice> {
  const { classes, labels } = rows, count = labels.length;
  const scoredBy = (scores: Float32Array): ScoredRows => ({
    scores,
    stride: classes,
    classes,
    labels,
  });
  const text = trialOf("text", scoredBy(rows.text), CALIBRATION_OF_LOGS);
  const split = assignFolds({ groups, labels, classes }, {
    folds: count > MANY_ROWS ? Math.min(FEW_FOLDS, options.folds) : options.folds,
    seed: options.seed,
  });
  if (split.folds < 2) return { trials: [text.trial], chosen: null };
  const all = Int32Array.from({ length: count }, (_, row) => row);
  const tried: Tried[] = [];
  const candidates = candidatesFor(rows, options);
  for (const [c, candidate] of candidates.entries()) {
    const scores = new Float32Array(count * classes), out = new Float64Array(classes);
    for (let fold = 0; fold < split.folds; fold++) {
      yield { done: c * split.folds + fold, total: candidates.length * split.folds + 1 };
      const fusion = yield* candidate.fit(all.filter((row) => split.foldOf[row] !== fold));
      for (const row of all) {
        if (split.foldOf[row] !== fold) continue;
        fuse(fusion, rows, row, out);
        scores.set(out, row * classes);
      }
    }
    const scored = scoredBy(scores), calibration = fitCalibration(scored);
    tried.push({ candidate, scores, calibration, ...trialOf(candidate.name, scored, calibration) });
  }
  const [late, ...richer] = tried;
  const best = richer.reduce((a, b) => b.trial.accuracy > a.trial.accuracy ? b : a, late!);
  const winner = surelyBetter(best.judged, late!.judged, labels) ? best : late!;
  const trials = [text, ...tried].map(({ trial }) => trial);
  if (!(winner.trial.weightedF1 > text.trial.weightedF1)) return { trials, chosen: null };
  const { candidate, calibration, judged, scores } = winner;
  const fusion = yield* candidate.fit(all);
  return { trials, chosen: { name: candidate.name, fusion, calibration, judged, scores } };
}

/** A candidate and what it said of rows that it was not fitted on. */
interface Tried extends Trial {
  readonly candidate: Candidate;
  readonly scores: Float32Array;
  readonly calibration: Calibration;
}

interface Trial {
  readonly trial: FusionTrial;
  readonly judged: Judged;
}

function candidatesFor(rows: FusionRows, options: FusionOptions): Candidate[] {
  const late: Candidate = {
    name: "late",
    // deno-lint-ignore require-yield -- two numbers take no time
    fit: function* (train) {
      return fitLate(rows, train);
    },
  };
  if (rows.classes > options.maxHeadClasses) return [late];
  const { dropout, seed } = options;
  return [
    late,
    ...(rows.labels.length * rows.classes ** 2 > MOST_HEAD_WORK ? [] : options.ridges).map((
      ridge,
    ): Candidate => ({
      name: `head ${ridge}`,
      fit: (train) =>
        fitHead(rows, train, fitLate(rows, train), { ridge, dropout, seed, steps: HEAD_STEPS }),
    })),
    ...options.stacks.map((c): Candidate => ({
      name: `stack ${c}`,
      fit: (train) => fitStack(rows, train, { c, seed }),
    })),
  ];
}

function trialOf(name: string, scored: ScoredRows, calibration: Calibration): Trial {
  const judged = judge(scored, calibration);
  const { accuracy, weightedF1 } = scoresOf(judged.predicted, scored.labels, scored.classes);
  const loss = meanLoss(scored, calibration);
  return { judged, trial: { name, loss, accuracy, weightedF1 } };
}

/** Whether `a` is right more often than `b` by more than the noise of these rows. */
function surelyBetter(a: Judged, b: Judged, labels: Int32Array): boolean {
  let onlyA = 0, onlyB = 0;
  labels.forEach((label, row) => {
    const right = a.predicted[row] === label, other = b.predicted[row] === label;
    if (right && !other) onlyA++;
    if (other && !right) onlyB++;
  });
  // Of the rows that tell them apart each goes either way by chance: McNemar
  return onlyA - onlyB > ERRORS_ABOVE * Math.sqrt(onlyA + onlyB);
}
