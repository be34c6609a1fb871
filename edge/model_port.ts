/**
 * What the model host asks of one model worker, and the messages that carry it to a real one.
 *
 * @module
 */
import type { ErrorCode } from "@aisle/shared/errors";
import type { PictureUse, Route } from "@aisle/shared/contract";
import type { PictureBinaries } from "@aisle/shared/images_wasm";
import type { Explanation } from "@aisle/shared/serving";

/** The part of a product that a model reads. */
export interface ProductContent {
  readonly designation: string;
  readonly description: string;
  /** A picture's file, whose header was read; decoded only where the text is not sure. */
  readonly picture?: Uint8Array<ArrayBuffer> | null | undefined;
  /** Whether the answer shall say why. */
  readonly explain?: boolean | undefined;
}

/** A class and how sure the model is of it; `index` counts in the bundle's classes. */
export interface ScoredGuess {
  readonly index: number;
  readonly confidence: number;
}

/** The model's answer to one product. */
export interface Scored {
  readonly top: readonly ScoredGuess[];
  readonly confidence: number;
  readonly decision: "auto" | "review";
  /** What it was read from; absent: text. */
  readonly route?: Route | undefined;
  /** Absent: a text model, which looks at no picture. */
  readonly picture?: PictureUse | undefined;
  /** Why a picture is `invalid`. */
  readonly pictureProblem?: string | undefined;
  /** First guess of each branch that was asked. */
  readonly branches?: Readonly<Partial<Record<Route, ScoredGuess | null>>> | undefined;
  readonly why?: Explanation | null | undefined;
  readonly heatmap?:
    | { readonly width: number; readonly height: number; readonly values: ArrayLike<number> }
    | null
    | undefined;
  /** The texts as the model reads them, where `why` counts in them. */
  readonly texts?:
    | { readonly designation: string; readonly description: string }
    | undefined;
}

/** What a worker tells of a bundle once it is loaded, self-tested and warm. */
export interface Loaded {
  readonly digest: string;
  /** Codes, by class index. */
  readonly classes: readonly string[];
  /** `fused` looks at pictures too. */
  readonly kind: "text" | "fused";
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
