/**
 * Signed release documents: the hub signs, every edge verifies before it believes a word.
 *
 * The signature covers the very bytes that travel; nothing is serialised again before it is checked.
 *
 * @module
 */
import { ReleaseDocument, type SignedRelease } from "../contract.ts";
import { AppError } from "../errors.ts";
import { canonicalJson } from "../hash.ts";
import { fromBase64, type ReleaseKey, type SigningKey, toBase64 } from "./release_key.ts";

/**
 * Signs `document` with an Ed25519 key.
 *
 * @throws {AppError} `release-invalid` when the document does not fit its schema
 */
export async function signRelease(
  document: ReleaseDocument,
  signer: SigningKey,
): Promise<SignedRelease> {
  const parsed = ReleaseDocument.safeParse(document);
  if (!parsed.success) {
    throw new AppError("release-invalid", `Cannot sign the release: ${parsed.error.message}`);
  }
  const payload = canonicalJson(parsed.data);
  const bytes = new TextEncoder().encode(payload);
  const signature = await crypto.subtle.sign("Ed25519", signer.key, bytes);
  return { payload, keyId: signer.keyId, signature: toBase64(new Uint8Array(signature)) };
}

/**
 * The document inside `signed`, if a partner of one of `trusted` signed it.
 *
 * Several are trusted while a hub goes from one key to the next; what is left out is revoked.
 *
 * @throws {AppError} `release-invalid` for another key, a changed byte or a payload that is no release document
 */
export async function verifyRelease(
  signed: SignedRelease,
  ...trusted: readonly ReleaseKey[]
): Promise<ReleaseDocument> {
  const publicKey = trusted.find(({ keyId }) => keyId === signed.keyId);
  if (publicKey === undefined) {
    const ids = trusted.map(({ keyId }) => keyId).join(", ");
    throw refused(`it is signed with key ${signed.keyId}, this edge trusts ${ids} only`);
  }
  const signature = fromBase64(signed.signature);
  const payload = new TextEncoder().encode(signed.payload);
  if (
    signature === null ||
    !await crypto.subtle.verify("Ed25519", publicKey.key, signature, payload)
  ) throw refused("its signature does not match");
  let value: unknown;
  try {
    value = JSON.parse(signed.payload);
  } catch (cause) {
    throw refused("its payload is not JSON", cause);
  }
  const parsed = ReleaseDocument.safeParse(value);
  if (!parsed.success) throw refused(`its payload is no release document: ${parsed.error.message}`);
  return parsed.data;
}

function refused(why: string, cause?: unknown): AppError {
  return new AppError("release-invalid", `Cannot accept the release: ${why}`, { cause });
}
