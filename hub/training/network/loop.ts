/**
 * The training loop: steps, evaluations, checkpoints, in that order; an async generator of what happens.
 *
 * It knows neither device nor network nor file: the executor steps, the caller evaluates and keeps the bytes.
 * A run that is broken off anywhere and resumed from its last checkpoint ends, on the CPU, with the same bits.
 *
 * @module
 */
import { AppError, messageOf } from "@aisle/shared/errors";
import { type RunCheckpoint, runFromBytes, runToBytes } from "./checkpoint.ts";
import type { Batch, DeviceReport, Executor, OutputValue, TrainingState } from "./executor.ts";
import { initialState, servingWeights } from "./initial.ts";
import type { TrainingProgram } from "./program.ts";
import type { Schedule } from "./schedules.ts";

/** What an evaluation found. */
export interface Evaluation {
  /** Higher is better: what "best" means. */
  readonly score: number;
  /** Besides, for the record. */
  readonly metrics?: Readonly<Record<string, number>>;
}

/** Outputs of the serving graph for one batch, by the present weights (their mean where one is kept). */
export type Predict = (batch: Batch) => Promise<Record<string, OutputValue>>;

/** Why a run ended. */
export type StopReason = "done" | "patience" | "cancelled" | "failed";

/** What happens in a run. */
export type NetworkEvent =
  | { readonly type: "started"; readonly step: number; readonly device: DeviceReport }
  | { readonly type: "log"; readonly message: string }
  | { readonly type: "step"; readonly step: number; readonly loss: number; readonly rate: number }
  | ({ readonly type: "evaluated"; readonly step: number; readonly best: boolean } & Evaluation)
  | { readonly type: "checkpoint"; readonly step: number; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly type: "stopped"; readonly step: number; readonly why: StopReason };

/** What a run is made of. */
export interface LoopParts {
  readonly program: TrainingProgram;
  readonly executor: Executor;
  /** The batch of a step, counted from 1; a pure function of it, so that a resumed run sees the same. */
  readonly batch: (step: number) => Batch | Promise<Batch>;
  readonly schedule: Schedule;
  readonly steps: number;
  /** Draws the first weights. */
  readonly seed: number;
  /** Weights to start from, by parameter name; the others are drawn. */
  readonly weights?: Readonly<Record<string, Float32Array>>;
  /** Without it the last weights are kept. */
  readonly evaluate?: (predict: Predict) => Promise<Evaluation>;
  /** Steps between evaluations; 100 by default. */
  readonly evaluateEvery?: number;
  /** Evaluations in a row without a better score after which the run ends. */
  readonly patience?: number;
  /** Steps between checkpoints; by default only a run that is broken off leaves one. */
  readonly checkpointEvery?: number;
  /** Steps between readings of the loss, 10 by default: on a GPU each one waits for the device. */
  readonly readLossEvery?: number;
  /** Names data and params: a checkpoint of others is not resumed. */
  readonly digest?: string;
  readonly resume?: Uint8Array | null;
  readonly signal?: AbortSignal;
}

/** What a run gives. */
export interface TrainedNetwork {
  /** The weights that serve, by parameter name: of the best evaluation, else the last. */
  readonly weights: TrainingState;
  /** Steps made. */
  readonly step: number;
  readonly best: { readonly step: number; readonly score: number } | null;
  readonly why: StopReason;
}

/**
 * Trains `parts.program`.
 *
 * @throws {AppError} `cancelled`, or `training-failed` where numbers are none any more or the device is lost; both
 * after a checkpoint of the last sound state
 */
export async function* trainNetwork(
  parts: LoopParts,
): AsyncGenerator<NetworkEvent, TrainedNetwork> {
  const { program, executor, steps, evaluateEvery = 100, checkpointEvery, readLossEvery = 10 } =
    parts;
  const { run: first, note } = startOf(parts);
  let { step, stale, best } = first;
  let sound = first; // what a failure leaves behind
  const isDue = (every: number | undefined) =>
    every !== undefined && (step === steps || step % every === 0);
  const predict: Predict = (batch) =>
    executor.predict(batch, program.emaDecay === null ? "last" : "mean");

  if (note !== null) yield { type: "log", message: note };
  await executor.load(first.state);
  yield { type: "started", step, device: executor.report };
  try {
    while (step < steps && stale < (parts.patience ?? Infinity)) {
      if (parts.signal?.aborted) throw new AppError("cancelled", "Training was cancelled");
      const rate = parts.schedule(++step);
      const readLoss = isDue(readLossEvery) || step === 1;
      const loss = await executor.step(await parts.batch(step), { step, rate, readLoss });
      if (loss !== null && !Number.isFinite(loss)) throw astray(step, `the loss is ${loss}`);
      if (loss !== null) yield { type: "step", step, loss, rate };

      const evaluates = parts.evaluate !== undefined && isDue(evaluateEvery);
      if (!evaluates && !isDue(checkpointEvery)) continue;
      const state = await soundState(executor, step);
      if (evaluates) {
        const found = await parts.evaluate!(predict),
          better = found.score > (best?.score ?? -Infinity);
        if (better) best = { step, score: found.score, weights: servingWeights(program, state) };
        stale = better ? 0 : stale + 1;
        yield { type: "evaluated", step, best: better, ...found };
      }
      sound = { step, stale, best, state };
      if (isDue(checkpointEvery)) yield checkpointOf(parts, sound);
    }
  } catch (error) {
    const cancelled = parts.signal?.aborted ?? false;
    if (cancelled) sound = { step, stale, best, state: await soundState(executor, step) };
    yield checkpointOf(parts, sound);
    yield { type: "stopped", step: sound.step, why: cancelled ? "cancelled" : "failed" };
    throw cancelled || error instanceof AppError ? error : astray(step, messageOf(error), error);
  }
  const why = step < steps ? "patience" : "done";
  yield { type: "stopped", step, why };
  const weights = best?.weights ?? servingWeights(program, await soundState(executor, step));
  return { weights, step, best: best && { step: best.step, score: best.score }, why };
}

/** Where the run begins, and what is to be said about it. */
function startOf(parts: LoopParts): { run: RunCheckpoint; note: string | null } {
  const { program, resume, digest = "" } = parts;
  const anew = (note: string | null) => {
    const state = initialState(program, { seed: parts.seed, weights: parts.weights });
    return { run: { step: 0, stale: 0, best: null, state }, note };
  };
  if (!resume) return anew(null);
  const saved = runFromBytes(resume, digest);
  if ("unusable" in saved) return anew(`starting anew: ${saved.unusable}`);
  return { run: saved.run, note: `goes on after step ${saved.run.step}` };
}

function checkpointOf({ digest = "" }: LoopParts, run: RunCheckpoint): NetworkEvent {
  return { type: "checkpoint", step: run.step, bytes: runToBytes(digest, run) };
}

/** The executor's state; refused where it holds a number that is none. */
async function soundState(executor: Executor, step: number): Promise<TrainingState> {
  const state = await executor.save();
  const wrong = Object.keys(state).find((name) => !state[name]!.every(Number.isFinite));
  if (wrong !== undefined) throw astray(step, `${wrong} holds a number that is none`);
  return state;
}

function astray(step: number, what: string, cause?: unknown): AppError {
  return new AppError(
    "training-failed",
    `Cannot go on training: losses and weights must stay finite and the device at hand: at step ${step} ${what}. ` +
      "Lower the learning rate, clip gradients, or go on from the checkpoint",
    { cause },
  );
}
