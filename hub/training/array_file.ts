/**
 * Float arrays with a JSON header, as bytes: what checkpoints are written in.
 *
 * Layout: u32 magic, u32 header length, header JSON, then the arrays one after another, little-endian.
 *
 * @module
 */
import { canonicalJson } from "@aisle/shared/hash";

const MAGIC = 0x31504b41; // "AKP1", little-endian

/** Bytes of `header` and `arrays`; the header must say how long the arrays are. */
export function arraysToBytes(
  header: unknown,
  arrays: readonly Float32Array[],
): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(canonicalJson(header));
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

/** The header of `bytes`, and a reader of the arrays behind it; null where `bytes` are no such file. */
export function arraysFromBytes<Header>(
  bytes: Uint8Array,
): { readonly header: Header; readonly arrays: ArrayReader } | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8 || view.getUint32(0, true) !== MAGIC) return null;
  const end = 8 + view.getUint32(4, true);
  if (end > bytes.length) return null;
  // Own bytes, renamed into place when whole: what has the magic and the length is JSON
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, end))) as Header;
  return { header, arrays: new ArrayReader(bytes, end) };
}

/** Reads arrays one after another. */
class ArrayReader {
  readonly #bytes: Uint8Array;
  #at: number;
  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }
  /** The next `length` numbers; fewer where the bytes end early. */
  next(length: number): Float32Array {
    const part = this.#bytes.slice(this.#at, this.#at += length * 4);
    return new Float32Array(part.buffer, 0, Math.floor(part.length / 4));
  }
  /** Whether exactly all bytes were read. */
  get whole(): boolean {
    return this.#at === this.#bytes.length;
  }
}
