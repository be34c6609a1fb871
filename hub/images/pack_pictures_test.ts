import assert from "node:assert/strict";
import { rng } from "@aisle/shared/random";
import { sha256 } from "@aisle/shared/hash";
import { createMemoryStore } from "../artifact/blob_store.ts";
import { readPictureIndex, writePictureIndex } from "../data/picture_index.ts";
import { packPictures } from "./pack_pictures.ts";
import type { PictureFiles } from "./picture_files.ts";
import { openPictureReader } from "./picture_reader.ts";

/** Files of noise; `null` for one that cannot be read. */
function filesOf(contents: Readonly<Record<string, Uint8Array<ArrayBuffer> | null>>): PictureFiles {
  const paths = Object.keys(contents).sort();
  return {
    count: paths.length,
    *[Symbol.iterator]() {
      for (const path of paths) {
        const bytes = contents[path]!;
        yield {
          path,
          sizeBytes: bytes?.length ?? 7,
          read: () => Promise.resolve(bytes === null ? { problem: "it is gone" } : { bytes }),
        };
      }
    },
    [Symbol.dispose]: () => {},
  };
}

function noise(bytes: number, seed: number): Uint8Array<ArrayBuffer> {
  const random = rng(seed);
  return Uint8Array.from({ length: bytes }, () => random() * 256);
}

/** 300 pictures of 200 kB, more than ten packs. */
function manyPictures(): Record<string, Uint8Array<ArrayBuffer>> {
  return Object.fromEntries(Array.from({ length: 300 }, (_, i) => {
    const bytes = new Uint8Array(200_000);
    new DataView(bytes.buffer).setUint32(0, i);
    return [`p${String(i).padStart(3, "0")}.jpg`, bytes];
  }));
}

async function packed(files: PictureFiles) {
  const blobs = createMemoryStore();
  const kept: string[] = [];
  const index = await packPictures(files, {
    keep: async (digest, bytes) => {
      kept.push(digest);
      assert.equal((await blobs.put(bytes)).digest, digest);
    },
  });
  return { blobs, kept, index };
}

Deno.test("packPictures() keeps each content once and gives every one of them back", async () => {
  const [a, b] = [noise(3000, 1), noise(10, 2)];
  const files = filesOf({ "a.jpg": a, "x/b.jpg": b, "y/c.jpg": a, "gone.jpg": null });
  const { blobs, index } = await packed(files);
  assert.deepEqual(index.entries, [
    { path: "a.jpg", sizeBytes: 3000, digest: sha256(a) },
    { path: "gone.jpg", sizeBytes: 7, digest: "", problem: "it is gone" },
    { path: "x/b.jpg", sizeBytes: 10, digest: sha256(b) },
    { path: "y/c.jpg", sizeBytes: 3000, digest: sha256(a) },
  ]);
  const bytes = await new Response(writePictureIndex(index)).bytes();
  const again = await readPictureIndex(new Blob([bytes]).stream());
  assert.deepEqual(again, { ...index, entries: again.entries });
  assert.deepEqual(
    again.entries.map(({ path, digest }) => [path, digest]),
    index.entries.map(({ path, digest }) => [path, digest]),
  );

  const images = (await blobs.put(bytes)).digest;
  const reader = await openPictureReader(blobs, images);
  assert.deepEqual(await reader.read(sha256(a)), a);
  assert.deepEqual(await reader.read(sha256(b)), b);
  assert.equal(await reader.read(sha256("nowhere")), null);
  const fromFeedback = (await blobs.put(noise(50, 3))).digest;
  assert.deepEqual(await reader.read(fromFeedback), noise(50, 3));
  const wanted = [sha256("nowhere"), sha256(b), fromFeedback, sha256(a), sha256(b)];
  const all = await Array.fromAsync(reader.readAll(wanted));
  assert.equal(all.length, 4);
  for (const { digest, bytes } of all) assert.deepEqual(bytes, await reader.read(digest));
});

Deno.test("packPictures() of one picture more makes one or two new packs, the others stay", async () => {
  const pictures = manyPictures();
  const before = await packed(filesOf(pictures));
  assert.ok(before.kept.length > 8, String(before.kept.length));
  for (const name of ["p150a.jpg", "a.jpg"]) {
    const after = await packed(filesOf({ ...pictures, [name]: noise(200_000, 9) }));
    const fresh = after.kept.filter((digest) => !before.kept.includes(digest));
    assert.ok(fresh.length <= 2, `${name}: ${fresh.length} of ${after.kept.length}`);
  }
});

Deno.test("packPictures() stops when it is told to", async () => {
  const files = filesOf({ "a.jpg": noise(10, 1) });
  const keep = () => Promise.resolve();
  await assert.rejects(packPictures(files, { keep, signal: AbortSignal.abort() }), /abort/i);
});
