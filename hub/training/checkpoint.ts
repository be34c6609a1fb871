/**
 * A training run between two passes, as bytes: what a killed run needs to go on with the same bits.
 *
 * Layout: u32 magic, u32 header length, header JSON, then the fits' float32 arrays one after another. Rows are not
 * inside: they are counted again, and the digest refuses a checkpoint of other data or params.
 *
 * @module
 */
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

/** The fits in `bytes`, or why they are of no use to the run that `digest` names. */
export function checkpointFromBytes(
  bytes: Uint8Array,
  digest: string,
): { readonly fits: readonly FitCheckpoint[] } | { readonly unusable: string } {
  const header = readHeader(bytes);
  if (header === null) return { unusable: "the checkpoint is not whole" };
  if (header.json.digest !== digest) {
    return { unusable: "the checkpoint is of other data or params" };
  }
  let at = header.end;
  const fits = header.json.fits.map(({ lengths, ...fit }) => ({
    ...fit,
    arrays: lengths.map((length) => {
      const part = bytes.slice(at, at += length * 4);
      return new Float32Array(part.buffer, 0, Math.floor(part.length / 4));
    }),
  }));
  return at === bytes.length ? { fits } : { unusable: "the checkpoint is not whole" };
}

function readHeader(bytes: Uint8Array): { json: Header; end: number } | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8 || view.getUint32(0, true) !== MAGIC) return null;
  const end = 8 + view.getUint32(4, true);
  if (end > bytes.length) return null;
  // Own bytes, renamed into place when whole: what has the magic and the length is JSON
  return { json: JSON.parse(new TextDecoder().decode(bytes.subarray(8, end))), end };
}
