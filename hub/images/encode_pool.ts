/**
 * Workers that encode pictures, one a core; batches come out in the order in which they went in.
 *
 * @module
 */
import { AppError, messageOf } from "@aisle/shared/errors";
import type { EncodeAnswer, EncodeOrder, EncodeSetup } from "./encode_worker.ts";

/** Batches that wait in a Worker beside the one it works on, so that it never waits for this thread. */
const AHEAD = 1;

/** How a pool is made. */
export interface EncodePoolOptions extends EncodeSetup {
  readonly workers: number;
}

/** One Worker, and what it has been asked. */
interface Lane {
  readonly worker: Worker;
  readonly jobs: Map<number, PromiseWithResolvers<EncodeAnswer>>;
  /** Why it answers nothing any more; null while it works. */
  failure: Error | null;
}

/** See the module's note; `await using` lets what runs come to its end. */
export class EncodePool implements AsyncDisposable {
  readonly #workers: Lane[];
  #next = 0;

  constructor({ workers, ...setup }: EncodePoolOptions) {
    this.#workers = Array.from({ length: workers }, () => {
      const worker = new Worker(new URL("./encode_worker.ts", import.meta.url), {
        type: "module",
        name: "encode",
      });
      const lane: Lane = { worker, jobs: new Map(), failure: null };
      const { jobs } = lane;
      const fail = (why: string) => {
        const error = new AppError("training-failed", `Cannot encode pictures: ${why}`);
        lane.failure = error;
        for (const answer of jobs.values()) answer.reject(error);
        jobs.clear();
      };
      worker.onmessage = ({ data }: MessageEvent<EncodeAnswer | { error: string }>) => {
        if ("error" in data) return fail(data.error);
        jobs.get(data.id)?.resolve(data);
        jobs.delete(data.id);
      };
      worker.onerror = (event) => {
        event.preventDefault();
        fail(messageOf(event.message));
      };
      worker.postMessage(setup satisfies EncodeSetup);
      return lane;
    });
  }

  /** Answers to `batches`, in their order; of each `keys` is handed through. */
  async *encode<Keys>(
    batches: AsyncIterable<{ readonly keys: Keys; readonly pictures: Uint8Array<ArrayBuffer>[] }>,
  ): AsyncGenerator<{ readonly keys: Keys; readonly answer: EncodeAnswer }> {
    const pending: { keys: Keys; answer: Promise<EncodeAnswer> }[] = [];
    const most = this.#workers.length * (1 + AHEAD);
    for await (const { keys, pictures } of batches) {
      const answer = this.#send(pictures);
      // Told when its turn comes; until then it is no unhandled rejection.
      answer.catch(() => {});
      pending.push({ keys, answer });
      if (pending.length < most) continue;
      const first = pending.shift()!;
      yield { keys: first.keys, answer: await first.answer };
    }
    for (const { keys, answer } of pending) yield { keys, answer: await answer };
  }

  #send(pictures: Uint8Array<ArrayBuffer>[]): Promise<EncodeAnswer> {
    const free = this.#workers.reduce((a, b) => b.jobs.size < a.jobs.size ? b : a);
    // A Worker may fail before its first order, while its model loads
    if (free.failure !== null) return Promise.reject(free.failure);
    const order: EncodeOrder = { id: this.#next++, pictures };
    const answer = Promise.withResolvers<EncodeAnswer>();
    free.jobs.set(order.id, answer);
    free.worker.postMessage(order, pictures.map((bytes) => bytes.buffer));
    return answer.promise;
  }

  /** A Worker that is terminated in the middle of native code can take the process with it. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const { worker, jobs } of this.#workers) {
      await Promise.allSettled([...jobs.values()].map((answer) => answer.promise));
      worker.terminate();
    }
  }
}
