import assert from "node:assert/strict";
import type { FeedbackRecord } from "@aisle/shared/contract";
import { type Keep, memoryKeep } from "./keep.ts";
import { noLog } from "./log.ts";
import { openOutbox } from "./outbox.ts";

const record = (idempotencyKey: string): FeedbackRecord => ({
  idempotencyKey,
  edgeId: "edge-1",
  catalogue: "demo",
  requestId: null,
  product: null,
  code: "10",
  predicted: null,
  source: "user",
  at: "2026-01-01T00:00:00.000Z",
});
const open = (keep: Keep, max = 10) => openOutbox({ keep, max, maxPictureBytes: 10, log: noLog });

async function drained(keep: Keep): Promise<string[]> {
  const outbox = await open(keep);
  const keys = [];
  for (let next = outbox.first(); next !== undefined; next = outbox.first()) {
    keys.push(next.idempotencyKey);
    await outbox.remove(next.idempotencyKey);
  }
  return keys;
}

Deno.test("an outbox gives back what it was given, in order, over restarts and past ten", async () => {
  const keep = memoryKeep();
  const keys = Array.from({ length: 12 }, (_, i) => `key ${i}`);
  for (const key of keys.slice(0, 6)) await (await open(keep, 20)).add(record(key));
  const outbox = await open(keep, 20);
  for (const key of keys.slice(6)) await outbox.add(record(key));
  assert.deepEqual(await drained(keep), keys);
  assert.deepEqual(await drained(keep), []);
});

Deno.test("an outbox holds a key once", async () => {
  const outbox = await open(memoryKeep());
  await outbox.add(record("a"));
  await outbox.add(record("a"));
  assert.equal(outbox.size, 1);
  assert.ok(outbox.has("a"));
  await outbox.remove("a");
  assert.deepEqual([outbox.size, outbox.has("a"), outbox.first()], [0, false, undefined]);
});

Deno.test("a full outbox refuses rather than dropping what it has acknowledged", async () => {
  const keep = memoryKeep();
  const outbox = await open(keep, 2);
  await outbox.add(record("a"));
  await outbox.add(record("b"));
  await assert.rejects(outbox.add(record("c")), { code: "overloaded" });
  assert.deepEqual(await drained(keep), ["a", "b"]);
});

Deno.test("what could not be kept is not acknowledged", async () => {
  const full: Keep = { ...memoryKeep(), put: () => Promise.reject(new Error("disk full")) };
  const outbox = await open(full);
  await assert.rejects(outbox.add(record("a")), { code: "overloaded", message: /disk full/ });
  assert.equal(outbox.size, 0);
});

Deno.test("a damaged record is dropped and the others stay", async () => {
  const keep = memoryKeep();
  const outbox = await open(keep);
  for (const key of ["a", "b", "c"]) await outbox.add(record(key));
  const [, second] = (await keep.names("outbox/")).sort();
  await keep.put(second!, new TextEncoder().encode("{"));
  assert.deepEqual(await drained(keep), ["a", "c"]);
});

Deno.test("defer() lets the others go first", async () => {
  const outbox = await open(memoryKeep());
  for (const key of ["a", "b"]) await outbox.add(record(key));
  outbox.defer("a");
  assert.equal(outbox.first()?.idempotencyKey, "b");
});

Deno.test("an outbox keeps a picture once over restarts, and lets go of it with the last that names it", async () => {
  const keep = memoryKeep();
  const digest = "a".repeat(64);
  const pictured = (key: string): FeedbackRecord => ({
    ...record(key),
    product: { designation: "x", description: "", productid: "", imageid: "", picture: digest },
  });
  const outbox = await open(keep);
  for (const key of ["a", "b"]) await outbox.add(pictured(key), new Uint8Array([1, 2]));
  const other = { ...pictured("c").product!, picture: "b".repeat(64) };
  const without = await outbox.add({ ...record("c"), product: other }, new Uint8Array(9));
  assert.equal(without.product?.picture, undefined, "no room: kept without its picture");
  assert.equal((await keep.names("outbox-picture/")).length, 1);

  const reopened = await open(keep);
  assert.deepEqual(await reopened.picture(digest), new Uint8Array([1, 2]));
  await reopened.remove("a");
  assert.ok(await reopened.picture(digest) !== null);
  await reopened.remove("b");
  assert.equal(await reopened.picture(digest), null);
  assert.deepEqual(await keep.names("outbox-picture/"), []);
});

Deno.test("whoever sends a record a second time is told that it is kept when it is, or that it cannot be", async () => {
  const disk = Promise.withResolvers<void>();
  const slow: Keep = { ...memoryKeep(), put: () => disk.promise };
  const outbox = await open(slow);
  const both = [outbox.add(record("a")), outbox.add(record("a"))];
  assert.deepEqual([outbox.has("a"), outbox.first()], [true, undefined]);
  disk.reject(new Error("disk full"));
  for (const result of await Promise.allSettled(both)) assert.equal(result.status, "rejected");
  assert.equal(outbox.size, 0);
});

Deno.test("an outbox whose keep vanishes gives what it holds, takes nothing more and does not break", async () => {
  const held = memoryKeep(), vanished = () => Promise.reject(new Error("no such folder"));
  let there = true;
  const keep: Keep = {
    persistent: true,
    get: (name) => there ? held.get(name) : vanished(),
    put: (name, bytes) => there ? held.put(name, bytes) : vanished(),
    delete: (name) => there ? held.delete(name) : vanished(),
    names: (prefix) => there ? held.names(prefix) : vanished(),
  };
  const outbox = await open(keep);
  const digest = "e".repeat(64);
  const product = { designation: "", description: "", productid: "", imageid: "", picture: digest };
  await outbox.add({ ...record("a"), product }, new Uint8Array(4));
  there = false;
  await assert.rejects(outbox.add(record("b")), { code: "overloaded" });
  assert.equal(outbox.first()?.idempotencyKey, "a");
  assert.equal(await outbox.picture(digest), null);
  await outbox.remove("a");
  assert.equal(outbox.size, 0);
  assert.equal((await open(keep)).size, 0);
});
