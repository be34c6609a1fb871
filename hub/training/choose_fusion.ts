/**
 * Chooses how text and picture are joined, and whether at all, by rows that no part of the choice was fitted on.
 *
 * The branches' scores are out-of-fold already; each candidate is fitted on some content groups of those rows and tried
 * on the others (nested cross-validation). Two weights win on small catalogues, a trained head on large ones; a head
 * must beat them by more than its own noise, and the fusion must beat the text, or it is not taken.
 *
 * @module
 */
import type { Calibration } from "@aisle/shared/bundle";
import { fitCalibration, judge, type Judged } from "../model/calibration.ts";
import { fitHead, fitLate, fuse, type Fusion, type FusionRows } from "../model/fusion.ts";
import { assignFolds } from "./folds.ts";
import { scoresOf } from "./out_of_fold.ts";

/** Settings of {@linkcode chooseFusion}. */
export interface FusionOptions {
  readonly folds: number;
  readonly seed: number;
  /** Pulls of the heads that are tried, in rows. */
  readonly ridges: readonly number[];
  readonly dropout: number;
  /** More classes than this have too many pairs for a head. */
  readonly maxHeadClasses: number;
}

/** How a candidate did on rows that it was not fitted on. */
export interface FusionTrial {
  /** `text`, `late` or `head` with its ridge. */
  readonly name: string;
  /** Mean negative log-likelihood of the true class. */
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
    /** Of the fused log-probabilities. */
    readonly calibration: Calibration;
    /** Nested guesses, calibrated: what the fused answers are worth. */
    readonly judged: Judged;
    /** Nested log-probabilities before the calibration, [rows x classes]. */
    readonly logs: Float32Array;
  } | null;
}

const HEAD_STEPS = 40;
/** Rows beyond which fewer folds and steps decide as well. */
const MANY_ROWS = 5_000, FEW_FOLDS = 3;
/** Standard errors by which a head must be better than two weights. */
const ERRORS_ABOVE = 1;
/** Gain in log-likelihood a row below which a head is not worth its numbers, however sure the gain. */
const LEAST_GAIN = 0.002;

interface Candidate {
  readonly name: string;
  readonly fit: (train: Int32Array) => Generator<void, Fusion>;
}

/** Tries all candidates on `rows`, whose content groups are `groups`; yields now and then. */
export function* chooseFusion(
  rows: FusionRows,
  groups: readonly string[],
  options: FusionOptions,
): Generator<void, FusionChoice> {
  const { classes, labels } = rows, count = labels.length;
  const text = trialOf("text", rows.text, labels, classes);
  const split = assignFolds({ groups, labels, classes }, {
    folds: count > MANY_ROWS ? Math.min(FEW_FOLDS, options.folds) : options.folds,
    seed: options.seed,
  });
  if (split.folds < 2) return { trials: [text], chosen: null };
  const all = Int32Array.from({ length: count }, (_, row) => row);
  const tried: { candidate: Candidate; trial: FusionTrial; logs: Float32Array }[] = [];
  for (const candidate of candidatesFor(rows, options)) {
    const logs = new Float32Array(count * classes), out = new Float64Array(classes);
    for (let fold = 0; fold < split.folds; fold++) {
      const fusion = yield* candidate.fit(all.filter((row) => split.foldOf[row] !== fold));
      for (const row of all) {
        if (split.foldOf[row] !== fold) continue;
        fuse(fusion, rows, row, out);
        logs.set(out, row * classes);
      }
    }
    tried.push({ candidate, trial: trialOf(candidate.name, logs, labels, classes), logs });
  }
  const [late, ...heads] = tried;
  const best = heads.reduce((a, b) => b.trial.loss < a.trial.loss ? b : a, heads[0] ?? late!);
  const winner = best !== late && surelyBetter(best.logs, late!.logs, labels, classes)
    ? best
    : late!;
  const trials = [text, ...tried.map(({ trial }) => trial)];
  if (!(winner.trial.weightedF1 > text.weightedF1)) return { trials, chosen: null };
  const scored = { scores: winner.logs, stride: classes, classes, labels };
  const calibration = fitCalibration(scored);
  return {
    trials,
    chosen: {
      name: winner.candidate.name,
      fusion: yield* winner.candidate.fit(all),
      calibration,
      judged: judge(scored, calibration),
      logs: winner.logs,
    },
  };
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
    ...options.ridges.map((ridge): Candidate => ({
      name: `head ${ridge}`,
      fit: (train) =>
        fitHead(rows, train, fitLate(rows, train), { ridge, dropout, seed, steps: HEAD_STEPS }),
    })),
  ];
}

function trialOf(
  name: string,
  logs: Float32Array,
  labels: Int32Array,
  classes: number,
): FusionTrial {
  const predicted = new Int32Array(labels.length);
  let loss = 0;
  labels.forEach((label, row) => {
    predicted[row] = bestOf(logs, row * classes, classes);
    loss -= logs[row * classes + label]!;
  });
  const { accuracy, weightedF1 } = scoresOf(predicted, labels, classes);
  return { name, loss: loss / Math.max(1, labels.length), accuracy, weightedF1 };
}

/** The first of the highest. */
function bestOf(logs: Float32Array, from: number, classes: number): number {
  let best = 0;
  for (let k = 1; k < classes; k++) if (logs[from + k]! > logs[from + best]!) best = k;
  return best;
}

/** Whether `a` is likelier than `b` by more than the noise of these rows. */
function surelyBetter(
  a: Float32Array,
  b: Float32Array,
  labels: Int32Array,
  classes: number,
): boolean {
  let sum = 0, squares = 0;
  labels.forEach((label, row) => {
    const gain = a[row * classes + label]! - b[row * classes + label]!;
    sum += gain;
    squares += gain * gain;
  });
  const mean = sum / labels.length;
  const error = Math.sqrt(Math.max(0, squares / labels.length - mean * mean) / labels.length);
  return mean > Math.max(LEAST_GAIN, ERRORS_ABOVE * error);
}
