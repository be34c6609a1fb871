/**
 * The release key under a passphrase, so that whoever finds a backup cannot sign releases.
 *
 * PBKDF2 with SHA-256 and 600,000 rounds (OWASP's figure of 2023) makes the AES-GCM key of 256 bits.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";

const MAGIC = new TextEncoder().encode("aisle-key/1\n");
const SALT_BYTES = 16, NONCE_BYTES = 12, ROUNDS = 600_000;

async function keyOf(passphrase: string, salt: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  const material = await crypto.subtle.importKey(
    "raw",
    new TextEncoder().encode(passphrase),
    "PBKDF2",
    false,
    ["deriveKey"],
  );
  return await crypto.subtle.deriveKey(
    { name: "PBKDF2", hash: "SHA-256", salt, iterations: ROUNDS },
    material,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt", "decrypt"],
  );
}

/** `key` sealed: magic, salt, nonce, ciphertext. @throws {AppError} `usage` for a passphrase of under 12 characters */
export async function sealKey(
  key: Uint8Array<ArrayBuffer>,
  passphrase: string,
): Promise<Uint8Array<ArrayBuffer>> {
  if (passphrase.length < 12) {
    throw new AppError("usage", "Cannot seal the release key: the passphrase needs 12 characters");
  }
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
  const iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const sealed = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv, additionalData: MAGIC },
    await keyOf(passphrase, salt),
    key,
  );
  const whole = new Uint8Array(MAGIC.length + SALT_BYTES + NONCE_BYTES + sealed.byteLength);
  whole.set(MAGIC);
  whole.set(salt, MAGIC.length);
  whole.set(iv, MAGIC.length + SALT_BYTES);
  whole.set(new Uint8Array(sealed), MAGIC.length + SALT_BYTES + NONCE_BYTES);
  return whole;
}

/** The key in `sealed`. @throws {AppError} `data-invalid` for another passphrase, or damage */
export async function openSealedKey(
  sealed: Uint8Array<ArrayBuffer>,
  passphrase: string,
): Promise<Uint8Array<ArrayBuffer>> {
  if (!MAGIC.every((byte, i) => sealed[i] === byte)) {
    throw new AppError("data-invalid", "Cannot open the sealed release key: it is none");
  }
  const salt = sealed.slice(MAGIC.length, MAGIC.length + SALT_BYTES);
  const iv = sealed.slice(MAGIC.length + SALT_BYTES, MAGIC.length + SALT_BYTES + NONCE_BYTES);
  try {
    const open = await crypto.subtle.decrypt(
      { name: "AES-GCM", iv, additionalData: MAGIC },
      await keyOf(passphrase, salt),
      sealed.slice(MAGIC.length + SALT_BYTES + NONCE_BYTES),
    );
    return new Uint8Array(open);
  } catch (error) {
    throw new AppError(
      "data-invalid",
      "Cannot open the sealed release key: it was sealed with another passphrase, or is damaged",
      { cause: error },
    );
  }
}
