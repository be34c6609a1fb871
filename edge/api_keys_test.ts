import assert from "node:assert/strict";
import { sha256 } from "@aisle/shared/hash";
import { ApiKeys, parseApiKeys } from "./api_keys.ts";

const DIGEST = sha256("secret");

Deno.test("parseApiKeys() reads names, digests and rates, and never repeats what it refuses", () => {
  const problems: string[] = [];
  const tell = (problem: string) => void problems.push(problem);
  assert.deepEqual(parseApiKeys(`till:${DIGEST}:60, web:${sha256("b")}`, tell), [
    { name: "till", sha256: DIGEST, perMinute: 60 },
    { name: "web", sha256: sha256("b"), perMinute: null },
  ]);
  assert.deepEqual(problems, []);
  for (const wrong of ["till:secret", `a:${DIGEST}:0`, `a:${DIGEST} b:${DIGEST}`]) {
    parseApiKeys(wrong, tell);
  }
  assert.equal(problems.length, 3);
  assert.ok(!problems.join().includes("secret"));
});

Deno.test("ApiKeys lets a burst of a minute's products in, then as many as the clock gives", () => {
  let now = 0;
  const keys = new ApiKeys([{ name: "till", sha256: DIGEST, perMinute: 60 }], () => now);
  const admit = () => keys.admit("Bearer secret", undefined);
  for (let i = 0; i < 60; i++) admit();
  assert.throws(admit, { code: "too-many-requests", retryAfterSeconds: 1 });
  now += 1_000;
  // A batch is let in whole; what it owes is waited for by the next.
  admit().spend(9);
  assert.throws(admit, { code: "too-many-requests", retryAfterSeconds: 10 });
  now += 10_000;
  admit();
  assert.deepEqual(keys.counts(), [
    { key: "till", admitted: 62, refused: 2 },
    { key: "", admitted: 0, refused: 0 },
  ]);
});

Deno.test("ApiKeys knows a key by either header and nobody else", () => {
  const keys = new ApiKeys([{ name: "till", sha256: DIGEST, perMinute: null }], () => 0);
  assert.equal(keys.admit(undefined, "secret").name, "till");
  assert.equal(keys.admit("bearer secret", undefined).waitMs(), 0);
  for (
    const [header, key] of [[undefined, undefined], ["Basic secret"], ["Bearer x"], [
      undefined,
      DIGEST,
    ]]
  ) {
    assert.throws(() => keys.admit(header, key), { code: "unauthenticated" });
  }
});
