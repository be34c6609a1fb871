/**
 * The key that signs releases: made at first start, kept in a file that its owner alone reads.
 *
 * Lose it and every edge must be given a new public key; leak it and anybody can release.
 *
 * @module
 */
import { importPrivateKey, type SigningKey } from "@aisle/shared/bundle";

/** The key in `file`, made when there is none. */
export async function openReleaseKey(file: string): Promise<SigningKey> {
  try {
    return await importPrivateKey(await Deno.readFile(file));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const pair = await crypto.subtle.generateKey("Ed25519", true, [
    "sign",
    "verify",
  ]) as CryptoKeyPair;
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  // Beside and renamed: a kill in between leaves no half key.
  await Deno.writeFile(`${file}.new`, pkcs8, { mode: 0o600 });
  await Deno.rename(`${file}.new`, file);
  return await importPrivateKey(pkcs8);
}
