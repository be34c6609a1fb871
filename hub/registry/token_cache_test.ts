import assert from "node:assert/strict";
import { CACHED_TOKEN_MS, MAX_CACHED_TOKENS, TokenCache } from "./token_cache.ts";

const read = (cache: TokenCache<{ id: string }>) => ({ atMs: 0, generation: cache.generation });

Deno.test("TokenCache is bounded and drops the secret that was unused longest", () => {
  const cache = new TokenCache<{ id: string }>();
  for (let i = 0; i < MAX_CACHED_TOKENS; i++) cache.put(`h${i}`, { id: `t${i}` }, read(cache));
  assert.equal(cache.get("h0", 1)?.id, "t0");
  cache.put("new", { id: "new" }, read(cache));
  assert.equal(cache.size, MAX_CACHED_TOKENS);
  assert.deepEqual([cache.get("h1", 1), cache.get("h0", 1)?.id], [null, "t0"]);
});

Deno.test("TokenCache asks anew after a while, and forgets every secret of a token", () => {
  const cache = new TokenCache<{ id: string }>();
  cache.put("old", { id: "a" }, read(cache));
  cache.put("new", { id: "a" }, read(cache));
  cache.put("other", { id: "b" }, read(cache));
  assert.equal(cache.get("other", CACHED_TOKEN_MS - 1)?.id, "b");
  assert.equal(cache.get("other", CACHED_TOKEN_MS), null);
  const before = read(cache);
  cache.forget("a");
  assert.deepEqual([cache.get("old", 0), cache.get("new", 0)], [null, null]);
  cache.put("old", { id: "a" }, before);
  assert.equal(cache.get("old", 0), null, "what was read before may be what was forgotten");
});
