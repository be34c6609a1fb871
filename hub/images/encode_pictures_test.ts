import assert from "node:assert/strict";
import { sha256 } from "@aisle/shared/hash";
import { HANDMADE, handmadeFeatures } from "@aisle/shared/images";
import { rng } from "@aisle/shared/random";
import sharp from "sharp";
import { createMemoryStore } from "../artifact/blob_store.ts";
import { readPictureFeatures } from "../data/picture_features.ts";
import { encodeOnnx, type Graph } from "../onnx/mod.ts";
import { encodePictures } from "./encode_pictures.ts";
import { FeatureCache } from "./feature_cache.ts";
import type { PictureReader } from "./picture_reader.ts";

/** An encoder of 8 x 8 pictures: the mean of each colour. */
const MEANS: Graph = {
  name: "means",
  inputs: [{ name: "pixels", type: "uint8", shape: ["N", 8, 8, 3] }],
  outputs: [{ name: "embedding", type: "float32", shape: ["N", 3] }],
  initializers: [],
  nodes: [
    { op: "Cast", inputs: ["pixels"], outputs: ["floats"], attributes: { to: 1 } },
    {
      op: "ReduceMean",
      inputs: ["floats"],
      outputs: ["embedding"],
      attributes: { axes: [1, 2], keepdims: 0 },
    },
  ],
};
const kind = { encoder: "e".repeat(64), embedding: 3, handmade: 0 };

async function png(seed: number): Promise<Uint8Array<ArrayBuffer>> {
  const random = rng(seed);
  const data = Uint8Array.from({ length: 8 * 8 * 3 }, () => random() * 256);
  return new Uint8Array(
    await sharp(data, { raw: { width: 8, height: 8, channels: 3 } }).png().toBuffer(),
  );
}

/** A reader that counts what is read. */
function readerOf(pictures: readonly Uint8Array<ArrayBuffer>[]) {
  const byDigest = new Map(pictures.map((bytes) => [sha256(bytes), bytes]));
  const read: string[] = [];
  const reader: PictureReader = {
    read: (digest) => Promise.resolve(byDigest.get(digest)?.slice() ?? null),
    async *readAll(digests) {
      for (const digest of digests) {
        read.push(digest);
        yield { digest, bytes: await reader.read(digest) };
      }
    },
  };
  return { reader, read, digests: [...byDigest.keys()] };
}

async function setUp() {
  const folder = await Deno.makeTempDir();
  const blobs = createMemoryStore();
  return {
    blobs,
    folder,
    open: () => FeatureCache.open(folder, kind, blobs),
    /** Encodes with a cache opened anew, as another run does. */
    encode: async (
      digests: readonly string[],
      reader: PictureReader,
      more: { signal?: AbortSignal; onProgress?: (done: number) => void } = {},
    ) =>
      await encodePictures(new Set(digests), {
        kind,
        cache: await FeatureCache.open(folder, kind, blobs),
        reader,
        model: encodeOnnx(MEANS),
        recipe: { version: 1, size: 8, fit: "stretch" },
        workers: 2,
        chunkPictures: 5,
        signal: new AbortController().signal,
        onProgress: () => {},
        ...more,
      }),
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

Deno.test("encodePictures() decodes each picture once, in this run and in all that follow", async () => {
  await using here = await setUp();
  const pictures = await Promise.all(Array.from({ length: 23 }, (_, i) => png(i)));
  const { reader, read, digests } = readerOf(pictures);
  const first = await here.encode(digests.slice(0, 20), reader);
  assert.deepEqual([first.decoded, read.length], [20, 20]);
  const again = await here.encode(digests.slice(0, 20), reader);
  assert.deepEqual([again.decoded, read.length], [0, 20]);
  assert.deepEqual(again.list, first.list);
  const grown = await here.encode(digests, reader);
  assert.deepEqual([grown.decoded, read.length], [3, 23]);

  const list = (await here.blobs.put(new TextEncoder().encode(JSON.stringify(grown.list)))).digest;
  const features = await readPictureFeatures(here.blobs, list);
  assert.equal(features.rowOf.size, 23);
  for (const digest of digests) {
    const pixels = await sharp(pictures[digests.indexOf(digest)]!).raw().toBuffer();
    const mean = (c: number) => pixels.filter((_, i) => i % 3 === c).reduce((a, b) => a + b) / 64;
    const row = features.rowOf.get(digest)!;
    const values = features.values.subarray(row * 3, row * 3 + 3);
    assert.deepEqual(values, Float16Array.of(mean(0), mean(1), mean(2)));
  }
  const some = await readPictureFeatures(here.blobs, list, new Set(digests.slice(3, 5)));
  assert.deepEqual([...some.rowOf.keys()].sort(), digests.slice(3, 5).sort());
});

Deno.test("encodePictures() puts hand-made features behind the encoder's", async () => {
  await using here = await setUp();
  const picture = await png(7);
  const { reader, digests } = readerOf([picture]);
  const both = { ...kind, handmade: HANDMADE.dims };
  const { list } = await encodePictures(new Set(digests), {
    kind: both,
    cache: await FeatureCache.open(here.folder, both, here.blobs),
    reader,
    model: encodeOnnx(MEANS),
    recipe: { version: 1, size: 8, fit: "stretch" },
    workers: 1,
    signal: new AbortController().signal,
    onProgress: () => {},
  });
  const digest = (await here.blobs.put(new TextEncoder().encode(JSON.stringify(list)))).digest;
  const { values, dims } = await readPictureFeatures(here.blobs, digest);
  const pixels = new Uint8Array(await sharp(picture).raw().toBuffer());
  assert.equal(dims, 3 + HANDMADE.dims);
  assert.deepEqual(values.subarray(3), new Float16Array(handmadeFeatures(pixels, 8)));
});

Deno.test("encodePictures() refuses an encoder whose features half precision cannot hold", async () => {
  await using here = await setUp();
  const { reader, digests } = readerOf([await png(3)]);
  const last = MEANS.nodes.at(-1)!;
  const loud: Graph = {
    ...MEANS,
    nodes: [
      ...MEANS.nodes.slice(0, -1),
      { ...last, outputs: ["means"] },
      // e to the power of some 128
      { op: "Exp", inputs: ["means"], outputs: ["embedding"], attributes: {} },
    ],
  };
  const encoding = encodePictures(new Set(digests), {
    kind,
    cache: await here.open(),
    reader,
    model: encodeOnnx(loud),
    recipe: { version: 1, size: 8, fit: "stretch" },
    workers: 1,
    signal: new AbortController().signal,
    onProgress: () => {},
  });
  await assert.rejects(encoding, /below 65,504/);
});

Deno.test("encodePictures() tells which pictures cannot be decoded, and does not try them again", async () => {
  await using here = await setUp();
  const good = await png(1);
  const { reader, read, digests } = readerOf([good, good.subarray(0, 60).slice()]);
  const lost = sha256("lost");
  const { list, decoded } = await here.encode([...digests, lost], reader);
  assert.equal(decoded, 2);
  assert.deepEqual(list.undecodable.map(({ digest }) => digest), [digests[1]!, lost].sort());
  const problem = (digest: string) => list.undecodable.find((u) => u.digest === digest)?.problem;
  assert.match(problem(digests[1]!)!, /PNG is cut short/);
  assert.match(problem(lost)!, /not in the hub/);
  read.length = 0;
  assert.deepEqual((await here.encode([...digests, lost], reader)).list, list);
  assert.deepEqual(read, [lost]);
});

Deno.test("encodePictures() that was stopped goes on where it was", async () => {
  await using here = await setUp();
  const { reader, read, digests } = readerOf(
    await Promise.all(Array.from({ length: 40 }, (_, i) => png(i))),
  );
  const stop = new AbortController();
  const stopped = here.encode(digests, reader, {
    signal: stop.signal,
    onProgress: (done) => done >= 16 && stop.abort(),
  });
  await assert.rejects(stopped, /abort/i);
  // A process that was killed while it wrote.
  for await (const { name } of Deno.readDir(here.folder)) {
    await Deno.writeTextFile(`${here.folder}/${name}`, '{"chunk": "abc', { append: true });
  }
  read.length = 0;
  const { list } = await here.encode(digests, reader);
  assert.ok(read.length < 40, String(read.length));
  assert.equal(list.undecodable.length, 0);
  const whole = (await here.blobs.put(new TextEncoder().encode(JSON.stringify(list)))).digest;
  assert.equal((await readPictureFeatures(here.blobs, whole)).rowOf.size, 40);
});
