/**
 * A network's run between two steps, as bytes: weights, the optimizer's state, the slowly moving mean, where the run
 * stands and the best weights so far. Chance is not inside: it is a function of seed and step.
 *
 * @module
 */
import { arraysFromBytes, arraysToBytes } from "../array_file.ts";
import type { TrainingState } from "./executor.ts";

/** Where a run stands. */
export interface RunPosition {
  /** Steps made. */
  readonly step: number;
  /** Evaluations since the best one. */
  readonly stale: number;
  readonly best: BestSoFar | null;
}

/** The best evaluation so far, with the weights that serve. */
export interface BestSoFar {
  readonly step: number;
  readonly score: number;
  readonly weights: TrainingState;
}

/** All that a broken-off run needs. */
export interface RunCheckpoint extends RunPosition {
  readonly state: TrainingState;
}

interface Header {
  readonly digest: string;
  readonly step: number;
  readonly stale: number;
  readonly best: { readonly step: number; readonly score: number } | null;
  readonly state: readonly (readonly [name: string, length: number])[];
  readonly bestWeights: readonly (readonly [name: string, length: number])[];
}

/** Bytes of `run`, which belongs to the data and params named `digest`. */
export function runToBytes(digest: string, run: RunCheckpoint): Uint8Array<ArrayBuffer> {
  const lengths = (state: TrainingState) =>
    Object.entries(state).map(([name, array]) => [name, array.length] as const);
  const bestWeights = run.best?.weights ?? {};
  const header: Header = {
    digest,
    step: run.step,
    stale: run.stale,
    best: run.best === null ? null : { step: run.best.step, score: run.best.score },
    state: lengths(run.state),
    bestWeights: lengths(bestWeights),
  };
  return arraysToBytes(header, [...Object.values(run.state), ...Object.values(bestWeights)]);
}

/** The run in `bytes`, or why it is of no use to the one that `digest` names. */
export function runFromBytes(
  bytes: Uint8Array,
  digest: string,
): { readonly run: RunCheckpoint } | { readonly unusable: string } {
  const file = arraysFromBytes<Header>(bytes);
  if (file === null) return { unusable: "the checkpoint is not whole" };
  const { header, arrays } = file;
  if (header.digest !== digest) return { unusable: "the checkpoint is of other data or params" };
  const read = (list: Header["state"]): TrainingState =>
    Object.fromEntries(list.map(([name, length]) => [name, arrays.next(length)]));
  const state = read(header.state), weights = read(header.bestWeights);
  if (!arrays.whole) return { unusable: "the checkpoint is not whole" };
  const best = header.best === null ? null : { ...header.best, weights };
  return { run: { step: header.step, stale: header.stale, best, state } };
}
