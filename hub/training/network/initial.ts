/**
 * Weights before the first step, from a seed.
 *
 * @module
 */
import { rng } from "@aisle/shared/random";
import type { ProgramParameter, TrainingProgram } from "./program.ts";
import type { TrainingState } from "./executor.ts";
import { EMA } from "./program.ts";

/** A generator of standard normal numbers from one of uniform ones (G. Box and M. Muller, 1958). */
export function normal(random: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/**
 * Normal numbers of variance 2 / inputs (K. He et al., "Delving deep into rectifiers", 2015): dense `[I,O]` has I
 * inputs, a kernel `[M,C,h,w]` has C h w, a row of a
 * sparse table has length 1. Vectors are 0, those named `gamma` or `variance` 1.
 */
function initialWeights(
  { name, shape, length, kind }: Pick<ProgramParameter, "name" | "shape" | "length" | "kind">,
  random: () => number,
): Float32Array {
  if (shape.length < 2) {
    return new Float32Array(length).fill(/(^|\/)(gamma|variance)$/.test(name) ? 1 : 0);
  }
  // A row of a table is one input's: as long as a unit vector
  const inputs = kind === "sparse"
    ? 2 * shape[1]!
    : shape.length === 2
    ? shape[0]!
    : length / shape[0]!;
  const draw = normal(random), spread = Math.sqrt(2 / inputs);
  return Float32Array.from({ length }, () => spread * draw());
}

/** What {@linkcode initialState} starts from. */
export interface InitialOptions {
  readonly seed: number;
  /** Weights that are known already (of an imported encoder, or a former run's), by parameter name. */
  readonly weights?: Readonly<Record<string, Float32Array>>;
}

/** The state before the first step: drawn or given weights, and the optimizer's state; each parameter draws alone. */
export function initialState(program: TrainingProgram, options: InitialOptions): TrainingState {
  const state: Record<string, Float32Array> = {};
  program.parameters.forEach((parameter, i) => {
    const { name, length, kind } = parameter;
    const weights = options.weights?.[name] ??
      initialWeights(parameter, rng(mixSeeds(options.seed, i)));
    if (weights.length !== length) {
      throw new RangeError(
        `Cannot start from weights of ${name}: they must hold ${length} numbers: ` +
          `current value is ${weights.length}`,
      );
    }
    state[name] = weights.slice();
    if (kind !== "trained" && kind !== "sparse") return;
    const slots = program.optimizer.init(length);
    program.optimizer.slots.forEach((slot, k) => state[`${name}:${slot}`] = slots[k]!);
    if (program.emaDecay !== null) state[`${name}:${EMA}`] = weights.slice();
  });
  return state;
}

/** One seed from several numbers; a seed that differs in one of them gives other numbers throughout. */
export function mixSeeds(...parts: readonly number[]): number {
  let h = 0x9e3779b9;
  for (const part of parts) {
    h = Math.imul(h ^ (part >>> 0), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    h ^= h >>> 16;
  }
  return h >>> 0;
}

/** The weights that serve, by parameter name: the slowly moving mean where one is kept. */
export function servingWeights(
  program: TrainingProgram,
  state: TrainingState,
): Record<string, Float32Array> {
  return Object.fromEntries(
    program.parameters.map(({ name }) => [name, state[`${name}:${EMA}`] ?? state[name]!]),
  );
}
