import assert from "node:assert/strict";
import { decodeUpright } from "../images/mod.ts";
import { readPictureBinaries } from "./binaries.ts";
import { wasmDecoder } from "./wasm_decoder.ts";

const GOLDEN = new URL("../../tests/golden/pictures/", import.meta.url);
const golden = (name: string) => Deno.readFileSync(new URL(name, GOLDEN));
const binaries = await readPictureBinaries();

Deno.test("wasmDecoder() decodes right after hundreds of files that it failed on", async () => {
  const decoder = wasmDecoder(binaries);
  const before = {
    jpeg: await decodeUpright(decoder, golden("420.jpg")),
    png: await decodeUpright(decoder, golden("alpha.png")),
    webp: await decodeUpright(decoder, golden("lossy.webp")),
  };
  const cmyk = golden("refused_cmyk.jpg"), png = golden("refused_truncated.png");
  for (let i = 0; i < 250; i++) {
    await assert.rejects(decoder.decode(cmyk, "jpeg"));
    if (i < 50) await assert.rejects(decoder.decode(png, "png"));
    await assert.rejects(decoder.decode(golden("refused_truncated.webp"), "webp"));
  }
  assert.deepEqual(await decodeUpright(decoder, golden("420.jpg")), before.jpeg);
  assert.deepEqual(await decodeUpright(decoder, golden("alpha.png")), before.png);
  assert.deepEqual(await decodeUpright(decoder, golden("lossy.webp")), before.webp);
});

Deno.test("wasmDecoder() that takes the same memory again decodes every picture as one that does not", async () => {
  const fresh = wasmDecoder(binaries), reusing = wasmDecoder(binaries, { reuse: true });
  const files = ["420.jpg", "lossy.webp", "turned_6.jpg", "alpha.png", "420.jpg"];
  for (const name of files) {
    const format = name.endsWith("jpg") ? "jpeg" : name.endsWith("png") ? "png" : "webp";
    const { data, ...size } = await reusing.decode(golden(name), format);
    const { data: expected, ...same } = await fresh.decode(golden(name), format);
    assert.deepEqual(size, same);
    assert.deepEqual([...data], [...expected]);
  }
});

Deno.test("wasmDecoder() works in a Worker that has no permission", async () => {
  const worker = new Worker(new URL("./testing/decoding_worker.ts", import.meta.url), {
    type: "module",
    deno: { permissions: "none" },
  });
  try {
    const answer = Promise.withResolvers<{ width: number; height: number } | { error: string }>();
    worker.onmessage = ({ data }) => answer.resolve(data);
    worker.onerror = (event) => answer.reject(event);
    worker.postMessage({ binaries, bytes: golden("turned_6.jpg") });
    assert.deepEqual(await answer.promise, { width: 26, height: 37 });
  } finally {
    worker.terminate();
  }
});
