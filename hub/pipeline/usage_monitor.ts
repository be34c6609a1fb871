/**
 * Follows what a pipeline's stage process and the machine use, as figures of the run: `system/...`.
 *
 * The step of a figure is the seconds since the run began, so that all of them share one axis.
 *
 * @module
 */
import type { MetricPoint } from "../registry/runs.ts";
import type { MachineUsage, ProcessUsage } from "./process_usage.ts";

/** How often it looks; a look costs one small process. */
const LOOK_EVERY_MS = 5_000;

/** What a {@linkcode UsageMonitor} asks and whom it tells. */
export interface UsageMonitorDeps {
  /** Id of the process that runs stages now; null while there is none. */
  readonly pid: () => number | null;
  readonly processUsage: (pid: number) => Promise<ProcessUsage | null>;
  readonly machineUsage: () => MachineUsage;
  /** Milliseconds that only rise. */
  readonly nowMs: () => number;
  readonly tell: (points: readonly MetricPoint[]) => void;
  readonly everyMs?: number;
}

/** Looks at once and then every few seconds, until it is disposed; then it looks a last time. */
export class UsageMonitor implements AsyncDisposable {
  readonly #deps: UsageMonitorDeps;
  readonly #startedMs: number;
  readonly #timer: ReturnType<typeof setInterval>;
  #last:
    | { readonly pid: number | null; readonly atMs: number; readonly cpuSeconds: number }
    | null = null;
  #looking: Promise<void>;

  constructor(deps: UsageMonitorDeps) {
    this.#deps = deps;
    this.#startedMs = deps.nowMs();
    this.#looking = this.#look();
    this.#timer = setInterval(() => this.#next(), deps.everyMs ?? LOOK_EVERY_MS);
  }

  /** Ends it; what it has told by then is all. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#next();
    await this.#looking;
  }

  /** One look after the other: a machine that is slow to answer is not asked by more and more. */
  #next(): void {
    this.#looking = this.#looking.then(() => this.#look());
  }

  async #look(): Promise<void> {
    const { pid: pidNow, processUsage, machineUsage, nowMs, tell } = this.#deps;
    const pid = pidNow();
    const usage = pid === null ? null : await processUsage(pid);
    const atMs = nowMs();
    const step = Math.round((atMs - this.#startedMs) / 1000);
    const { load, memoryUsed } = machineUsage();
    const points: MetricPoint[] = [
      { name: "system/machine_load", step, value: load },
      { name: "system/machine_memory_used", step, value: memoryUsed },
    ];
    if (pid !== null && usage !== null) {
      points.push({ name: "system/stage_memory_bytes", step, value: usage.residentBytes });
      const before = this.#last;
      if (before !== null && atMs > before.atMs) {
        // A process that was not there before has taken all of its time since.
        const taken = usage.cpuSeconds - (before.pid === pid ? before.cpuSeconds : 0);
        const value = Math.max(0, taken / ((atMs - before.atMs) / 1000));
        points.push({ name: "system/stage_cpu_cores", step, value });
      }
    }
    this.#last = { pid, atMs, cpuSeconds: usage?.cpuSeconds ?? 0 };
    tell(points);
  }
}
