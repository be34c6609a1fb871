/**
 * The models that serve: a pool of workers, one queue before them, and the swap from one release to the next.
 *
 * Invariants: a request that was let in is answered, by the model before a swap or the one after it, never by
 * none; at most `maxQueue` products are in; a model serves only after its bundle was checked and self-tested here.
 *
 * @module
 */
import { AppError, messageOf } from "@aisle/shared/errors";
import type { Guess, ReleaseDocument } from "@aisle/shared/contract";
import type { Log } from "./log.ts";
import type { Loaded, ModelWorker, ProductText, Scored } from "./model_port.ts";
import type { ReleaseTarget } from "./releases.ts";
import { type Slice, SliceQueue, slicesOf } from "./slice_queue.ts";
import { backoffMs, type Clock } from "./waiting.ts";

/** What {@linkcode createModelHost} needs. */
export interface ModelHostDeps {
  readonly start: () => ModelWorker;
  readonly workers: number;
  readonly maxQueue: number;
  /** A worker that needs longer for one slice is ended and replaced. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** One product's answer, with the digest of the bundle that gave it. */
export interface Answer {
  readonly digest: string;
  readonly code: string;
  readonly label: string;
  readonly confidence: number;
  readonly decision: "auto" | "review";
  readonly top: Guess[];
}

/** What serves now. */
export interface HostStatus {
  readonly serving: {
    readonly release: ReleaseDocument;
    readonly classes: readonly string[];
    readonly maxDifference: number;
  } | null;
  /** Workers alive. */
  readonly workers: number;
  /** Products let in and not yet answered. */
  readonly waiting: number;
  /** Workers replaced after they died or hung. */
  readonly restarts: number;
  readonly swaps: number;
}

/** Serves predictions; releases come in through {@linkcode ReleaseTarget}. */
export interface ModelHost extends ReleaseTarget {
  /**
   * One answer a product, in order.
   *
   * @throws {AppError} `no-release` before the first swap, `overloaded` when the queue is full
   */
  predict(products: readonly ProductText[]): Promise<Answer[]>;
  status(): HostStatus;
  /** Lets in nothing more, waits for what is in, ends the workers. */
  close(): Promise<void>;
}

interface Slot {
  readonly worker: ModelWorker;
  busy: boolean;
}

/** Everything of one bundle: its bytes stay at hand to replace a worker that dies. */
interface Generation {
  readonly bytes: Uint8Array<ArrayBuffer>;
  release: ReleaseDocument;
  names: ReadonlyMap<string, string>;
  readonly loaded: Loaded;
  readonly slots: Set<Slot>;
  retired: boolean;
}

/** Workers that one slice may bring down before it is given up. */
const MAX_FAILURES = 2;
/** Wait before a dead worker is replaced again. */
const REPLACE_BACKOFF = { firstMs: 100, maxMs: 30_000 };

/** A host with no model yet. */
export function createModelHost(deps: ModelHostDeps): ModelHost {
  const { clock, log } = deps;
  const queue = new SliceQueue<Answer>();
  let current: Generation | null = null;
  let waiting = 0;
  let restarts = 0;
  let swaps = 0;
  let closed = false;
  const stopped = new AbortController();
  let onDrained: (() => void) | null = null;

  /** Starts a worker with `bytes`; whatever fails ends it. */
  async function started(bytes: Uint8Array<ArrayBuffer>, digest: string) {
    const worker = deps.start();
    try {
      return { worker, loaded: await worker.load(bytes, digest) };
    } catch (error) {
      worker.close();
      throw error;
    }
  }

  function adopt(generation: Generation, worker: ModelWorker): void {
    const slot: Slot = { worker, busy: false };
    generation.slots.add(slot);
    worker.died.then((reason) => {
      // A busy one is noticed by the slices it carried.
      if (!slot.busy) lose(generation, slot, reason);
    });
  }

  /** Takes a broken worker out and brings another in. */
  function lose(generation: Generation, slot: Slot, reason: string): void {
    slot.worker.close();
    if (!generation.slots.delete(slot) || generation.retired || closed) return;
    restarts++;
    log("error", "model worker lost, replacing it", { reason, digest: generation.loaded.digest });
    void replace(generation);
  }

  async function replace(generation: Generation): Promise<void> {
    for (let failures = 1;; failures++) {
      await clock.sleep(backoffMs(failures, REPLACE_BACKOFF, clock.random()), stopped.signal);
      if (generation.retired || closed) return;
      try {
        const { worker } = await started(generation.bytes, generation.loaded.digest);
        if (generation.retired || closed) return worker.close();
        adopt(generation, worker);
        return pump();
      } catch (error) {
        log("error", "cannot replace the model worker", { reason: messageOf(error) });
        if (generation === current && generation.slots.size === 0) {
          // Nothing serves and nothing is about to: better a clear answer than a long wait.
          queue.rejectAll(notReady());
        }
      }
    }
  }

  /** Hands waiting slices to idle workers. */
  function pump(): void {
    if (current === null) return;
    for (const slot of current.slots) {
      if (queue.empty) return;
      if (!slot.busy) void work(current, slot, queue.take());
    }
  }

  /** Runs `slices` on `slot` and settles each, or puts it back when that failed. */
  async function work(
    generation: Generation,
    slot: Slot,
    slices: Slice<Answer>[],
  ): Promise<void> {
    slot.busy = true;
    let hung = false;
    const timer = setTimeout(() => {
      hung = true;
      slot.worker.close();
    }, deps.timeoutMs);
    let failure: unknown = null;
    try {
      const products = slices.length === 1
        ? slices[0]!.products
        : slices.flatMap((slice) => slice.products);
      const scored = await slot.worker.predict(products);
      if (scored.length !== products.length) {
        throw new RangeError(`the model gave ${scored.length} answers to ${products.length}`);
      }
      let at = 0;
      for (const slice of slices) {
        const end = at + slice.products.length;
        const answers = scored.slice(at, end).map((score) => named(generation, score));
        at = end;
        slice.resolve(answers);
      }
    } catch (error) {
      failure = error;
    } finally {
      clearTimeout(timer);
      slot.busy = false;
    }
    if (failure !== null) {
      const reason = hung ? `no answer for ${deps.timeoutMs} ms` : messageOf(failure);
      // Even a worker that only threw is replaced: what its wasm memory holds now is anybody's guess.
      lose(generation, slot, reason);
      retry(slices, reason);
    }
    if (generation.retired) retireIdle(generation);
    pump();
  }

  /** Puts slices back at the front; one that keeps bringing workers down is given up. */
  function retry(slices: readonly Slice<Answer>[], reason: string): void {
    for (const slice of slices) slice.failures++;
    const again = slices.filter((slice) => !closed && slice.failures < MAX_FAILURES);
    queue.putBack(again);
    const error = new AppError("internal", `Cannot predict: the model failed twice: ${reason}`);
    for (const slice of slices) if (!again.includes(slice)) slice.reject(error);
  }

  function retireIdle(generation: Generation): void {
    for (const slot of generation.slots) {
      if (slot.busy) continue;
      generation.slots.delete(slot);
      slot.worker.close();
    }
  }

  return {
    async predict(products) {
      if (closed) throw notReady();
      if (current === null) {
        throw new AppError(
          "no-release",
          "Cannot predict: this edge has no model yet. It serves as soon as the hub has released one",
          { retryAfterSeconds: 5 },
        );
      }
      if (waiting + products.length > deps.maxQueue) {
        throw new AppError(
          "overloaded",
          `Cannot take ${products.length} more products: at most ${deps.maxQueue} may wait, ${waiting} do`,
          { retryAfterSeconds: 1 },
        );
      }
      waiting += products.length;
      try {
        const answers: Answer[] = [];
        // One slice at a time, so that single requests get in between the slices of a large batch.
        for (const slice of slicesOf(products)) {
          const answer = queue.add(slice);
          pump();
          answers.push(...await answer);
        }
        return answers;
      } finally {
        waiting -= products.length;
        if (waiting === 0) onDrained?.();
      }
    },

    async swap(bytes, release) {
      const starts = await Promise.allSettled(
        Array.from({ length: deps.workers }, () => started(bytes, release.digest)),
      );
      const ready = starts.flatMap((s) => s.status === "fulfilled" ? [s.value] : []);
      const failed = starts.find((s) => s.status === "rejected");
      const [first] = ready;
      if (failed !== undefined || first === undefined || closed) {
        for (const { worker } of ready) worker.close();
        throw failed?.reason ?? new AppError("not-ready", "Cannot swap: the edge is closing");
      }
      const next: Generation = {
        bytes,
        release,
        names: namesOf(release),
        loaded: first.loaded,
        slots: new Set(),
        retired: false,
      };
      for (const { worker } of ready) adopt(next, worker);
      const old = current;
      current = next;
      swaps++;
      if (old !== null) {
        old.retired = true;
        retireIdle(old);
      }
      pump();
    },

    relabel(release) {
      if (current === null || current.loaded.digest !== release.digest) {
        throw new TypeError(`Cannot relabel: ${release.digest} is not what is served`);
      }
      current.release = release;
      current.names = namesOf(release);
    },

    status: () => ({
      serving: current === null ? null : {
        release: current.release,
        classes: current.loaded.classes,
        maxDifference: current.loaded.maxDifference,
      },
      workers: current?.slots.size ?? 0,
      waiting,
      restarts,
      swaps,
    }),

    async close() {
      if (closed) return;
      closed = true;
      const drained = Promise.withResolvers<void>();
      onDrained = drained.resolve;
      if (waiting > 0) {
        await Promise.race([drained.promise, clock.sleep(deps.timeoutMs, stopped.signal)]);
      }
      stopped.abort();
      queue.rejectAll(notReady());
      for (const slot of current?.slots ?? []) slot.worker.close();
    },
  };
}

function namesOf(release: ReleaseDocument): ReadonlyMap<string, string> {
  return new Map(release.labels.entries.map(({ code, name }) => [code, name]));
}

/** `score` in codes and names; a class that has lost its name goes by its code. */
function named({ loaded, names }: Generation, score: Scored): Answer {
  const top = score.top.map(({ index, confidence }) => {
    const code = loaded.classes[index];
    if (code === undefined) throw new RangeError(`the model named class ${index}`);
    return { code, label: names.get(code) ?? code, confidence };
  });
  const [best] = top;
  if (best === undefined) throw new RangeError("the model named no class");
  return {
    digest: loaded.digest,
    code: best.code,
    label: best.label,
    confidence: score.confidence,
    decision: score.decision,
    top,
  };
}

function notReady(): AppError {
  return new AppError("not-ready", "Cannot predict: the edge is starting or stopping", {
    retryAfterSeconds: 2,
  });
}
