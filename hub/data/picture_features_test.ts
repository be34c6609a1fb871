import assert from "node:assert/strict";
import { sha256 } from "@aisle/shared/hash";
import { createMemoryStore } from "../artifact/blob_store.ts";
import { readChunkDigests, readFeatureChunk, writeFeatureChunk } from "./picture_features.ts";

const digests = ["a", "b", "c"].map((name) => sha256(name));
const bytes = writeFeatureChunk({ digests, values: Float16Array.of(1, 2, 3, 4, 5, 6) });

Deno.test("readChunkDigests() gives the digests that reading the whole chunk gives", async () => {
  const blobs = createMemoryStore();
  const { digest } = await blobs.put(bytes);
  const whole = readFeatureChunk(bytes);
  assert.deepEqual(await readChunkDigests(blobs, digest), whole.digests);
  assert.deepEqual(whole.digests, digests);
});

Deno.test("readChunkDigests() refuses what is no chunk or ends before its digests do", async () => {
  const blobs = createMemoryStore();
  for (const wrong of [bytes.slice(0, 8), bytes.slice(0, 70), bytes.map((byte) => byte ^ 1)]) {
    const { digest } = await blobs.put(wrong);
    await assert.rejects(readChunkDigests(blobs, digest), { code: "data-invalid" });
  }
});
