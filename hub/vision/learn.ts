/**
 * Trains a network of pictures twice: without a fold of held-out rows, which tells how long to train and gives honest
 * scores, then again on every row for as long.
 *
 * What has seen a row's label cannot judge it: calibration and fusion are fitted on the held-out rows only, by the
 * scores of the network that never saw them. The network that serves is the second one.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { Executor } from "../training/network/mod.ts";
import {
  type Batch,
  batchRows,
  type LearningSettings,
  mixSeeds,
  type Network,
  type NetworkEvent,
  planTraining,
  type Predict,
  scheduleOf,
  stepRandom,
  stepsPerEpoch,
  type TrainedNetwork,
  type TrainingProgram,
  trainNetwork,
} from "../training/network/mod.ts";
import { assignFolds } from "../training/folds.ts";
import { type HeldOut, LearnCheckpoint } from "./learn_checkpoint.ts";
import { accuracyOf, softTargets } from "./targets.ts";

/** Rows that have a picture. */
export interface PictureRows {
  readonly count: number;
  /** Class by row. */
  readonly labels: Int32Array;
  readonly classes: number;
  /** Content group by row: none is both trained on and held out. */
  readonly groups: readonly string[];
  /** What the network is fed of these rows; varied by `random` where it is given (while training). */
  batch(rows: Int32Array, random: (() => number) | null): Batch | Promise<Batch>;
}

/** How long and how fast. */
export interface LearnSettings {
  readonly epochs: number;
  readonly batchSize: number;
  /** The highest learning rate; it grows during the first epoch and falls along half a wave. */
  readonly rate: number;
  readonly weightDecay: number;
  /** Share of each target spread over all classes. */
  readonly labelSmoothing: number;
  /** Of the slowly moving mean of the weights; 0 for none. */
  readonly emaDecay: number;
  /** Epochs in a row without a better held-out accuracy after which training ends. */
  readonly patience: number;
  /** One of so many folds is held out. */
  readonly folds: number;
  readonly seed: number;
}

/** What training works with. */
export interface LearnParts {
  /** Its training graph takes `targets` float [N,C]; its serving graph gives `logits` [N,C]. */
  readonly network: Network;
  readonly rows: PictureRows;
  readonly settings: LearnSettings;
  /** Weights to start from, by parameter name. */
  readonly weights?: Readonly<Record<string, Float32Array>>;
  readonly role?: NonNullable<LearningSettings["role"]>;
  openExecutor(program: TrainingProgram): Promise<Executor>;
  /** Names data and params, for the checkpoint. */
  readonly digest: string;
  readonly resume: Uint8Array | null;
  readonly signal: AbortSignal;
}

/** What training gives. */
export interface LearnedPictures {
  /** Of the network that saw every row, by parameter name. */
  readonly weights: Readonly<Record<string, Float32Array>>;
  readonly heldOut: HeldOut;
  /** Epochs after which held-out rows were told apart best. */
  readonly epochs: number;
  /** Share of held-out rows that got their own class. */
  readonly accuracy: number;
}

/** What happens: the loop's events, told by phase. */
export type LearnEvent =
  | { readonly phase: LearnPhase; readonly event: Exclude<NetworkEvent, { type: "checkpoint" }> }
  | { readonly type: "checkpoint"; readonly bytes: Uint8Array<ArrayBuffer> };
type LearnPhase = "held-out" | "all";

/** Rows scored at once. */
const SCORED = 256;

/**
 * Trains `parts.network`.
 *
 * @throws {AppError} `data-invalid` where nothing can be held out; `cancelled` or `training-failed`, after a checkpoint
 */
export async function* learnPictures(
  parts: LearnParts,
): AsyncGenerator<LearnEvent, LearnedPictures> {
  const { rows, settings } = parts;
  const { foldOf } = assignFolds(rows, { folds: settings.folds, seed: settings.seed });
  const every = Int32Array.from({ length: rows.count }, (_, row) => row);
  const held = every.filter((row) => foldOf[row] === 0);
  const seen = every.filter((row) => foldOf[row] !== 0);
  if (held.length === 0 || seen.length === 0) {
    throw new AppError(
      "data-invalid",
      "Cannot train on pictures: rows of two content groups at least must have one: " +
        `current value is ${new Set(rows.groups).size}. Add pictures, or take a frozen encoder`,
    );
  }
  let resume = parts.resume === null ? null : LearnCheckpoint.read(parts.resume, parts.digest);

  if (resume === null || resume.heldOut === null) {
    const perEpoch = stepsPerEpoch({ rows: seen.length, batchSize: settings.batchSize });
    const evaluate = async (predict: Predict) => {
      const logits = await scoresOf(rows, held, predict);
      return { score: accuracyOf(logits, held, rows) };
    };
    const trained = yield* phase(parts, "held-out", seen, {
      resume,
      epochs: settings.epochs,
      evaluate,
      finish: (predict) => scoresOf(rows, held, predict),
    });
    const epochs = Math.max(1, Math.round((trained.best?.step ?? trained.step) / perEpoch));
    const heldOut = { rows: held, logits: trained.finished!, epochs };
    resume = new LearnCheckpoint(parts.digest, heldOut, null);
    yield { type: "checkpoint", bytes: resume.toBytes() };
  }
  const heldOut = resume.heldOut!;
  const { weights } = yield* phase(parts, "all", every, { resume, epochs: heldOut.epochs });
  const accuracy = accuracyOf(heldOut.logits, heldOut.rows, rows);
  return { weights, heldOut, epochs: heldOut.epochs, accuracy };
}

interface PhaseOptions {
  readonly resume: LearnCheckpoint | null;
  readonly epochs: number;
  readonly evaluate?: (predict: Predict) => Promise<{ score: number }>;
  /** Asked once with the weights that are kept. */
  readonly finish?: (predict: Predict) => Promise<Float32Array>;
}

async function* phase(
  { network, rows, settings, weights, role, openExecutor, digest, signal }: LearnParts,
  name: LearnPhase,
  members: Int32Array,
  { resume, epochs, evaluate, finish }: PhaseOptions,
): AsyncGenerator<LearnEvent, TrainedNetwork & { finished: Float32Array | null }> {
  const { batchSize, seed, emaDecay, labelSmoothing } = settings;
  const program = planTraining(network, {
    optimizer: { kind: "adamw", weightDecay: settings.weightDecay },
    ...(emaDecay > 0 ? { emaDecay } : {}),
    ...(role && { role }),
  });
  const perEpoch = stepsPerEpoch({ rows: members.length, batchSize });
  const rowsOf = batchRows({ rows: members.length, batchSize, seed });
  // The wave always runs over all epochs: the second network walks the same way, and stops where the first was best.
  const steps = settings.epochs * perEpoch;
  const warmup = Math.min(perEpoch, Math.floor(steps / 4));
  await using executor = await openExecutor(program);
  const run = trainNetwork({
    program,
    executor,
    batch: async (step) => {
      const picked = rowsOf(step).map((k) => members[k]!);
      const targets = softTargets(picked, rows, labelSmoothing);
      return { ...await rows.batch(picked, stepRandom(mixSeeds(seed, 3), step)), targets };
    },
    schedule: scheduleOf({ kind: "cosine", rate: settings.rate, steps, warmup }),
    steps: epochs * perEpoch,
    seed: mixSeeds(seed, 4),
    ...(weights && { weights }),
    ...(evaluate && { evaluate, patience: settings.patience }),
    evaluateEvery: perEpoch,
    checkpointEvery: perEpoch,
    digest: `${digest}:${name}`,
    resume: resume?.loop ?? null,
    signal,
  });
  let next = await run.next();
  for (; !next.done; next = await run.next()) {
    const event = next.value;
    if (event.type !== "checkpoint") yield { phase: name, event };
    else {
      const bytes = new LearnCheckpoint(digest, resume?.heldOut ?? null, event.bytes).toBytes();
      yield { type: "checkpoint", bytes };
    }
  }
  const trained = next.value;
  if (finish === undefined) return { ...trained, finished: null };
  // The executor holds the last weights; those kept may be older.
  const state = await executor.save();
  await executor.load({ ...state, ...trained.weights });
  const finished = await finish((batch) => executor.predict(batch, "last"));
  return { ...trained, finished };
}

/** Logits of `members`, one row after another. */
async function scoresOf(
  rows: PictureRows,
  members: Int32Array,
  predict: Predict,
): Promise<Float32Array> {
  const out = new Float32Array(members.length * rows.classes);
  for (let at = 0; at < members.length; at += SCORED) {
    const batch = await rows.batch(members.slice(at, at + SCORED), null);
    out.set((await predict(batch))["logits"]!.data, at * rows.classes);
  }
  return out;
}
