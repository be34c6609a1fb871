/**
 * A {@linkcode ModelWorker} in a Web Worker: no permission at all, its own wasm memory, ended with all it holds.
 *
 * The model blocks the thread it runs on, so it never runs on the one that serves HTTP.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type {
  Loaded,
  ModelWorker,
  Scored,
  WorkerBinaries,
  WorkerReply,
  WorkerRequest,
} from "./model_port.ts";

/** Starts a worker that will compile `binaries`. */
export function startWebWorker(binaries: WorkerBinaries): ModelWorker {
  const worker = new Worker(new URL("./model_worker.ts", import.meta.url), {
    type: "module",
    name: "model",
    deno: { permissions: "none" },
  });
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
    const waiting = pending.get(reply.id);
    if (waiting === undefined) return;
    pending.delete(reply.id);
    if (reply.ok) waiting.resolve(reply.value as never);
    else waiting.reject(rebuilt(reply));
  };

  function ask<T extends Loaded | readonly Scored[]>(message: WorkerRequest): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (dead !== null) return reject(new AppError("internal", `The model worker ended: ${dead}`));
      pending.set(message.id, { resolve, reject });
      worker.postMessage(message);
    });
  }
  return {
    load: (bytes, digest) => ask<Loaded>({ type: "load", id: nextId++, bytes, digest, binaries }),
    predict: (products) => ask<readonly Scored[]>({ type: "predict", id: nextId++, products }),
    close: () => end("closed"),
    died: died.promise,
  };
}

/** An error as it was thrown on the other side; classes do not survive the way. */
function rebuilt(reply: WorkerReply & { ok: false }): Error {
  return reply.code === null ? new Error(reply.message) : new AppError(reply.code, reply.message);
}
