/**
 * Tries products against bundles in a worker, so that scoring never blocks the thread that answers requests.
 *
 * The worker starts with the first product, keeps the bundles that were asked last, and ends when nobody has asked for
 * a while: a hub whose page nobody opens holds no model in memory.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { TrialBinaries, TrialProduct, TrialScore, TrialWorker } from "./trial_port.ts";

/** What a {@linkcode TrialHost} works with. */
export interface TrialHostDeps {
  readonly start: () => TrialWorker;
  /** Read when the worker starts. */
  readonly binaries: () => Promise<TrialBinaries>;
  /** Bytes of a bundle. @throws {AppError} `not-found` */
  readonly bundle: (digest: string) => Promise<Uint8Array<ArrayBuffer>>;
  /** The worker ends after so long without a question. */
  readonly idleMs?: number;
  /** A question that takes longer ends the worker. */
  readonly timeoutMs?: number;
}

const IDLE_MS = 60_000, TIMEOUT_MS = 30_000;
/** Questions that may wait; people ask one at a time. */
const MAX_WAITING = 8;
/** Bundles that a worker holds: champion, challenger and one to spare. With a fourth it starts anew. */
const MAX_OPEN = 3;

/** See the module's note. */
export class TrialHost implements Disposable {
  readonly #deps: TrialHostDeps;
  #worker: Promise<TrialWorker> | null = null;
  readonly #open = new Set<string>();
  #idle: ReturnType<typeof setTimeout> | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(deps: TrialHostDeps) {
    this.#deps = deps;
  }

  /** Whether a worker is there. */
  get running(): boolean {
    return this.#worker !== null;
  }

  /**
   * What the bundle `digest` says of `product`. One question after the other.
   *
   * @throws {AppError} `not-found`, `bundle-invalid`; `overloaded` when too many wait; `internal` when the worker dies
   */
  async score(digest: string, product: TrialProduct): Promise<TrialScore> {
    if (this.#waiting >= MAX_WAITING) {
      throw new AppError(
        "overloaded",
        `Cannot try a product: at most ${MAX_WAITING} may wait`,
        { retryAfterSeconds: 2 },
      );
    }
    this.#waiting++;
    const turn = this.#turn.then(() => this.#score(digest, product));
    this.#turn = turn.catch(() => {/* its asker is told; the next one has its own turn */});
    try {
      return await turn;
    } finally {
      this.#waiting--;
    }
  }

  /** Ends the worker, if there is one. */
  [Symbol.dispose](): void {
    clearTimeout(this.#idle);
    this.#worker?.then((worker) => worker.close(), () => {/* it never began */});
    this.#worker = null;
    this.#open.clear();
  }

  async #score(digest: string, product: TrialProduct): Promise<TrialScore> {
    const { bundle, idleMs = IDLE_MS, timeoutMs = TIMEOUT_MS } = this.#deps;
    clearTimeout(this.#idle);
    const timer = setTimeout(() => this[Symbol.dispose](), timeoutMs);
    try {
      if (!this.#open.has(digest)) {
        if (this.#open.size >= MAX_OPEN) this[Symbol.dispose]();
        const bytes = await bundle(digest);
        await (await this.#started()).open(digest, bytes);
        this.#open.add(digest);
      }
      return await (await this.#started()).score(digest, product);
    } catch (error) {
      // What refuses a product or a bundle leaves the worker well; of anything else nobody knows how it left it.
      if (!(error instanceof AppError) || error.code === "internal") this[Symbol.dispose]();
      throw error;
    } finally {
      clearTimeout(timer);
      if (this.#worker !== null) {
        this.#idle = setTimeout(() => this[Symbol.dispose](), idleMs);
        // It keeps no process alive that has nothing else to do.
        Deno.unrefTimer(this.#idle);
      }
    }
  }

  #started(): Promise<TrialWorker> {
    return this.#worker ??= (async () => {
      const binaries = await this.#deps.binaries();
      const worker = this.#deps.start();
      await worker.begin(binaries);
      return worker;
    })();
  }
}
