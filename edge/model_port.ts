/**
 * What the model host asks of one model worker, and the messages that carry it to a real one.
 *
 * @module
 */
import type { ErrorCode } from "@aisle/shared/errors";
import type { PictureBinaries } from "@aisle/shared/images_wasm";
import type { ProductContent, Scored as ModelScored, ScoredGuess } from "@aisle/shared/serving";

export type { ProductContent, ScoredGuess };

/** The model's answer to one product, with the texts as it reads them where `why` counts in them. */
export interface Scored extends ModelScored {
  readonly texts?: { readonly designation: string; readonly description: string };
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
  /** Of the ONNX runtime. */
  readonly runtime: Uint8Array<ArrayBuffer>;
  readonly pictures: PictureBinaries;
}

/** To a worker. */
export type WorkerRequest =
  | {
    readonly type: "load";
    readonly id: number;
    readonly bytes: Uint8Array<ArrayBuffer>;
    readonly digest: string;
    readonly binaries: WorkerBinaries;
  }
  | { readonly type: "predict"; readonly id: number; readonly products: readonly ProductContent[] };

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
