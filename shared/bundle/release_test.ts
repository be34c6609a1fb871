import assert from "node:assert/strict";
import type { ReleaseDocument, SignedRelease } from "../contract.ts";
import { AppError } from "../errors.ts";
import { signRelease, verifyRelease } from "./release.ts";
import {
  fromBase64,
  importPrivateKey,
  importPublicKey,
  type SigningKey,
  toBase64,
} from "./release_key.ts";

/** Seed of 32 times `byte` as PKCS #8 (RFC 8410). */
async function keyOf(byte: number): Promise<SigningKey> {
  const head = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
  return await importPrivateKey(Uint8Array.from([...head, ...new Array<number>(32).fill(byte)]));
}
const document: ReleaseDocument = {
  format: "aisle-release/1",
  catalogue: "demo",
  sequence: 3,
  digest: "a".repeat(64),
  sizeBytes: 1000,
  kind: "promote",
  runId: "run-1",
  dataset: "b".repeat(64),
  verdict: { accept: true, digest: "c".repeat(64) },
  metrics: { weightedF1: 0.9 },
  labels: { version: 1, entries: [{ code: "0060", name: "Été & jeux" }] },
  createdAt: "2026-01-02T03:04:05Z",
};
const signer = await keyOf(1);
const trusted = await importPublicKey(signer.publicKey);
const refused = (signed: SignedRelease, why: RegExp) =>
  assert.rejects(verifyRelease(signed, trusted), (error: unknown) => {
    assert.ok(error instanceof AppError && error.code === "release-invalid");
    assert.match(error.message, why);
    return true;
  });

Deno.test("verifyRelease() gives back the document that signRelease() signed", async () => {
  assert.deepEqual(await verifyRelease(await signRelease(document, signer), trusted), document);
});

Deno.test("signRelease() gives the same bytes for the same document: Ed25519 draws nothing", async () => {
  assert.deepEqual(await signRelease(document, signer), await signRelease({ ...document }, signer));
});

Deno.test("verifyRelease() refuses a changed payload, signature or key", async () => {
  const signed = await signRelease(document, signer);
  await refused(
    { ...signed, payload: signed.payload.replace('"sequence":3', '"sequence":4') },
    /signature does not match/,
  );
  await refused({ ...signed, payload: `${signed.payload} ` }, /signature does not match/);
  const bytes = fromBase64(signed.signature)!;
  for (const at of [0, 31, 32, 63]) {
    const flipped = bytes.slice();
    flipped[at]! ^= 1;
    await refused({ ...signed, signature: toBase64(flipped) }, /signature does not match/);
  }
  await refused({ ...signed, signature: "" }, /signature does not match/);
  await refused({ ...signed, signature: "not base64!" }, /signature does not match/);
  const other = await signRelease(document, await keyOf(2));
  await refused(other, /signed with key [0-9a-f]{16}, this edge trusts/);
  await refused({ ...other, keyId: trusted.keyId }, /signature does not match/);
});

Deno.test("verifyRelease() refuses a payload that is signed but no release document", async () => {
  const sign = async (payload: string): Promise<SignedRelease> => {
    const bytes = new TextEncoder().encode(payload);
    const signature = await crypto.subtle.sign("Ed25519", signer.key, bytes);
    return { payload, keyId: signer.keyId, signature: toBase64(new Uint8Array(signature)) };
  };
  await refused(await sign("{"), /not JSON/);
  await refused(await sign(JSON.stringify({ ...document, digest: "../x" })), /no release document/);
});

Deno.test("signRelease() refuses a document that no edge would take", async () => {
  await assert.rejects(signRelease({ ...document, sequence: 0 }, signer), /Cannot sign/);
});

Deno.test("importPublicKey() takes 32 bytes in base64 and nothing else", async () => {
  assert.equal((await importPublicKey(` ${signer.publicKey}\n`)).keyId, signer.keyId);
  for (
    const bad of [
      "",
      "AAAA",
      "%".repeat(44),
      signer.publicKey.slice(1),
      toBase64(new Uint8Array(33)),
    ]
  ) {
    await assert.rejects(importPublicKey(bad), /32 bytes in base64/);
  }
});

Deno.test("importPrivateKey() finds the public key of RFC 8032's first test vector", async () => {
  const seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
  const bytes = seed.match(/../g)!.map((pair) => parseInt(pair, 16));
  const head = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
  const { publicKey } = await importPrivateKey(Uint8Array.from([...head, ...bytes]));
  const hex = Array.from(fromBase64(publicKey)!, (b) => b.toString(16).padStart(2, "0")).join("");
  assert.equal(hex, "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  await assert.rejects(importPrivateKey(new Uint8Array(48)), /Cannot use the private key/);
});

Deno.test("verifyRelease() trusts each of several keys while one follows the other, and none that was taken out", async () => {
  const next = await keyOf(2), nextKey = await importPublicKey(next.publicKey);
  const byOld = await signRelease(document, signer), byNext = await signRelease(document, next);
  for (const signed of [byOld, byNext]) await verifyRelease(signed, trusted, nextKey);
  await verifyRelease(byNext, nextKey);
  await assert.rejects(verifyRelease(byOld, nextKey), { code: "release-invalid" });
  // A name does not make a key: a revoked one cannot pass for another
  const renamed = { ...byOld, keyId: nextKey.keyId };
  await assert.rejects(verifyRelease(renamed, trusted, nextKey), /signature/);
});
