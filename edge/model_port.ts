/**
 * What the model host asks of one model worker, and the messages that carry it to a real one.
 *
 * @module
 */
import type { ErrorCode } from "@aisle/shared/errors";

/** The part of a product that a text model reads. */
export interface ProductText {
  readonly designation: string;
  readonly description: string;
}

/** The model's answer to one product; `index` counts in the bundle's classes. */
export interface Scored {
  readonly top: readonly { readonly index: number; readonly confidence: number }[];
  readonly confidence: number;
  readonly decision: "auto" | "review";
}

/** What a worker tells of a bundle once it is loaded, self-tested and warm. */
export interface Loaded {
  readonly digest: string;
  /** Codes, by class index. */
  readonly classes: readonly string[];
  /** Largest difference to the golden samples' confidences, on this device. */
  readonly maxDifference: number;
}

/** One place where a model runs; dies as a whole. */
export interface ModelWorker {
  /** Checks and loads the bundle, replays its golden samples, warms up; once. */
  load(bytes: Uint8Array<ArrayBuffer>, digest: string): Promise<Loaded>;
  /** One answer a product, in order; one call at a time. */
  predict(products: readonly ProductText[]): Promise<readonly Scored[]>;
  /** Ends it at once, whatever it does. */
  close(): void;
  /** Settles with the reason when it dies without being closed. */
  readonly died: Promise<string>;
}

/** To a worker. */
export type WorkerRequest =
  | {
    readonly type: "load";
    readonly id: number;
    readonly bytes: Uint8Array<ArrayBuffer>;
    readonly digest: string;
    readonly wasm: Uint8Array<ArrayBuffer>;
  }
  | { readonly type: "predict"; readonly id: number; readonly products: readonly ProductText[] };

/** From a worker. */
export type WorkerReply =
  | { readonly id: number; readonly ok: true; readonly value: Loaded | readonly Scored[] }
  | {
    readonly id: number;
    readonly ok: false;
    /** Null for a bug. */
    readonly code: ErrorCode | null;
    readonly message: string;
  };
