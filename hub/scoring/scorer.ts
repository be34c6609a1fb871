/**
 * Scores batches of products as fast as the machine allows: text here, pictures in one Worker a core.
 *
 * @module
 */
import { type Manifest, verify } from "@aisle/shared/bundle";
import { AppError } from "@aisle/shared/errors";
import type { Predictor, ProductContent, Scored } from "@aisle/shared/serving";
import { openNative } from "./native_predictor.ts";
import type { PredictOrder, PredictReply } from "./scorer_worker.ts";

/** Something that scores. */
export interface Scorer extends AsyncDisposable {
  readonly digest: string;
  readonly manifest: Manifest;
  /** Codes by class index. */
  readonly classes: readonly string[];
  /** Whether it looks at pictures. */
  readonly readsPictures: boolean;
  /** Products of one batch. */
  readonly batch: number;
  /** Batches worth having under way at once. */
  readonly ahead: number;
  /** One answer a product, in order. Pictures' bytes are given away. */
  score(products: readonly ProductContent[]): Promise<readonly Scored[]>;
}

/** Texts scored together: enough to keep the runtime busy, few enough to stay small. */
const TEXT_BATCH = 256;
/** Products with pictures that travel to a Worker together. */
const PICTURE_BATCH = 16;
/** More Workers than this gain nothing that their memory is worth. */
const MAX_WORKERS = 16;

/**
 * Opens a bundle for bulk work.
 *
 * @param pictures whether products will come with pictures
 * @throws {AppError} `bundle-invalid`
 */
export async function openScorer(
  bytes: Uint8Array<ArrayBuffer>,
  digest: string,
  { merges, pictures, workers = navigator.hardwareConcurrency }: {
    readonly merges: Readonly<Record<string, string>>;
    readonly pictures: boolean;
    readonly workers?: number;
  },
): Promise<Scorer> {
  const { manifest } = verify(bytes, digest);
  const readsPictures = manifest.kind === "fused" && pictures;
  const facts = {
    digest,
    manifest,
    classes: manifest.classes.map((code) => merges[code] ?? code),
    readsPictures,
  };
  if (!readsPictures) return { ...facts, ...inProcess(await openNative(bytes, digest, merges)) };
  const pool = await PredictPool.open(Math.min(workers, MAX_WORKERS), { bytes, digest, merges });
  return {
    ...facts,
    batch: PICTURE_BATCH,
    ahead: pool.size * 2,
    score: (products) => pool.score(products),
    [Symbol.asyncDispose]: () => pool.close(),
  };
}

function inProcess(
  predictor: Predictor,
): Pick<Scorer, "batch" | "ahead" | "score" | typeof Symbol.asyncDispose> {
  return {
    batch: TEXT_BATCH,
    ahead: 1,
    score: (products) => predictor.predict(products),
    [Symbol.asyncDispose]: () => predictor[Symbol.asyncDispose](),
  };
}

interface Member {
  readonly worker: Worker;
  readonly pending: Map<number, PromiseWithResolvers<readonly Scored[]>>;
}

/** Workers that score; each batch goes to the one with the least to do. */
class PredictPool {
  readonly #members: readonly Member[];
  #next = 0;

  private constructor(count: number) {
    this.#members = Array.from({ length: count }, () => this.#start());
  }

  static async open(
    count: number,
    bundle: Omit<PredictOrder & { type: "open" }, "type">,
  ): Promise<PredictPool> {
    const pool = new PredictPool(Math.max(1, count));
    try {
      await Promise.all(
        pool.#members.map((member) => pool.#send(member, -1, { type: "open", ...bundle })),
      );
    } catch (error) {
      await pool.close();
      throw error;
    }
    return pool;
  }

  get size(): number {
    return this.#members.length;
  }

  score(products: readonly ProductContent[]): Promise<readonly Scored[]> {
    const member = this.#members.reduce((a, b) => b.pending.size < a.pending.size ? b : a);
    const id = this.#next++;
    const buffers = new Set(
      products.flatMap(({ picture }) => picture == null ? [] : [picture.buffer]),
    );
    return this.#send(member, id, { type: "score", id, products }, [...buffers]);
  }

  /** Lets each Worker end by itself: one that is terminated in native code can take the process with it. */
  async close(): Promise<void> {
    for (const { worker, pending } of this.#members) {
      await Promise.allSettled([...pending.values()].map(({ promise }) => promise));
      worker.postMessage({ type: "close" } satisfies PredictOrder);
    }
  }

  #start(): Member {
    const worker = new Worker(new URL("./scorer_worker.ts", import.meta.url), {
      type: "module",
      name: "predict",
    });
    const pending: Member["pending"] = new Map();
    worker.onmessage = ({ data }: MessageEvent<PredictReply>) => {
      const waiting = pending.get(data.id);
      pending.delete(data.id);
      if (data.ok) waiting?.resolve(data.scored);
      else waiting?.reject(new AppError("internal", `Cannot predict: ${data.message}`));
    };
    worker.onerror = (event) => {
      event.preventDefault();
      const error = new AppError("internal", `Cannot predict: a Worker died: ${event.message}`);
      for (const waiting of pending.values()) waiting.reject(error);
      pending.clear();
    };
    return { worker, pending };
  }

  #send(
    member: Member,
    id: number,
    order: PredictOrder,
    transfer: ArrayBuffer[] = [],
  ): Promise<readonly Scored[]> {
    const answer = Promise.withResolvers<readonly Scored[]>();
    // Told when its turn comes; until then it is no unhandled rejection.
    answer.promise.catch(() => {});
    member.pending.set(id, answer);
    member.worker.postMessage(order, transfer);
    return answer.promise;
  }
}
