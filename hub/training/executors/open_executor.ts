/**
 * Chooses where a program trains, and says why there.
 *
 * @module
 */
import { messageOf } from "@aisle/shared/errors";
import type { Executor, TrainingProgram } from "../network/mod.ts";
import { openCpuExecutor } from "./cpu_executor.ts";
import { findWebGpu, type WebGpuFound } from "./webgpu_device.ts";
import { openWebGpuExecutor } from "./webgpu_executor.ts";

/** What may be asked for; `auto` takes a real GPU where there is one. */
export type DeviceChoice = "auto" | "webgpu" | "cpu";

/** How an executor is chosen. */
export interface OpenExecutorOptions {
  readonly device: DeviceChoice;
  /** Threads of the CPU; 1 by default. */
  readonly threads?: number;
  /** How a GPU is looked for; this process's own by default. */
  readonly find?: () => Promise<WebGpuFound>;
}

/**
 * An executor for `program`. What was asked for and cannot be had falls back to the CPU; its report gives the reason.
 */
export async function openExecutor(
  program: TrainingProgram,
  { device, threads, find = findWebGpu }: OpenExecutorOptions,
): Promise<Executor> {
  if (device === "cpu") return openCpuExecutor(program, { threads, reason: "asked for" });
  const asked = device === "auto" ? "auto" : "webgpu was asked for";
  const onCpu = (why: string) => openCpuExecutor(program, { threads, reason: `${asked}: ${why}` });
  const found = await find();
  if ("missing" in found) return onCpu(found.missing);
  const { gpu } = found;
  if (device === "auto" && gpu.software) {
    return onCpu(`${gpu.adapter} is software, slower than the CPU itself`);
  }
  try {
    return await openWebGpuExecutor(
      program,
      gpu,
      device === "auto" ? "auto: a GPU is there" : "asked for",
    );
  } catch (error) {
    return onCpu(`${gpu.adapter} does not open this network: ${messageOf(error)}`);
  }
}
