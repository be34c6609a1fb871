/**
 * What is asked of a trial's worker, what it answers, and the messages between.
 *
 * @module
 */
import type { ErrorCode } from "@aisle/shared/errors";
import type { PictureBinaries } from "@aisle/shared/images_wasm";
import type { Scored } from "@aisle/shared/serving";

/** A product that somebody tries. */
export interface TrialProduct {
  readonly designation: string;
  readonly description: string;
  /** The picture's file. */
  readonly picture: Uint8Array<ArrayBuffer> | null;
}

/** What one bundle says of one product, and why. */
export interface TrialScore {
  readonly scored: Scored;
  /** Codes, by class index. */
  readonly classes: readonly string[];
  /** The texts as the model reads them: places in `scored.why` count in them. */
  readonly texts: { readonly designation: string; readonly description: string };
  /** How a picture was laid into the square that the model reads; null where it reads none. */
  readonly fit: "stretch" | "contain" | null;
}

/** WebAssembly that a worker compiles: it may read no file itself. */
export interface TrialBinaries {
  /** Of the ONNX runtime. */
  readonly runtime: Uint8Array<ArrayBuffer>;
  readonly pictures: PictureBinaries;
}

/** To a worker. `begin` comes first and once; a bundle is opened before anything is asked of it. */
export type TrialRequest =
  | { readonly type: "begin"; readonly id: number; readonly binaries: TrialBinaries }
  | {
    readonly type: "open";
    readonly id: number;
    readonly digest: string;
    readonly bytes: Uint8Array<ArrayBuffer>;
  }
  | {
    readonly type: "score";
    readonly id: number;
    readonly digest: string;
    readonly product: TrialProduct;
  };

/** From a worker: a score where one was asked for. */
export type TrialReply =
  | { readonly id: number; readonly ok: true; readonly score: TrialScore | null }
  | {
    readonly id: number;
    readonly ok: false;
    /** Null for a bug. */
    readonly code: ErrorCode | null;
    readonly message: string;
  };

/** One place where bundles are tried; dies as a whole. */
export interface TrialWorker {
  begin(binaries: TrialBinaries): Promise<void>;
  open(digest: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  score(digest: string, product: TrialProduct): Promise<TrialScore>;
  /** Ends it at once, whatever it does; what was asked of it fails. */
  close(): void;
}
