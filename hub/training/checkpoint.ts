/**
 * A training run between two passes, as bytes: what a killed run needs to go on with the same bits.
 *
 * Layout: u32 magic, u32 header length, header JSON, then the fits' float32 arrays one after another. Rows are not
 * inside: they are counted again, and the digest refuses a checkpoint of other data or params.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { canonicalJson } from "@aisle/shared/hash";

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

const MAGIC = 0x31504b41; // "AKP1", little-endian

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
  const json = new TextEncoder().encode(canonicalJson(header));
  const arrays = fits.flatMap((fit) => fit.arrays);
  const bytes = new Uint8Array(
    8 + json.length + arrays.reduce((sum, array) => sum + array.byteLength, 0),
  );
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, json.length, true);
  bytes.set(json, 8);
  let at = 8 + json.length;
  for (const array of arrays) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at);
    at += array.byteLength;
  }
  return bytes;
}

/**
 * The fits in `bytes`, or null where they belong to another run than `digest` names.
 *
 * @throws {AppError} `data-invalid` for bytes that are no whole checkpoint
 */
export function checkpointFromBytes(bytes: Uint8Array, digest: string): FitCheckpoint[] | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const jsonBytes = bytes.length >= 8 && view.getUint32(0, true) === MAGIC
    ? view.getUint32(4, true)
    : Infinity;
  if (8 + jsonBytes > bytes.length) throw notWhole();
  const header: Header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + jsonBytes)));
  if (header.digest !== digest) return null;
  let at = 8 + jsonBytes;
  const fits = header.fits.map(({ lengths, ...fit }) => ({
    ...fit,
    arrays: lengths.map((length) => {
      if (at + length * 4 > bytes.length) throw notWhole();
      const array = new Float32Array(bytes.slice(at, at += length * 4).buffer);
      return array;
    }),
  }));
  if (at !== bytes.length) throw notWhole();
  return fits;
}

function notWhole(): AppError {
  return new AppError(
    "data-invalid",
    "Cannot resume the training: the checkpoint is not whole. Delete it and start again",
  );
}
