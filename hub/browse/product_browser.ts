/**
 * Looks into data versions for people: pages, search, differences. A Worker holds the rows; it ends when nobody asked
 * for a while.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { ChangeKind, ProductPage, ProductQuery, ShelfDiff } from "../data/product_shelf.ts";
import type { ShelfOrder, ShelfReply } from "./shelf_worker.ts";

/** Opens the blob of a version's rows. */
export type OpenRows = (blob: string) => Promise<ReadableStream<Uint8Array<ArrayBuffer>>>;

/** Versions kept at once: two, so that they can be compared. */
const VERSIONS = 2;
/** Two large versions together hold no more than this; one alone may. 84,916 products take some 130 million. */
const MAX_CHARS = 500e6;
/** The Worker and its rows go after this long without a question. */
const IDLE_MS = 10 * 60_000;

/** A version on its way into the Worker. */
interface Loading {
  done: Promise<void>;
  /** Characters, once all of it is there. */
  chars: number;
}

/** See the module's note. */
export class ProductBrowser implements AsyncDisposable {
  readonly #openRows: OpenRows;
  readonly #idleMs: number;
  #worker: Worker | null = null;
  /** Blobs in the Worker, the last one used at the end. */
  readonly #kept = new Map<string, Loading>();
  readonly #pending = new Map<number, PromiseWithResolvers<ProductPage | ShelfDiff>>();
  #next = 0;
  #idle: ReturnType<typeof setTimeout> | undefined;

  constructor(openRows: OpenRows, idleMs = IDLE_MS) {
    this.#openRows = openRows;
    this.#idleMs = idleMs;
  }

  /** Whether a Worker holds rows. */
  get isAwake(): boolean {
    return this.#worker !== null;
  }

  /** A page of the rows of `blob`. @throws {AppError} `data-invalid` where they cannot be read */
  async find(blob: string, query: ProductQuery): Promise<ProductPage> {
    this.#take([blob]);
    return await this.#ask((id) => ({ type: "find", id, blob, query })) as ProductPage;
  }

  /** How `blob` differs from `before`. @throws {AppError} `data-invalid` where they cannot be read */
  async diff(blob: string, before: string, options: {
    readonly kind?: ChangeKind | undefined;
    readonly from?: number | undefined;
    readonly limit: number;
  }): Promise<ShelfDiff> {
    this.#take([before, blob]);
    return await this.#ask((id) => ({ type: "diff", id, blob, before, options })) as ShelfDiff;
  }

  /** Begins to read the rows of `blob`, so that the first question finds them there. */
  prepare(blob: string): void {
    this.#take([blob]);
  }

  /** Ends the Worker; questions under way fail. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#idle);
    const loads = [...this.#kept.values()].map(({ done }) => done);
    this.#stop("the hub stops");
    await Promise.allSettled(loads);
  }

  /** Sees to it that the versions are in the Worker, and that no more than {@linkcode VERSIONS} are. */
  #take(blobs: readonly string[]): void {
    this.#rest();
    for (const blob of blobs) {
      const known = this.#kept.get(blob), loading = known ?? { done: Promise.resolve(), chars: 0 };
      this.#kept.delete(blob);
      this.#kept.set(blob, loading);
      if (known === undefined) loading.done = this.#load(blob, loading);
    }
    this.#dropWhile(() => this.#kept.size > VERSIONS);
  }

  /** Lets go of the versions that were not used for longest; one stays. */
  #dropWhile(isTooMuch: () => boolean): void {
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= 1 || !isTooMuch()) return;
      this.#kept.delete(oldest);
      this.#send({ type: "drop", blob: oldest });
    }
  }

  /** Characters of the versions that are kept, as far as they are read. */
  get #chars(): number {
    return this.#kept.values().reduce((sum, { chars }) => sum + chars, 0);
  }

  /** Ends the Worker after a while, unless somebody waits for an answer then. */
  #rest(): void {
    clearTimeout(this.#idle);
    const idle = setTimeout(() => {
      if (this.#pending.size > 0) this.#rest();
      else this.#stop("nobody asked for a while");
    }, this.#idleMs);
    Deno.unrefTimer(idle);
    this.#idle = idle;
  }

  /** Sends the rows, as long as they are wanted: a version that was dropped may come again as another loading. */
  async #load(blob: string, loading: Loading): Promise<void> {
    const isWanted = () => this.#kept.get(blob) === loading;
    this.#send({ type: "open", blob });
    try {
      for await (const bytes of await this.#openRows(blob)) {
        if (!isWanted()) return;
        this.#send({ type: "piece", blob, bytes }, [bytes.buffer]);
      }
      if (isWanted()) this.#send({ type: "end", blob });
    } catch {
      if (!isWanted()) return;
      this.#send({ type: "end", blob, problem: "its rows cannot be read" });
      this.#kept.delete(blob);
    }
  }

  #ask(order: (id: number) => ShelfOrder): Promise<ProductPage | ShelfDiff> {
    const id = this.#next++, answer = Promise.withResolvers<ProductPage | ShelfDiff>();
    this.#pending.set(id, answer);
    this.#send(order(id));
    return answer.promise;
  }

  #send(order: ShelfOrder, transfer: ArrayBuffer[] = []): void {
    this.#worker ??= this.#start();
    this.#worker.postMessage(order, transfer);
  }

  #start(): Worker {
    const worker = new Worker(new URL("./shelf_worker.ts", import.meta.url), {
      type: "module",
      name: "products",
    });
    worker.onmessage = ({ data }: MessageEvent<ShelfReply>) => {
      if ("loaded" in data) {
        const loading = this.#kept.get(data.loaded);
        if (loading !== undefined) loading.chars = data.chars;
        return this.#dropWhile(() => this.#chars > MAX_CHARS);
      }
      const waiting = this.#pending.get(data.id);
      this.#pending.delete(data.id);
      if (data.ok) waiting?.resolve(data.found);
      else waiting?.reject(problem(data.message));
    };
    worker.onerror = (event) => {
      event.preventDefault();
      this.#stop(`its Worker died: ${event.message}`);
    };
    return worker;
  }

  #stop(why: string): void {
    this.#worker?.terminate();
    this.#worker = null;
    this.#kept.clear();
    for (const waiting of this.#pending.values()) waiting.reject(problem(why));
    this.#pending.clear();
  }
}

function problem(why: string): AppError {
  return new AppError("data-invalid", `Cannot look at these products: ${why}`);
}
