/**
 * A {@linkcode TrialWorker} in a Web Worker: no permission at all, its own memory, ended with all it holds.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { TrialReply, TrialRequest, TrialScore, TrialWorker } from "./trial_port.ts";

/** A request without its number: the number is given where it is sent. */
type Unsent = TrialRequest extends infer R ? R extends TrialRequest ? Omit<R, "id"> : never : never;

/** Starts a worker. */
export function startTrialWorker(): TrialWorker {
  const worker = new Worker(new URL("./trial_worker.ts", import.meta.url), {
    type: "module",
    name: "trial",
    deno: { permissions: "none" },
  });
  const pending = new Map<number, PromiseWithResolvers<TrialScore | null>>();
  let nextId = 0;
  let dead: string | null = null;

  const end = (reason: string) => {
    dead ??= reason;
    worker.terminate();
    for (const { reject } of pending.values()) reject(ended(reason));
    pending.clear();
  };
  worker.onerror = (event) => {
    event.preventDefault();
    end(event.message);
  };
  worker.onmessage = (event: MessageEvent<TrialReply>) => {
    const reply = event.data;
    const waiting = pending.get(reply.id);
    pending.delete(reply.id);
    if (reply.ok) waiting?.resolve(reply.score);
    else {
      // Classes do not survive the way from there to here.
      waiting?.reject(
        reply.code === null ? new Error(reply.message) : new AppError(reply.code, reply.message),
      );
    }
  };
  const ask = (request: Unsent): Promise<TrialScore | null> => {
    if (dead !== null) return Promise.reject(ended(dead));
    const id = nextId++, waiting = Promise.withResolvers<TrialScore | null>();
    pending.set(id, waiting);
    worker.postMessage({ ...request, id });
    return waiting.promise;
  };
  return {
    begin: async (binaries) => void await ask({ type: "begin", binaries }),
    open: async (digest, bytes) => void await ask({ type: "open", digest, bytes }),
    score: async (digest, product) => (await ask({ type: "score", digest, product }))!,
    close: () => end("it was closed"),
  };
}

function ended(reason: string): Error {
  return new AppError("internal", `Cannot try a product: the worker ended: ${reason}`);
}
