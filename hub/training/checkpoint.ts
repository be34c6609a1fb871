/**
 * A training run between two passes, as bytes: what a killed run needs to go on with the same bits.
 *
 * Rows are not inside: they are counted again, and the digest refuses a checkpoint of other data or params.
 *
 * @module
 */
import { arraysFromBytes, arraysToBytes } from "./array_file.ts";

/** Where one fit stands. */
export interface FitCheckpoint {
  readonly id: string;
  /** Passes made. */
  readonly passes: number;
  readonly done: boolean;
  /** Running: weights, bias, alpha. Done: what the fit was for. */
  readonly arrays: readonly Float32Array[];
}

interface Header {
  readonly digest: string;
  readonly fits: readonly {
    readonly id: string;
    readonly passes: number;
    readonly done: boolean;
    readonly lengths: readonly number[];
  }[];
}

/** Bytes of `fits`, which belong to the run named `digest`. */
export function checkpointToBytes(
  digest: string,
  fits: readonly FitCheckpoint[],
): Uint8Array<ArrayBuffer> {
  const header: Header = {
    digest,
    fits: fits.map(({ id, passes, done, arrays }) => ({
      id,
      passes,
      done,
      lengths: arrays.map((array) => array.length),
    })),
  };
  return arraysToBytes(header, fits.flatMap((fit) => fit.arrays));
}

/** The fits in `bytes`, or why they are of no use to the run that `digest` names. */
export function checkpointFromBytes(
  bytes: Uint8Array,
  digest: string,
): { readonly fits: readonly FitCheckpoint[] } | { readonly unusable: string } {
  const file = arraysFromBytes<Header>(bytes);
  if (file === null) return { unusable: "the checkpoint is not whole" };
  const { header, arrays } = file;
  if (header.digest !== digest) return { unusable: "the checkpoint is of other data or params" };
  const fits = header.fits.map(({ lengths, ...fit }) => ({
    ...fit,
    arrays: lengths.map((length) => arrays.next(length)),
  }));
  return arrays.whole ? { fits } : { unusable: "the checkpoint is not whole" };
}
