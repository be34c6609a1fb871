import assert from "node:assert/strict";
import { cacheKeep, type Keep, memoryKeep, openKeep } from "./keep.ts";

/** Every keep must pass this. */
function testKeep(name: string, withKeep: (test: (keep: Keep) => Promise<void>) => Promise<void>) {
  Deno.test(`${name} gives back what was put last, and nothing after delete`, () =>
    withKeep(async (keep) => {
      assert.equal(await keep.get("a/1"), null);
      await keep.put("a/1", new Uint8Array([1, 2]));
      await keep.put("a/1", new Uint8Array([3]));
      await keep.put("a/2", new Uint8Array());
      await keep.put("b", new Uint8Array(100_000).fill(7));
      assert.deepEqual(await keep.get("a/1"), new Uint8Array([3]));
      assert.deepEqual(await keep.get("a/2"), new Uint8Array());
      assert.equal((await keep.get("b"))?.length, 100_000);
      assert.deepEqual((await keep.names("a/")).sort(), ["a/1", "a/2"]);
      await keep.delete("a/1");
      await keep.delete("never there");
      assert.equal(await keep.get("a/1"), null);
      assert.deepEqual(await keep.names("a/"), ["a/2"]);
    }));
}

testKeep("memoryKeep()", (test) => test(memoryKeep()));
testKeep("cacheKeep()", async (test) => {
  const name = `keep-test-${crypto.randomUUID()}`;
  try {
    await test(cacheKeep(await caches.open(name)));
  } finally {
    await caches.delete(name);
  }
});

Deno.test("openKeep() persists, until it is told to clear", async () => {
  const name = `keep-test-${crypto.randomUUID()}`;
  const onMemory = (error: unknown) => assert.fail(String(error));
  try {
    await (await openKeep(caches, name, { onMemory })).put("x", new Uint8Array([1]));
    const again = await openKeep(caches, name, { onMemory });
    assert.ok(again.persistent);
    assert.deepEqual(await again.get("x"), new Uint8Array([1]));
    const cleared = await openKeep(caches, name, { clear: true, onMemory });
    assert.equal(await cleared.get("x"), null);
  } finally {
    await caches.delete(name);
  }
});

Deno.test("openKeep() falls back to memory and says why where the Cache API fails", async () => {
  const broken = {
    open: () => Promise.reject(new Error("read-only file system")),
  } as unknown as CacheStorage;
  let reason: unknown;
  const keep = await openKeep(broken, "x", { onMemory: (error) => reason = error });
  assert.equal(keep.persistent, false);
  assert.match(String(reason), /read-only/);
  await keep.put("a", new Uint8Array([1]));
  assert.deepEqual(await keep.get("a"), new Uint8Array([1]));
});
