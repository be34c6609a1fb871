/**
 * The key that signs releases: made at first start, kept in a file that its owner alone reads.
 *
 * Lose it and every edge must be given a new public key; leak it and anybody can release.
 *
 * @module
 */
import { importPrivateKey, type SigningKey } from "@aisle/shared/bundle";
import { createFile, settle, writeAll } from "./durable_file.ts";

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
  const incoming = `${file}.${crypto.randomUUID()}`;
  {
    using target = await createFile(incoming);
    await writeAll(target, pkcs8);
    await target.sync();
  }
  await settle(incoming, file);
  return await importPrivateKey(pkcs8);
}
