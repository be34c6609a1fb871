import assert from "node:assert/strict";
import { REPLAY_WINDOW_S, signBody, verifyBody } from "./signature.ts";

const SECRET = "s".repeat(32), NOW = 1_700_000_000_000;

// openssl: printf '1700000000.{}' | openssl dgst -sha256 -hmac ssssssssssssssssssssssssssssssss
Deno.test("signBody() is HMAC-SHA256 over time and body", async () => {
  assert.equal(
    await signBody(SECRET, "{}", NOW),
    "t=1700000000,v1=73b0c93d610ddd03ce2b853c7b6263d71114d7f83e5a29ed052cbd2a0fbddebc",
  );
});

Deno.test("verifyBody() takes what was signed, not another body, secret or time", async () => {
  const header = await signBody(SECRET, "{}", NOW);
  assert.equal(await verifyBody(SECRET, "{}", header, NOW), true);
  assert.equal(await verifyBody(SECRET, "{ }", header, NOW), false);
  assert.equal(await verifyBody("t".repeat(32), "{}", header, NOW), false);
  assert.equal(await verifyBody(SECRET, "{}", header.replace("t=17", "t=16"), NOW), false);
  assert.equal(await verifyBody(SECRET, "{}", "v1=00", NOW), false);
  const edge = REPLAY_WINDOW_S * 1000;
  assert.equal(await verifyBody(SECRET, "{}", header, NOW + edge), true);
  assert.equal(await verifyBody(SECRET, "{}", header, NOW + edge + 1000), false);
  assert.equal(await verifyBody(SECRET, "{}", header, NOW - edge - 1000), false);
});
