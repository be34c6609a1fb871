/**
 * Names for bytes and values: SHA-256 in hex, and JSON whose bytes do not depend on key order.
 *
 * Not for secrets: passwords and tokens are compared elsewhere, in constant time.
 *
 * @module
 */
import { createHash } from "node:crypto";

/** SHA-256 of `bytes` (a string counts as its UTF-8 bytes), 64 lower-case hex digits. */
export function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** SHA-256 over several pieces, fed one after another; for streams and large lists. */
export interface Hasher {
  update(piece: Uint8Array | string): Hasher;
  hex(): string;
}

/** A {@linkcode Hasher} with nothing in it yet. */
export function hasher(): Hasher {
  const hash = createHash("sha256");
  const self: Hasher = {
    update(piece) {
      hash.update(piece);
      return self;
    },
    hex: () => hash.digest("hex"),
  };
  return self;
}

/** JSON with sorted keys and without undefined members, so that equal values have equal bytes. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((x) => canonicalJson(x ?? null)).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const entries = Object.entries(value).filter(([, x]) => x !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${entries.map(([k, x]) => `${JSON.stringify(k)}:${canonicalJson(x)}`).join(",")}}`;
  }
  return JSON.stringify(value);
}

/** SHA-256 of {@linkcode canonicalJson}. */
export function hashJson(value: unknown): string {
  return sha256(canonicalJson(value));
}

/** Whether `text` is a digest as {@linkcode sha256} writes it. */
export function isDigest(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}
