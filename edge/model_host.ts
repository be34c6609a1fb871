/**
 * The models that serve: a pool of workers, one queue before them, and the swap from one release to the next.
 *
 * Invariants: a request that was let in is answered, by the model before a swap or the one after it, never by
 * none; at most `maxQueue` products are in; a model serves only after its bundle was checked and self-tested here.
 *
 * @module
 */
import { AppError, messageOf } from "@aisle/shared/errors";
import { sha256 } from "@aisle/shared/hash";
import type { ReleaseDocument } from "@aisle/shared/contract";
import type { Answer } from "./answer.ts";
import { AnswerCache, type CacheCounts } from "./answer_cache.ts";
import { Generation, type Slot } from "./generation.ts";
import type { Log } from "./log.ts";
import type { ModelWorker, ProductContent } from "./model_port.ts";
import type { ReleaseTarget } from "./releases.ts";
import { type Slice, SliceQueue, slicesOf } from "./slice_queue.ts";
import type { Clock } from "./waiting.ts";

/** What {@linkcode createModelHost} needs. */
export interface ModelHostDeps {
  readonly start: () => ModelWorker;
  readonly workers: number;
  readonly maxQueue: number;
  /** Bytes of pictures that may wait or be in work. */
  readonly maxPictureBytes: number;
  /** Memory for answers that were given before; 0 keeps none. */
  readonly answerCacheBytes: number;
  /** Whether workers know pictures again by their digests. */
  readonly knowsPictures: boolean;
  /** A worker that needs longer for one run is ended and replaced. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** What serves now. */
export interface HostStatus {
  readonly serving: {
    readonly release: ReleaseDocument;
    readonly classes: readonly string[];
    readonly kind: "text" | "fused";
    readonly maxDifference: number;
  } | null;
  /** Workers alive. */
  readonly workers: number;
  /** Products let in and not yet answered. */
  readonly waiting: number;
  /** Workers replaced after they died or hung. */
  readonly restarts: number;
  readonly swaps: number;
  readonly answers: CacheCounts;
  /** Pictures that were used, by whether a worker had read them before. */
  readonly pictures: { readonly known: number; readonly read: number };
}

/** Serves predictions; releases come in through {@linkcode ReleaseTarget}. */
export interface ModelHost extends ReleaseTarget {
  /**
   * One answer a product, in order.
   *
   * @throws {AppError} `no-release` before the first swap, `overloaded` when the queue is full
   */
  predict(products: readonly ProductContent[]): Promise<Answer[]>;
  status(): HostStatus;
  /** Lets in nothing more, waits for what is in, ends the workers. */
  close(): Promise<void>;
}

/** Workers that one slice may bring down before it is given up. */
const MAX_FAILURES = 2;

/** A host with no model yet. */
export function createModelHost(deps: ModelHostDeps): ModelHost {
  const queue = new SliceQueue<Answer>();
  let current: Generation | null = null;
  let waiting = 0;
  let pictureBytes = 0;
  let restarts = 0;
  let swaps = 0;
  let closed = false;
  let onDrained: (() => void) | null = null;
  const kept = new AnswerCache(deps.answerCacheBytes);
  /** Changes with the model and with its names. */
  let epoch = 0;
  const pictures = { known: 0, read: 0 };

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
    slices: readonly Slice<Answer>[],
  ): Promise<void> {
    slot.busy = true;
    let hung = false;
    const timer = setTimeout(() => {
      hung = true;
      slot.worker.close();
    }, deps.timeoutMs);
    let failure: { readonly reason: string } | null = null;
    try {
      const answers = await generation.run(slot, slices.flatMap((slice) => slice.products));
      let at = 0;
      for (const { products, resolve } of slices) {
        resolve(answers.slice(at, at += products.length));
      }
    } catch (error) {
      failure = { reason: hung ? `no answer for ${deps.timeoutMs} ms` : messageOf(error) };
    } finally {
      clearTimeout(timer);
      slot.busy = false;
    }
    if (failure !== null) {
      // Even a worker that only threw is replaced: what its wasm memory holds now is anybody's guess.
      generation.lose(slot, failure.reason);
      retry(slices, failure.reason);
    }
    generation.settle();
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

  async function classify(products: readonly ProductContent[]): Promise<Answer[]> {
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
    const bytes = products.reduce((sum, { picture }) => sum + (picture?.length ?? 0), 0);
    // One product's picture gets in, however large it is: the door has its own limit.
    if (bytes > 0 && pictureBytes > 0 && pictureBytes + bytes > deps.maxPictureBytes) {
      throw new AppError(
        "overloaded",
        `Cannot take ${bytes} more bytes of pictures: at most ${deps.maxPictureBytes} may wait, ${pictureBytes} do`,
        { retryAfterSeconds: 1 },
      );
    }
    waiting += products.length;
    pictureBytes += bytes;
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
      pictureBytes -= bytes;
      if (waiting === 0) onDrained?.();
    }
  }

  /** What was answered before is answered again; the rest goes to the model. */
  async function predict(products: readonly ProductContent[]): Promise<Answer[]> {
    const known = deps.knowsPictures || deps.answerCacheBytes > 0
      ? products.map(withDigest)
      : products;
    if (closed || current === null || deps.answerCacheBytes === 0) return await classify(known);
    const keys = known.map((product) => kept.keyOf(product));
    const answers = keys.map((key) => key === null ? undefined : kept.get(key));
    const missing = known.filter((_, i) => answers[i] === undefined);
    if (missing.length === 0) return answers as Answer[];
    const asked = epoch, fresh = await classify(missing);
    let next = 0;
    return answers.map((answer, i) => {
      if (answer !== undefined) return answer;
      const made = fresh[next++]!, key = keys[i];
      // By a model or under names that have gone meanwhile: not for those that come after
      if (key != null && asked === epoch) kept.put(key, withoutTook(made));
      return made;
    });
  }

  /** Nothing that was answered holds any longer. */
  function forget(): void {
    epoch++;
    kept.clear();
  }

  return {
    predict,

    async swap(bytes, release) {
      const next = await Generation.start(bytes, release, deps.workers, {
        start: deps.start,
        clock: deps.clock,
        log: deps.log,
        onLost: () => restarts++,
        onReplaced: pump,
        onScored: (scored) => {
          for (const { picture, pictureKnown } of scored) {
            if (picture === "used") pictures[pictureKnown ? "known" : "read"]++;
          }
        },
        // Nothing serves and nothing is about to: better a clear answer than a long wait.
        onHopeless: () => next === current && queue.rejectAll(notReady()),
      });
      if (closed) {
        next.close();
        throw new AppError("not-ready", "Cannot swap: the edge is closing");
      }
      const old = current;
      current = next;
      swaps++;
      forget();
      old?.retire();
      pump();
    },

    relabel(release) {
      if (current === null || current.loaded.digest !== release.digest) {
        throw new TypeError(`Cannot relabel: ${release.digest} is not what is served`);
      }
      current.relabel(release);
      forget();
    },

    status: () => ({
      serving: current === null ? null : {
        release: current.release,
        classes: current.loaded.classes,
        kind: current.loaded.kind,
        maxDifference: current.loaded.maxDifference,
      },
      workers: current?.slots.size ?? 0,
      waiting,
      restarts,
      swaps,
      answers: kept.counts(),
      pictures: { ...pictures },
    }),

    async close() {
      if (closed) return;
      closed = true;
      const drained = Promise.withResolvers<void>();
      onDrained = drained.resolve;
      if (waiting > 0) {
        const giveUp = new AbortController();
        await Promise.race([
          drained.promise.then(() => giveUp.abort()),
          deps.clock.sleep(deps.timeoutMs, giveUp.signal),
        ]);
      }
      queue.rejectAll(notReady());
      current?.close();
    },
  };
}

function notReady(): AppError {
  return new AppError("not-ready", "Cannot predict: the edge is starting or stopping", {
    retryAfterSeconds: 2,
  });
}

/** An answer that is given again takes none of that. */
function withoutTook({ took: _took, ...answer }: Answer): Answer {
  return answer;
}

/** The product with the name of its picture, by which answers and pictures are known again. */
function withDigest(product: ProductContent): ProductContent {
  const { picture } = product;
  return picture ? { ...product, pictureDigest: sha256(picture) } : product;
}
