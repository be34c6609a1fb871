/**
 * What the model host asks of one model worker, and the messages that carry it to a real one.
 *
 * @module
 */
import type { ErrorCode } from "@aisle/shared/errors";
import type { PictureBinaries } from "@aisle/shared/images_wasm";
import type {
  ProductContent,
  Scored as ModelScored,
  ScoredGuess,
  Took,
} from "@aisle/shared/serving";

export type { ProductContent, ScoredGuess, Took };

/** The model's answer to one product, with the texts as it reads them where `why` counts in them. */
export interface Scored extends ModelScored {
  readonly texts?: { readonly designation: string; readonly description: string };
  /** What the run took that gave the answer. */
  readonly took?: Readonly<Took>;
}

/** What a worker tells of a bundle once it is loaded, self-tested and warm. */
export interface Loaded {
  readonly digest: string;
  /** Codes, by class index. */
  readonly classes: readonly string[];
  /** `fused` looks at pictures too. */
  readonly kind: "text" | "fused";
  /** How a picture is laid into the square that a fused model reads. */
  readonly fit: "stretch" | "contain";
  /** Largest difference to the golden samples' confidences, on this device. */
  readonly maxDifference: number;
}

/** One place where a model runs; dies as a whole. */
export interface ModelWorker {
  /** Checks and loads the bundle, replays its golden samples, warms up; once. */
  load(bytes: Uint8Array<ArrayBuffer>, digest: string): Promise<Loaded>;
  /** One answer a product, in order; one call at a time. */
  predict(products: readonly ProductContent[]): Promise<readonly Scored[]>;
  /** Ends it at once, whatever it does. */
  close(): void;
  /** Settles with the reason when it dies without being closed. */
  readonly died: Promise<string>;
}

/** WebAssembly that a worker compiles: it may read no file itself. */
export interface WorkerBinaries {
  /** Of the ONNX runtime; only bundles that the engine does not know make a worker ask for it. */
  readonly runtime: () => Promise<Uint8Array<ArrayBuffer>>;
  readonly pictures: PictureBinaries;
}

/** How a worker is to run. */
export interface WorkerOptions {
  /** Memory for what pictures said; 0 keeps nothing. */
  readonly pictureCacheBytes: number;
}

/** What a worker is asked, by number. */
export type WorkerQuestion =
  | {
    readonly type: "load";
    readonly id: number;
    readonly bytes: Uint8Array<ArrayBuffer>;
    readonly digest: string;
    /** Null for a worker that decodes natively. */
    readonly pictures: PictureBinaries | null;
    readonly pictureCacheBytes: number;
  }
  | { readonly type: "predict"; readonly id: number; readonly products: readonly ProductContent[] };

/** To a worker; the runtime goes to one that has asked for it. */
export type WorkerRequest =
  | WorkerQuestion
  | { readonly type: "runtime"; readonly bytes: Uint8Array<ArrayBuffer> };

/** What a worker says to a question, under its number. */
export type WorkerAnswer =
  | { readonly id: number; readonly ok: true; readonly value: Loaded | readonly Scored[] }
  | {
    readonly id: number;
    readonly ok: false;
    /** Null for a bug. */
    readonly code: ErrorCode | null;
    readonly message: string;
  };

/** From a worker. */
export type WorkerReply = WorkerAnswer | { readonly id: null; readonly needs: "runtime" };
