/**
 * A Worker that runs tasks one at a time, over memory that it gets once; it has no permissions.
 *
 * @module
 */
import { AppError, messageOf } from "@aisle/shared/errors";

/** Runs one task at a time; rejects with `cancelled` within milliseconds of an abort. */
export interface TaskRunner<Task, Result> extends Disposable {
  run(task: Task): Promise<Result>;
}

/** What a Worker answers. */
export type TaskAnswer<Result> =
  | { readonly result: Result }
  | { readonly error: string };

/** The error of a training run that was told to stop. */
export function cancelled(): AppError {
  return new AppError("cancelled", "Cannot finish the training: it was cancelled");
}

/**
 * Starts the Worker of module `file`, which is posted what `first` gives before its first task, then `{ task }`, and
 * answers each with a {@linkcode TaskAnswer}.
 */
export function taskWorker<Task, Result>(
  file: URL,
  first: () => unknown,
  { signal }: { signal: AbortSignal },
): TaskRunner<Task, Result> {
  const worker = new Worker(file, {
    type: "module",
    name: "fit",
    deno: { permissions: "none" },
  });
  let pending: PromiseWithResolvers<Result> | null = null;
  const fail = (error: unknown) => pending?.reject(error);
  const stop = () => {
    worker.terminate();
    fail(cancelled());
  };
  signal.addEventListener("abort", stop);
  worker.onmessage = ({ data }: MessageEvent<TaskAnswer<Result>>) => {
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
      if (!ready) worker.postMessage(first());
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

/** A Worker's end of {@linkcode taskWorker}: the answer to one task, run without a break. */
export function answerOf<Result>(work: () => Generator<unknown, Result>): TaskAnswer<Result> {
  try {
    const steps = work();
    for (;;) {
      const step = steps.next();
      if (step.done) return { result: step.value };
    }
  } catch (error) {
    return { error: messageOf(error) };
  }
}
