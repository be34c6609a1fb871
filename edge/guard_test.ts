import assert from "node:assert/strict";
import { guarded } from "./guard.ts";

const ask = (path: string, headers: Record<string, string> = {}, method = "POST") =>
  new Request(`http://edge${path}`, { method, headers });

Deno.test("guarded() refuses more requests at once than it may let in, and lets in again when one has ended", async () => {
  const held = Promise.withResolvers<Response>();
  const handler = guarded(() => held.promise, { maxRequests: 2 });
  const under = [handler(ask("/v1/predict")), handler(ask("/v1/predict"))];
  const refused = await handler(ask("/v1/predict"));
  assert.deepEqual([refused.status, refused.headers.get("retry-after")], [503, "1"]);
  assert.equal((await refused.json()).code, "overloaded");
  held.resolve(new Response("x"));
  await Promise.all(under);
  assert.equal((await handler(ask("/v1/predict"))).status, 200);
});

Deno.test("guarded() lets in who asks whether the edge lives, however full it is", async () => {
  const held = Promise.withResolvers<Response>();
  const handler = guarded(
    (request) => request.method === "POST" ? held.promise : new Response("well"),
    { maxRequests: 1 },
  );
  const under = handler(ask("/v1/predict"));
  for (const path of ["/healthz", "/readyz", "/metrics"]) {
    assert.equal((await handler(ask(path, {}, "GET"))).status, 200, path);
  }
  assert.equal((await handler(ask("/healthzz", {}, "GET"))).status, 503);
  held.resolve(new Response("x"));
  await under;
});

Deno.test("guarded() inflates nothing and takes no address of many kilobytes", async () => {
  let reached = 0;
  const handler = guarded(() => {
    reached++;
    return new Response("x");
  }, { maxRequests: 10 });
  for (const encoding of ["gzip", "br", "deflate", "zstd", "gzip, identity", "identity, gzip"]) {
    const answer = await handler(ask("/v1/predict", { "content-encoding": encoding }));
    assert.equal(answer.status, 415, encoding);
    assert.equal(answer.headers.get("connection"), "close");
  }
  assert.equal((await handler(ask(`/${"a".repeat(9_000)}`))).status, 413);
  assert.equal(reached, 0);
  assert.equal((await handler(ask("/x", { "content-encoding": "Identity" }))).status, 200);
});
