import assert from "node:assert/strict";
import { Remembered } from "./remembered.ts";

Deno.test("Remembered reads once for all who ask, and again what was longest unused", async () => {
  const remembered = new Remembered<string>(2);
  const read: string[] = [];
  const get = (name: string) =>
    remembered.get(name, () => {
      read.push(name);
      return Promise.resolve(name.toUpperCase());
    });
  assert.deepEqual(await Promise.all([get("a"), get("a"), get("b")]), ["A", "A", "B"]);
  await get("a");
  await get("c");
  await get("a");
  await get("b");
  assert.deepEqual(read, ["a", "b", "c", "b"]);
});

Deno.test("Remembered keeps no failure", async () => {
  const remembered = new Remembered<number>(2);
  await assert.rejects(remembered.get("a", () => Promise.reject(new RangeError("gone"))), /gone/);
  assert.equal(await remembered.get("a", () => Promise.resolve(1)), 1);
});
