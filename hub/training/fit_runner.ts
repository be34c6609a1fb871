/**
 * Where fit tasks run: in this thread, in slices that leave the event loop its turn, or in a Worker.
 *
 * Both give the same bits. A Worker reads the arena's shared memory; it gets no permissions.
 *
 * @module
 */
import type { Arena } from "../model/arena.ts";
import type { PassResult } from "../model/linear.ts";
import { type FitTask, FitTasks } from "./fit_task.ts";
import { cancelled, type TaskRunner, taskWorker } from "./task_worker.ts";

/** Runs the steps of fits of texts. */
export type FitRunner = TaskRunner<FitTask, PassResult | null>;

/** Longest stretch of work before the event loop has its turn. */
const SLICE_MS = 30;

/** Gives the event loop its turn, in which an abort can arrive. @throws {AppError} `cancelled` */
export async function breathe(signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
  if (signal.aborted) throw cancelled();
}

/** Drives `work` to its end, giving way to the event loop now and then, and stopping on an abort. */
export async function inSlices<T, R>(
  work: Generator<T, R>,
  { signal, nowMs }: { signal: AbortSignal; nowMs: () => number },
): Promise<R> {
  if (signal.aborted) throw cancelled();
  let since = nowMs();
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    if (nowMs() - since < SLICE_MS) continue;
    await breathe(signal);
    since = nowMs();
  }
}

/** Runs tasks in this thread. */
export function localRunner(
  arena: Arena,
  options: { signal: AbortSignal; nowMs: () => number },
): FitRunner {
  const tasks = new FitTasks(arena);
  return {
    run: (task) => inSlices(tasks.run(task), options),
    [Symbol.dispose]: () => {},
  };
}

/** Runs tasks in a Worker of its own; needs read permission for this module's folder. */
export function workerRunner(arena: Arena, options: { signal: AbortSignal }): FitRunner {
  const file = new URL("./fit_worker.ts", import.meta.url);
  // Not before the first task: a Worker sees the memory at the size it had when it was posted
  return taskWorker(file, () => ({ memory: arena.memory }), options);
}
