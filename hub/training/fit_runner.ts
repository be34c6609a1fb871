/**
 * Where fit tasks run: in this thread, in slices that leave the event loop its turn, or in a Worker.
 *
 * Both give the same bits. A Worker reads the arena's shared memory; it gets no permissions.
 *
 * @module
 */
import { AppError, messageOf } from "@aisle/shared/errors";
import type { Arena } from "../model/arena.ts";
import type { PassResult } from "../model/linear.ts";
import { type FitTask, FitTasks } from "./fit_task.ts";

/** Runs one task at a time; rejects with `cancelled` within milliseconds of an abort. */
export interface FitRunner extends Disposable {
  run(task: FitTask): Promise<PassResult | null>;
}

/** What a Worker answers. */
export type FitAnswer =
  | { readonly result: PassResult | null }
  | { readonly error: string };

/** The error of a training run that was told to stop. */
export function cancelled(): AppError {
  return new AppError("cancelled", "Cannot finish the training: it was cancelled");
}

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
export function workerRunner(arena: Arena, { signal }: { signal: AbortSignal }): FitRunner {
  const worker = new Worker(new URL("./fit_worker.ts", import.meta.url), {
    type: "module",
    name: "fit",
    deno: { permissions: "none" },
  });
  let pending: PromiseWithResolvers<PassResult | null> | null = null;
  const fail = (error: unknown) => pending?.reject(error);
  const stop = () => {
    worker.terminate();
    fail(cancelled());
  };
  signal.addEventListener("abort", stop);
  worker.onmessage = ({ data }: MessageEvent<FitAnswer>) => {
    if ("error" in data) fail(new AppError("training-failed", `Cannot fit: ${data.error}`));
    else pending?.resolve(data.result);
  };
  worker.onerror = (event) => {
    event.preventDefault();
    fail(
      new AppError("training-failed", `Cannot fit in a Worker: ${messageOf(event.message)}`),
    );
  };
  let ready = false;
  return {
    run(task) {
      if (signal.aborted) return Promise.reject(cancelled());
      // Not before the first task: a Worker sees the memory at the size it had when it was posted
      if (!ready) worker.postMessage({ memory: arena.memory });
      ready = true;
      pending = Promise.withResolvers();
      worker.postMessage({ task });
      return pending.promise;
    },
    [Symbol.dispose]() {
      signal.removeEventListener("abort", stop);
      worker.terminate();
    },
  };
}
