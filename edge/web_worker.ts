/**
 * A {@linkcode ModelWorker} in a Web Worker: no permission at all, its own wasm memory, ended with all it holds.
 *
 * The model blocks the thread it runs on, so it never runs on the one that serves HTTP.
 *
 * @module
 */
import { AppError, messageOf } from "@aisle/shared/errors";
import type {
  Loaded,
  ModelWorker,
  Scored,
  WorkerAnswer,
  WorkerBinaries,
  WorkerOptions,
  WorkerQuestion,
  WorkerReply,
  WorkerRequest,
} from "./model_port.ts";

/** Starts a worker that will compile `binaries`. */
export function startWebWorker(
  binaries: WorkerBinaries,
  options: WorkerOptions = { pictureCacheBytes: 0 },
): ModelWorker {
  const worker = new Worker(new URL("./model_worker.ts", import.meta.url), {
    type: "module",
    name: "model",
    deno: { permissions: "none" },
  });
  return modelWorker(worker, binaries, options);
}

/** The {@linkcode ModelWorker} that runs in `worker`; without `binaries` where it brings its own code. */
export function modelWorker(
  worker: Worker,
  binaries: WorkerBinaries | null,
  { pictureCacheBytes }: WorkerOptions,
): ModelWorker {
  const pending = new Map<
    number,
    { resolve: (value: never) => void; reject: (error: unknown) => void }
  >();
  const died = Promise.withResolvers<string>();
  let nextId = 0;
  let dead: string | null = null;

  const end = (reason: string) => {
    if (dead !== null) return;
    dead = reason;
    worker.terminate();
    const error = new AppError("internal", `The model worker ended: ${reason}`);
    for (const { reject } of pending.values()) reject(error);
    pending.clear();
  };
  worker.onerror = (event) => {
    event.preventDefault();
    end(event.message);
    died.resolve(event.message);
  };
  worker.onmessage = (event: MessageEvent<WorkerReply>) => {
    const reply = event.data;
    if (reply.id === null) return void sendRuntime();
    const waiting = pending.get(reply.id);
    if (waiting === undefined) return;
    pending.delete(reply.id);
    if (reply.ok) waiting.resolve(reply.value as never);
    else waiting.reject(rebuilt(reply));
  };

  /** A worker without the runtime that it needs cannot go on. */
  async function sendRuntime(): Promise<void> {
    try {
      if (binaries === null) throw new TypeError("this worker brings its own runtime");
      const bytes = await binaries.runtime();
      if (dead === null) {
        worker.postMessage({ type: "runtime", bytes } satisfies WorkerRequest, [bytes.buffer]);
      }
    } catch (error) {
      const reason = `it has no runtime: ${messageOf(error)}`;
      end(reason);
      died.resolve(reason);
    }
  }

  function ask<T extends Loaded | readonly Scored[]>(
    message: WorkerQuestion,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (dead !== null) return reject(new AppError("internal", `The model worker ended: ${dead}`));
      pending.set(message.id, { resolve, reject });
      worker.postMessage(message);
    });
  }
  return {
    load: (bytes, digest) => {
      const pictures = binaries?.pictures ?? null;
      const id = nextId++;
      return ask<Loaded>({ type: "load", id, bytes, digest, pictures, pictureCacheBytes });
    },
    predict: (products) => ask<readonly Scored[]>({ type: "predict", id: nextId++, products }),
    close: () => end("closed"),
    died: died.promise,
  };
}

/** An error as it was thrown on the other side; classes do not survive the way. */
function rebuilt(reply: WorkerAnswer & { readonly ok: false }): Error {
  return reply.code === null ? new Error(reply.message) : new AppError(reply.code, reply.message);
}
