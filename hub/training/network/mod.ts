/**
 * Training of networks: one loop over any executor, with optimizers, schedules, checkpoints and augmentation.
 *
 * ```ts ignore
 * const program = planTraining(network, { optimizer: { kind: "adamw" }, clipNorm: 1, emaDecay: 0.999 });
 * await using executor = await openExecutor(program, { device: "auto" });
 * const schedule = scheduleOf({ kind: "cosine", rate: 1e-3, steps, warmup: 50 });
 * const run = trainNetwork({ program, executor, batch, schedule, steps, seed: 1, evaluate });
 * for (let next = await run.next();; next = await run.next()) {
 *   if (next.done) return next.value.weights; // by parameter name, as GraphBuilder.build takes them
 *   report(next.value);
 * }
 * ```
 *
 * @module
 */
export * from "./augment.ts";
export * from "./bag_kernels.ts";
export * from "./batches.ts";
export type { RunCheckpoint } from "./checkpoint.ts";
export type * from "./executor.ts";
export * from "./fixed_memory.ts";
export { type InitialOptions, initialState, mixSeeds, normal, servingWeights } from "./initial.ts";
export * from "./loop.ts";
export * from "./optimizers.ts";
export * from "./program.ts";
export * from "./schedules.ts";
export * from "./update_kernels.ts";
