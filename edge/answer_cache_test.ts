import assert from "node:assert/strict";
import fc from "fast-check";
import type { Answer } from "./answer.ts";
import { AnswerCache } from "./answer_cache.ts";

const answer = (code: string): Answer => ({
  digest: "d",
  code,
  label: code,
  confidence: 1,
  decision: "auto",
  top: [],
  route: "text",
  picture: "none",
  branches: {},
});
const product = fc.record({
  designation: fc.string({ maxLength: 3 }),
  description: fc.string({ maxLength: 3 }),
  picture: fc.option(fc.uint8Array({ maxLength: 2 }).map((bytes) => new Uint8Array(bytes))),
});

Deno.test("keyOf() is the same for equal products and another for different ones", () => {
  const cache = new AnswerCache(1);
  fc.assert(fc.property(product, product, (a, b) => {
    const same = a.designation === b.designation && a.description === b.description &&
      String(a.picture) === String(b.picture);
    assert.equal(cache.keyOf(a) === cache.keyOf(b), same);
  }));
});

Deno.test("an answer cache keeps within its bytes, whatever is put there, and the newest is there", () => {
  const put = fc.tuple(fc.string({ maxLength: 500 }), fc.string({ maxLength: 3 }));
  fc.assert(fc.property(fc.array(put, { minLength: 1, maxLength: 60 }), (list) => {
    const cache = new AnswerCache(10_000);
    for (const [key, code] of list) {
      cache.put(key, answer(code));
      assert.ok(cache.counts().bytes <= 10_000);
      assert.ok(cache.get(key) !== undefined);
    }
  }));
});

Deno.test("an answer cache forgets what was not asked for the longest", () => {
  const cache = new AnswerCache(3_100);
  for (const key of ["a", "b", "c"]) cache.put(key, answer(key));
  assert.equal(cache.get("a")?.code, "a");
  cache.put("d", answer("d"));
  assert.deepEqual(["a", "b", "c", "d"].map((key) => cache.get(key)?.code), [
    "a",
    undefined,
    "c",
    "d",
  ]);
  cache.clear();
  assert.equal(cache.counts().bytes, 0);
});

Deno.test("an answer cache of 0 bytes knows no product", () => {
  assert.equal(new AnswerCache(0).keyOf({ designation: "a", description: "" }), null);
});
