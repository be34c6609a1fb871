/**
 * The workers of one bundle: started together, replaced when they die, ended when the bundle is retired.
 *
 * It knows no queue: `model_host.ts` decides what runs where.
 *
 * @module
 */
import { messageOf } from "@aisle/shared/errors";
import type { ReleaseDocument } from "@aisle/shared/contract";
import { type Answer, answerOf } from "./answer.ts";
import type { Log } from "./log.ts";
import type { Loaded, ModelWorker, ProductContent, Scored } from "./model_port.ts";
import { backoffMs, type Clock } from "./waiting.ts";

/** A worker and whether it is at work. */
export interface Slot {
  readonly worker: ModelWorker;
  busy: boolean;
}

/** What a {@linkcode Generation} needs. */
export interface GenerationDeps {
  readonly start: () => ModelWorker;
  readonly clock: Clock;
  readonly log: Log;
  /** A worker was lost. */
  readonly onLost: () => void;
  /** Products were scored. */
  readonly onScored: (scored: readonly Scored[]) => void;
  /** Another worker took its place. */
  readonly onReplaced: () => void;
  /** No worker is left and none could be started; it goes on trying. */
  readonly onHopeless: () => void;
}

/** Wait before a dead worker is replaced, again and again. */
const REPLACE_BACKOFF = { firstMs: 100, maxMs: 30_000 };

/** See the module. */
export class Generation {
  /** Workers alive. */
  readonly slots = new Set<Slot>();
  readonly loaded: Loaded;
  readonly #deps: GenerationDeps;
  /** Kept at hand, to replace a worker that dies. */
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #stopped = new AbortController();
  #release: ReleaseDocument;
  #names: ReadonlyMap<string, string>;

  private constructor(
    bytes: Uint8Array<ArrayBuffer>,
    release: ReleaseDocument,
    started: { readonly workers: readonly ModelWorker[]; readonly loaded: Loaded },
    deps: GenerationDeps,
  ) {
    this.#bytes = bytes;
    this.#release = release;
    this.#names = namesOf(release);
    this.#deps = deps;
    this.loaded = started.loaded;
    for (const worker of started.workers) this.#adopt(worker);
  }

  /** Starts `count` workers; all of them load the bundle, or none stays. */
  static async start(
    bytes: Uint8Array<ArrayBuffer>,
    release: ReleaseDocument,
    count: number,
    deps: GenerationDeps,
  ): Promise<Generation> {
    const starts = await Promise.allSettled(
      Array.from({ length: count }, () => started(deps, bytes, release.digest)),
    );
    const ready = starts.flatMap((s) => s.status === "fulfilled" ? [s.value] : []);
    const failed = starts.find((s) => s.status === "rejected");
    const [first] = ready;
    if (failed !== undefined || first === undefined) {
      for (const { worker } of ready) worker.close();
      throw failed?.reason ?? new RangeError("a generation needs a worker");
    }
    const workers = ready.map(({ worker }) => worker);
    return new Generation(bytes, release, { workers, loaded: first.loaded }, deps);
  }

  get retired(): boolean {
    return this.#stopped.signal.aborted;
  }

  get release(): ReleaseDocument {
    return this.#release;
  }

  /** Same bytes, new names. */
  relabel(release: ReleaseDocument): void {
    this.#release = release;
    this.#names = namesOf(release);
  }

  /** Answers of the worker in `slot`, one a product; fails as the worker fails. */
  async run(slot: Slot, products: readonly ProductContent[]): Promise<Answer[]> {
    const scored = await slot.worker.predict(products);
    if (scored.length !== products.length) {
      throw new RangeError(`the model gave ${scored.length} answers to ${products.length}`);
    }
    this.#deps.onScored(scored);
    const naming = { ...this.loaded, names: this.#names };
    return scored.map((score) => answerOf(score, naming));
  }

  /** Takes a broken worker out and brings another in. */
  lose(slot: Slot, reason: string): void {
    slot.worker.close();
    if (!this.slots.delete(slot) || this.retired) return;
    this.#deps.onLost();
    this.#deps.log("error", "model worker lost, replacing it", {
      reason,
      digest: this.loaded.digest,
    });
    void this.#replace();
  }

  /** No more work: idle workers end now, busy ones at {@linkcode settle}. */
  retire(): void {
    this.#stopped.abort();
    this.settle();
  }

  /** Ends the idle workers of a retired generation. */
  settle(): void {
    if (!this.retired) return;
    for (const slot of this.slots) if (!slot.busy) this.#end(slot);
  }

  /** Ends all workers at once. */
  close(): void {
    this.#stopped.abort();
    for (const slot of this.slots) this.#end(slot);
  }

  #end(slot: Slot): void {
    this.slots.delete(slot);
    slot.worker.close();
  }

  #adopt(worker: ModelWorker): void {
    const slot: Slot = { worker, busy: false };
    this.slots.add(slot);
    worker.died.then((reason) => {
      // A busy one is noticed by the work that it carries.
      if (!slot.busy) this.lose(slot, reason);
    });
  }

  async #replace(): Promise<void> {
    const { clock, log, onReplaced, onHopeless } = this.#deps;
    for (let failures = 1;; failures++) {
      await clock.sleep(
        backoffMs(failures, REPLACE_BACKOFF, clock.random()),
        this.#stopped.signal,
      );
      if (this.retired) return;
      try {
        const { worker } = await started(this.#deps, this.#bytes, this.loaded.digest);
        if (this.retired) return worker.close();
        this.#adopt(worker);
        return onReplaced();
      } catch (error) {
        log("error", "cannot replace the model worker", { reason: messageOf(error) });
        if (!this.retired && this.slots.size === 0) onHopeless();
      }
    }
  }
}

/** Starts a worker with `bytes`; whatever fails ends it. */
async function started(
  deps: Pick<GenerationDeps, "start">,
  bytes: Uint8Array<ArrayBuffer>,
  digest: string,
): Promise<{ worker: ModelWorker; loaded: Loaded }> {
  const worker = deps.start();
  try {
    return { worker, loaded: await worker.load(bytes, digest) };
  } catch (error) {
    worker.close();
    throw error;
  }
}

function namesOf(release: ReleaseDocument): ReadonlyMap<string, string> {
  return new Map(release.labels.entries.map(({ code, name }) => [code, name]));
}
