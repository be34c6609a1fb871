import assert from "node:assert/strict";
import fc from "fast-check";
import { AppError } from "@aisle/shared/errors";
import { sha256 } from "@aisle/shared/hash";
import { type BlobStore, createMemoryStore, openFolderStore } from "./blob_store.ts";

const missing = (error: unknown) => error instanceof AppError && error.code === "not-found";

async function read(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(
    await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer(),
  );
}

function streamOf(pieces: readonly Uint8Array[]): ReadableStream<Uint8Array<ArrayBuffer>> {
  return ReadableStream.from(pieces.map((piece) => piece.slice()));
}

/** Registers the tests of a store that `withStore` opens and clears away. */
function testBlobStore(
  name: string,
  withStore: (work: (store: BlobStore) => Promise<void>) => Promise<void>,
): void {
  Deno.test(`${name}: put() names bytes by their SHA-256, whole or in pieces, and keeps them once`, () =>
    withStore(async (store) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 5 }),
          async (pieces) => {
            const whole = new Uint8Array(
              await new Blob(pieces.map((p) => p.slice())).arrayBuffer(),
            );
            const info = { digest: sha256(whole), sizeBytes: whole.length };
            assert.deepEqual(await store.put(whole), info);
            assert.deepEqual(await store.put(streamOf(pieces)), info);
            assert.deepEqual(await store.bytes(info.digest), whole);
            assert.deepEqual(await read(await store.open(info.digest)), whole);
            assert.equal(await store.size(info.digest), whole.length);
            assert.equal(await store.has(info.digest), true);
          },
        ),
        { numRuns: 20 },
      );
    }));

  Deno.test(`${name}: open() gives any range, also a large one and one past the end`, () =>
    withStore(async (store) => {
      const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7919) >> 3);
      const { digest } = await store.put(bytes);
      for (
        const [start, end] of [[0, 1], [0, 0], [65_535, 65_537], [10, 299_999], [299_999, 400_000]]
      ) {
        const got = await read(await store.open(digest, { start: start!, end: end! }));
        assert.deepEqual(got, bytes.slice(start, end));
      }
      const stream = await store.open(digest, { start: 5, end: 200_000 });
      await stream.cancel();
    }));

  Deno.test(`${name}: what is not there is not found, and no name reaches outside`, () =>
    withStore(async (store) => {
      for (const digest of ["0".repeat(64), "", "../../etc/passwd", `../${"0".repeat(61)}`]) {
        await assert.rejects(store.open(digest), missing);
        await assert.rejects(store.bytes(digest), missing);
        await assert.rejects(store.size(digest), missing);
        assert.equal(await store.has(digest), false);
      }
    }));

  Deno.test(`${name}: a stream that breaks leaves nothing behind`, () =>
    withStore(async (store) => {
      const broken = ReadableStream.from((async function* () {
        yield await Promise.resolve(new Uint8Array([1, 2, 3]));
        throw new Error("the line was cut");
      })());
      await assert.rejects(store.put(broken), /the line was cut/);
      assert.equal(await store.has(sha256(new Uint8Array([1, 2, 3]))), false);
    }));

  Deno.test(`${name}: what a caller does to its bytes afterwards changes no blob`, () =>
    withStore(async (store) => {
      const bytes = new Uint8Array([1, 2, 3]);
      const { digest } = await store.put(bytes);
      bytes.fill(9);
      (await store.bytes(digest)).fill(8);
      assert.deepEqual(await store.bytes(digest), new Uint8Array([1, 2, 3]));
    }));
}

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "aisle-blobs-" });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

testBlobStore("memory", (work) => work(createMemoryStore()));
testBlobStore(
  "folder",
  (work) => withFolder(async (folder) => work(await openFolderStore(folder))),
);

async function names(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map((entry) => entry.name).sort();
}

Deno.test("folder: a blob is there after the store is opened again, for its owner alone", async () => {
  await withFolder(async (folder) => {
    const { digest } = await (await openFolderStore(folder)).put(new Uint8Array([1]));
    const again = await openFolderStore(folder);
    assert.deepEqual(await again.bytes(digest), new Uint8Array([1]));
    const { mode } = await Deno.stat(`${folder}/${digest.slice(0, 2)}/${digest}`);
    assert.equal(mode! & 0o077, 0);
  });
});

Deno.test("folder: neither success nor failure leaves a file in the way in", async () => {
  await withFolder(async (folder) => {
    const store = await openFolderStore(folder);
    await store.put(new Uint8Array([1]));
    await store.put(ReadableStream.from([new Uint8Array([2])]));
    const broken = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => controller.error(new Error("cut")),
    });
    await assert.rejects(store.put(broken), /cut/);
    assert.deepEqual(await names(`${folder}/incoming`), []);
  });
});

Deno.test("folder: what a killed process left half-written is cleared away at the next start", async () => {
  await withFolder(async (folder) => {
    const store = await openFolderStore(folder);
    const { digest } = await store.put(new Uint8Array([1]));
    await Deno.writeFile(`${folder}/incoming/half`, new Uint8Array([1]));
    const old = new Date(Date.now() - 48 * 3_600_000);
    await Deno.utime(`${folder}/incoming/half`, old, old);
    await Deno.writeFile(`${folder}/incoming/under-way`, new Uint8Array([2]));
    await openFolderStore(folder);
    assert.deepEqual(await names(`${folder}/incoming`), ["under-way"]);
    assert.equal(await store.has(digest), true);
  });
});
