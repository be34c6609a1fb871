/**
 * Trains a text model and what pictures add to it; where they add nothing, the text alone is kept, and why.
 *
 * Everything that is chosen is chosen by rows that the branches have not seen. The same input gives the same bits, also
 * when a run was broken off and resumed.
 *
 * @module
 */
import { sha256 } from "@aisle/shared/hash";
import { judge, type Judged } from "../model/calibration.ts";
import type { FusedModel } from "../model/fused_model.ts";
import type { Params } from "../params.ts";
import { type Cascade, chooseCascade } from "./cascade.ts";
import { checkpointToBytes, type FitCheckpoint } from "./checkpoint.ts";
import { chooseFusion, type FusionStep, type FusionTrial } from "./choose_fusion.ts";
import { breathe } from "./fit_runner.ts";
import { fitImageBranch, type ImageBranch, learnedImageBranch } from "./image_branch.ts";
import { likelyLabelErrors } from "./label_errors.ts";
import { chooseOutOfFold, figuresOutOfFold, scoresOf, threshold } from "./out_of_fold.ts";
import {
  type Branch,
  CALIBRATION_OF_LOGS,
  logsOf,
  servedScores,
  type SharedRows,
  sharedRows,
} from "./served_scores.ts";
import { runDigest, type TrainEvent, type TrainInput, type TrainOptions } from "./train_input.ts";
import type { TrainPictures } from "./train_pictures.ts";
import {
  phaseEvent,
  tellingTheEnd,
  TEXT_PHASES,
  type TextRun,
  textRun,
  type Trained,
} from "./train_text.ts";

/** Everything that a fused model is a function of. */
export interface TrainFusedInput extends TrainInput {
  readonly params: TrainInput["params"] & Pick<Params, "fusion" | "cascade">;
  readonly pictures: TrainPictures;
}

/** What was learned of pictures. */
export interface FusionReport {
  /** Train rows that have a picture, and those of them that both branches scored out-of-fold. */
  readonly pictures: number;
  readonly scored: number;
  /** Why the text alone is kept; null where both are better together. */
  readonly textAlone: string | null;
  /** Strength of the picture's head. */
  readonly c: number | null;
  readonly trials: readonly FusionTrial[];
  readonly chosen: string | null;
  /** Of the rows that both scored: weighted F1 by each branch and as served, and the share of pictures left unread. */
  readonly figures: Readonly<Record<string, number>>;
}

/** What training gives. */
export interface TrainedFused extends Trained {
  /** Null where the text alone is kept. */
  readonly fused: FusedModel | null;
  readonly report: FusionReport;
}

const PHASES = [...TEXT_PHASES, "pictures", "fusion"];
/** Longest stretch of work before the event loop has its turn. */
const SLICE_MS = 30;

/** Trains on `input.rows` and their pictures; see `trainText` for what it throws. */
export async function* trainFused(
  input: TrainFusedInput,
  options: TrainOptions,
): AsyncGenerator<TrainEvent, TrainedFused> {
  return yield* tellingTheEnd(options, async function* () {
    const text = yield* textRun(input, options, PHASES, () => fusedDigest(input));
    return yield* withPictures(text, input, options);
  });
}

async function* withPictures(
  run: TextRun,
  input: TrainFusedInput,
  options: TrainOptions,
): AsyncGenerator<TrainEvent, TrainedFused> {
  const { pictures, params } = input;
  const count = pictures.pictureOf.filter((picture) => picture >= 0).length;
  const alone = (why: string, more: Partial<FusionReport> = {}): TrainedFused => {
    const { labelErrorConfidence } = params.train;
    const report = { pictures: count, scored: 0, c: null, trials: [], chosen: null, figures: {} };
    return {
      model: run.model,
      labelErrors: likelyLabelErrors(
        run.heldOut,
        run.rows,
        run.model.calibration,
        labelErrorConfidence,
      ),
      fused: null,
      report: { ...report, ...more, textAlone: why },
    };
  };
  if (count < params.fusion.minRows) {
    return alone(
      `${count} train rows have a picture; at least ${params.fusion.minRows} are asked for`,
    );
  }
  yield phaseEvent(PHASES, 3);
  const branch = yield* imageBranch(run, input, options);
  yield phaseEvent(PHASES, 4);
  const text = branchOf(run.heldOut, run.model.calibration);
  const imageChoice = chooseOutOfFold(branch.heldOut.scored, params.evaluate);
  const image = branchOf(branch.heldOut, imageChoice.calibration);
  const hasText = (row: number) => run.rows.texts[row]!.trim() !== "";
  const shared = sharedRows(text, image, hasText);
  const found = yield* slices(
    chooseFusion(shared, Array.from(shared.rows, (row) => run.rows.groups[row]!), {
      ...params.fusion,
      folds: params.train.folds,
    }),
    options,
  );
  const { trials, chosen } = found;
  for (const { name, loss, weightedF1 } of trials) {
    yield {
      type: "log",
      message: `${name}: weighted F1 ${weightedF1.toFixed(4)}, loss ${loss.toFixed(4)}`,
    };
  }
  const report = { scored: shared.rows.length, c: branch.c, trials };
  if (chosen === null) {
    const best = trials.slice(1).reduce((a, b) => Math.max(a, b.weightedF1), 0);
    return alone(
      `no way to join it with pictures is surely better: the best has weighted F1 ${
        best.toFixed(4)
      } out-of-fold, the text ${trials[0]!.weightedF1.toFixed(4)}`,
      { ...report, figures: figuresOf(shared, null) },
    );
  }
  const textJudged = judge(scoredLogs(shared.text, shared), CALIBRATION_OF_LOGS);
  const cascade = chooseCascade(textJudged, chosen.judged, shared, params.cascade);
  const fusedLogs = logsOf(scoredLogs(chosen.scores, shared), chosen.calibration);
  const fusedOf = new Map<number, Float32Array>(), doubtful = new Map<number, Float32Array>();
  shared.rows.forEach((row, i) => {
    const own = fusedLogs.subarray(i * shared.classes, (i + 1) * shared.classes);
    fusedOf.set(row, own);
    const sure = cascade.confidence !== null && textJudged.confidence[i]! >= cascade.confidence;
    if (!sure) doubtful.set(row, own);
  });
  const served = servedScores(text, image, { fused: doubtful, hasText });
  const { thresholds, oof } = figuresOutOfFold(served.scored, CALIBRATION_OF_LOGS, params.evaluate);
  const figures = figuresOf(shared, { fused: chosen.judged, text: textJudged, cascade });
  for (const [name, value] of Object.entries(figures)) {
    yield { type: "metric", name: `oof.${name}`, step: 1, value };
  }
  const imageJudged = judge(branch.heldOut.scored, imageChoice.calibration);
  const auto = threshold(
    imageJudged,
    branch.heldOut.scored.labels,
    params.evaluate.autoPrecision,
  );
  return {
    model: run.model,
    labelErrors: likelyLabelErrors(
      servedScores(text, image, { fused: fusedOf, hasText }),
      run.rows,
      CALIBRATION_OF_LOGS,
      params.train.labelErrorConfidence,
    ),
    fused: {
      encoder: pictures.encoder,
      handmade: branch.roots ? pictures.handmade : null,
      image: branch.model,
      roots: branch.roots,
      imageCalibration: imageChoice.calibration,
      fusion: chosen.fusion,
      fusionCalibration: chosen.calibration,
      cascade: { ...cascade, maxLoss: params.cascade.maxLoss },
      autoConfidence: auto.confidence,
      thresholds,
      oof,
    },
    report: { ...report, pictures: count, textAlone: null, chosen: chosen.name, figures },
  };
}

/** The picture's branch, with a checkpoint after every fit. */
async function* imageBranch(
  run: TextRun,
  input: TrainFusedInput,
  options: TrainOptions,
): AsyncGenerator<TrainEvent, ImageBranch> {
  const { pictures, params } = input;
  if (pictures.learned !== null) return learnedImageBranch(pictures, run.rows);
  const digest = fusedDigest(input);
  const done: FitCheckpoint[] = run.fits.map((fit) => fit.saved);
  const saved = run.saved.filter(({ id, done }) => done && id.startsWith("image "));
  done.push(...saved);
  const steps = fitImageBranch({
    pictures,
    labels: run.rows.labels,
    classes: run.rows.classes.length,
    folds: run.fits.filter(({ id }) => id !== "final"),
    params: params.fusion,
    saved,
  }, options);
  try {
    for (;;) {
      const step = await steps.next();
      if (step.done) return step.value;
      if (step.value.type === "progress") yield step.value;
      else {
        done.push(step.value.fit);
        yield { type: "checkpoint", bytes: checkpointToBytes(digest, done) };
      }
    }
  } finally {
    // Whoever stops reading lets the Workers go
    await steps.return(undefined as never);
  }
}

/** Drives the choice to its end, telling how far it is and giving way to the event loop now and then. */
async function* slices<R>(
  work: Generator<FusionStep, R>,
  { signal, nowMs }: TrainOptions,
): AsyncGenerator<TrainEvent, R> {
  await breathe(signal);
  for (let sinceMs = nowMs();;) {
    const step = work.next();
    if (step.done) return step.value;
    if (step.value) yield { type: "progress", ...step.value };
    if (nowMs() - sinceMs < SLICE_MS) continue;
    await breathe(signal);
    sinceMs = nowMs();
  }
}

function branchOf(heldOut: Branch["heldOut"], calibration: Branch["calibration"]): Branch {
  return { heldOut, calibration, logs: logsOf(heldOut.scored, calibration) };
}

function scoredLogs(scores: Float32Array, { classes, labels }: SharedRows) {
  return { scores, stride: classes, classes, labels };
}

/** Weighted F1 of each branch and of what is served, of the rows that both branches scored. */
function figuresOf(
  shared: SharedRows,
  chosen: { readonly text: Judged; readonly fused: Judged; readonly cascade: Cascade } | null,
): Record<string, number> {
  const { labels, classes } = shared;
  const f1 = (predicted: Int32Array) => scoresOf(predicted, labels, classes).weightedF1;
  const by = (logs: Float32Array) => judge(scoredLogs(logs, shared), CALIBRATION_OF_LOGS).predicted;
  const figures = { textWeightedF1: f1(by(shared.text)), imageWeightedF1: f1(by(shared.image)) };
  if (chosen === null) return figures;
  const { text, fused, cascade } = chosen;
  const served = fused.predicted.map((guess, i) =>
    cascade.confidence !== null && text.confidence[i]! >= cascade.confidence
      ? text.predicted[i]!
      : guess
  );
  return {
    ...figures,
    fusedWeightedF1: f1(fused.predicted),
    servedWeightedF1: f1(served),
    picturesSkipped: cascade.skipped,
  };
}

/** Name of all that the fits depend on; pictures by their encoder's id, which names what it made of them. */
function fusedDigest(input: TrainFusedInput): string {
  const { pictures, params } = input;
  const { encoder, handmade, pictureOf, learned } = pictures;
  return sha256(JSON.stringify([
    runDigest(input),
    params.fusion,
    encoder.id,
    handmade,
    learned === null,
    sha256(new Uint8Array(pictureOf.buffer, pictureOf.byteOffset, pictureOf.byteLength)),
  ]));
}
