/**
 * Ed25519 keys as they travel: raw public keys in base64, and the short id that names one.
 *
 * Not where the private key is kept: that is the hub's artifact layer.
 *
 * @module
 */
import { AppError, messageOf } from "../errors.ts";
import { sha256 } from "../hash.ts";

/** A public key ready to verify with, and its id. */
export interface ReleaseKey {
  readonly key: CryptoKey;
  readonly keyId: string;
}

/** A private key ready to sign with, the id of its public key, and that public key in base64. */
export interface SigningKey {
  readonly key: CryptoKey;
  readonly keyId: string;
  readonly publicKey: string;
}

/** First 16 hex digits of the SHA-256 of a raw public key. */
export function keyIdOf(raw: Uint8Array): string {
  return sha256(raw).slice(0, 16);
}

/**
 * Reads a public key from the base64 of its 32 raw bytes.
 *
 * @throws {AppError} `release-invalid` when it is none
 */
export async function importPublicKey(base64: string): Promise<ReleaseKey> {
  const raw = fromBase64(base64.trim());
  if (raw?.length !== 32) {
    throw new AppError(
      "release-invalid",
      "Cannot use the public key: it must be 32 bytes in base64, as the hub prints it",
    );
  }
  try {
    const key = await crypto.subtle.importKey("raw", raw, "Ed25519", true, ["verify"]);
    return { key, keyId: keyIdOf(raw) };
  } catch (cause) {
    throw new AppError("release-invalid", `Cannot use the public key: ${messageOf(cause)}`, {
      cause,
    });
  }
}

/**
 * Reads a private key from PKCS #8 and works out the public key that belongs to it.
 *
 * @throws {AppError} `release-invalid` when it is no Ed25519 key
 */
export async function importPrivateKey(pkcs8: Uint8Array<ArrayBuffer>): Promise<SigningKey> {
  try {
    const key = await crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", true, ["sign"]);
    const { x } = await crypto.subtle.exportKey("jwk", key);
    const base64 = (x ?? "").replaceAll("-", "+").replaceAll("_", "/");
    const raw = fromBase64(base64.padEnd(Math.ceil(base64.length / 4) * 4, "="));
    if (raw?.length !== 32) throw new TypeError("it holds no public part");
    return { key, keyId: keyIdOf(raw), publicKey: toBase64(raw) };
  } catch (cause) {
    throw new AppError("release-invalid", `Cannot use the private key: ${messageOf(cause)}`, {
      cause,
    });
  }
}

/** `bytes` in base64. */
export function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

/** The bytes that `text` stands for, null where it is not base64. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return null;
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}
