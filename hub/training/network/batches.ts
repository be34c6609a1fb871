/**
 * Which rows make up which batch, and chance for what is drawn in a step.
 *
 * Everything is a pure function of seed and step: a resumed run needs no generator's state.
 *
 * @module
 */
import { rng, shuffle } from "@aisle/shared/random";
import type { BatchValue } from "./executor.ts";
import { mixSeeds } from "./initial.ts";

/** How rows are parted. */
export interface BatchPlan {
  readonly rows: number;
  readonly batchSize: number;
  readonly seed: number;
}

/** Steps that walk over the rows once. */
export function stepsPerEpoch({ rows, batchSize }: Pick<BatchPlan, "rows" | "batchSize">): number {
  return Math.max(1, Math.floor(rows / batchSize));
}

/**
 * Gives the row numbers of step `step`, counted from 1. Every epoch has its own order; the few rows that fill no
 * batch are left out of that epoch. Fewer rows than a batch are one batch.
 */
export function batchRows(plan: BatchPlan): (step: number) => Int32Array {
  const perEpoch = stepsPerEpoch(plan), size = Math.min(plan.batchSize, plan.rows);
  let epoch = -1, order = new Int32Array(0);
  return (step) => {
    const wanted = Math.floor((step - 1) / perEpoch);
    if (wanted !== epoch) {
      epoch = wanted;
      order = Int32Array.from({ length: plan.rows }, (_, i) => i);
      shuffle(order, rng(mixSeeds(plan.seed, 1, epoch)));
    }
    const from = ((step - 1) % perEpoch) * size;
    return order.slice(from, from + size);
  };
}

/** The generator of step `step`: for dropout and augmentation. */
export function stepRandom(seed: number, step: number): () => number {
  return rng(mixSeeds(seed, 2, step));
}

/** A dropout mask: 1 with chance `1 - rate`, else 0. */
export function dropoutMask(
  shape: readonly number[],
  rate: number,
  random: () => number,
): BatchValue {
  const length = shape.reduce((all, size) => all * size, 1);
  return { shape, data: Float32Array.from({ length }, () => random() < rate ? 0 : 1) };
}
