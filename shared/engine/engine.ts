/**
 * Runs a convolutional network by kernels of our own: less than half of the time that a general runtime takes in
 * WebAssembly, and none of its memory.
 *
 * It knows what picture encoders of the mobile kind are made of; of any other graph it says so when it is opened, and
 * another runtime takes it. The same graph, the same numbers up to the rounding of float32 sums.
 *
 * @module
 */
import type { OnnxLimits } from "../bundle/mod.ts";
import { FeatureMapPool } from "./map_pool.ts";
import { kernelMemory, openKernels } from "./kernels.ts";
import { type Machine, planGraph, type Step } from "./plan.ts";
import { type PlainTensor, Unsupported } from "./plain_ops.ts";
import { readGraph } from "./read_graph.ts";

/** A graph that is ready to run, one row at a time. */
export interface Engine {
  /**
   * The outputs called `wanted`; only what they need is computed, and of that nothing that `feeds` has already, be it an
   * input or something in between.
   */
  run(
    feeds: Readonly<Record<string, PlainTensor>>,
    wanted: readonly string[],
  ): Readonly<Record<string, Float32Array>>;
}

/** Options of {@linkcode openEngine}; for tests. */
export interface EngineOptions {
  /** Whether to multiply and add in one step; where the machine can, unless told. */
  readonly fused?: boolean;
}

/**
 * Opens `model`, or gives null where it has something that the engine does not know.
 *
 * @throws {AppError} `bundle-invalid` where the guard refuses it
 */
export function openEngine(
  model: Uint8Array,
  limits: OnnxLimits,
  { fused }: EngineOptions = {},
): Engine | null {
  const graph = readGraph(model, limits);
  const memory = kernelMemory(), pool = new FeatureMapPool();
  let planned;
  try {
    planned = planGraph(graph, pool);
  } catch (error) {
    if (error instanceof Unsupported) return null;
    throw error;
  }
  memory.grow(pool.pages(memory.buffer.byteLength));
  const floats = new Float32Array(memory.buffer);
  for (const { address, values } of pool.constants) floats.set(values, address / 4);
  const { steps, constants } = planned;
  const machine = { kernels: openKernels(memory, fused), floats };
  const plans = new Map<string, readonly Step[]>();
  return {
    run(feeds, wanted) {
      const given = Object.keys(feeds), key = [...wanted, "", ...given].join("\n");
      let needed = plans.get(key);
      if (needed === undefined) plans.set(key, needed = neededFor(steps, wanted, given));
      const values = new Map<string, PlainTensor>(constants);
      for (const [name, tensor] of Object.entries(feeds)) values.set(name, tensor);
      const state: Machine = { ...machine, values };
      for (const step of needed) step.run(state);
      return Object.fromEntries(wanted.map((name) => {
        const data = values.get(name)?.data;
        if (!(data instanceof Float32Array)) throw new RangeError(`the graph gives no ${name}`);
        return [name, data];
      }));
    },
  };
}

/** The steps that `wanted` rests on, in order; what is `given` need not be made. */
function neededFor(
  steps: readonly Step[],
  wanted: readonly string[],
  given: readonly string[],
): Step[] {
  const names = new Set(wanted);
  return steps.toReversed().filter((step) => {
    if (!names.has(step.makes) || given.includes(step.makes)) return false;
    for (const name of step.needs) names.add(name);
    return true;
  }).reverse();
}
