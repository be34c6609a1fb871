import assert from "node:assert/strict";
import { AppError } from "@aisle/shared/errors";
import type { Problem } from "@aisle/shared/errors";
import { seed } from "../testing/seed.ts";
import { LOCAL_TOKEN, openTestHub } from "../testing/test_hub.ts";

Deno.test("problems carry the code, the request's id and the right media type", async () => {
  await using hub = await openTestHub();
  const response = await hub.send("viewer", "GET", "/api/v1/runs/nope", {
    headers: { "x-request-id": "mine-1" },
  });
  assert.equal(response.status, 404);
  assert.equal(response.headers.get("content-type"), "application/problem+json");
  assert.equal(response.headers.get("x-request-id"), "mine-1");
  const problem: Problem = await response.json();
  assert.equal(problem.code, "not-found");
  assert.equal(problem.requestId, "mine-1");

  const odd = await hub.send("viewer", "GET", "/api/v1/whoami", {
    headers: { "x-request-id": "<script>" },
  });
  assert.notEqual(odd.headers.get("x-request-id"), "<script>");
  assert.deepEqual(await odd.json(), { name: "the viewer", role: "viewer" });
});

Deno.test("requests without a valid token get 401 with a challenge, unknown paths too", async () => {
  await using hub = await openTestHub();
  for (const path of ["/api/v1/jobs", "/no/such/path"]) {
    for (const authorization of [undefined, "Bearer nonsense", "Basic YTpi", LOCAL_TOKEN]) {
      const response = await hub.send(null, "GET", path, {
        headers: authorization === undefined ? {} : { authorization },
      });
      assert.equal(response.status, 401, `${path} with ${authorization}`);
      assert.match(response.headers.get("www-authenticate") ?? "", /^Bearer/);
    }
  }
  assert.equal((await hub.send("viewer", "GET", "/no/such/path")).status, 404);
});

Deno.test("a revoked token opens nothing any more, and the last admin token cannot be revoked", async () => {
  await using hub = await openTestHub();
  const made = await (await hub.send("admin", "POST", "/api/v1/tokens", {
    json: { name: "bob", role: "viewer" },
  })).json();
  const asBob = () =>
    hub.app.request("/api/v1/whoami", { headers: { authorization: `Bearer ${made.token}` } });
  assert.equal((await asBob()).status, 200);
  assert.equal((await hub.send("admin", "DELETE", `/api/v1/tokens/${made.record.id}`)).status, 200);
  assert.equal((await asBob()).status, 401);

  const { items } = await (await hub.send("admin", "GET", "/api/v1/tokens")).json();
  assert.ok(!JSON.stringify(items).includes(made.token), "the list shows no secret");
  const admin = items.find((t: { role: string }) => t.role === "admin");
  const last = await hub.send("admin", "DELETE", `/api/v1/tokens/${admin.id}`);
  assert.equal(last.status, 409);
});

Deno.test("a path that takes other methods answers 405 and says which", async () => {
  await using hub = await openTestHub();
  const response = await hub.send("admin", "POST", "/api/v1/whoami");
  assert.equal(response.status, 405);
  assert.equal(response.headers.get("allow"), "GET");
});

Deno.test("bodies that cannot be read say why: broken, wrong, of another type, too large", async () => {
  await using hub = await openTestHub();
  const path = "/api/v1/catalogues/demo";
  const put = async (body: BodyInit, type = "application/json") => {
    const response = await hub.app.request(path, {
      method: "PUT",
      headers: { authorization: `Bearer ${hub.tokens.operator}`, "content-type": type },
      body,
    });
    const { code, detail }: Problem = await response.json();
    return { status: response.status, code, detail };
  };
  assert.equal((await put("{")).code, "input-invalid");
  const wrong = await put('{"title":1,"tilte":2}');
  assert.equal(wrong.status, 400);
  assert.match(wrong.detail, /title/);
  assert.match(wrong.detail, /tilte/);
  assert.equal((await put("title=x", "application/x-www-form-urlencoded")).status, 415);
  assert.equal((await put(JSON.stringify({ title: "x".repeat(2 << 20) }))).code, "too-large");
  const endless = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(1 << 16)),
  });
  assert.equal((await put(endless)).code, "too-large", "counted, not believed");
  const name = await hub.send("operator", "PUT", "/api/v1/catalogues/..%2Fetc", { json: {} });
  assert.equal(name.status, 400);
});

Deno.test("an error that nobody foresaw says nothing of its inside", async () => {
  await using hub = await openTestHub({
    wrapBlobs: (blobs) => ({
      ...blobs,
      has: () => Promise.reject(new TypeError("secret /home/alice/key")),
    }),
  });
  const response = await hub.send("viewer", "GET", `/api/v1/blobs/${"0".repeat(64)}`);
  assert.equal(response.status, 500);
  assert.doesNotMatch(await response.text(), /secret|alice/);
});

Deno.test("errors that say when to come back set Retry-After", async () => {
  await using hub = await openTestHub({
    wrapBlobs: (blobs) => ({
      ...blobs,
      has: () => Promise.reject(new AppError("overloaded", "full", { retryAfterSeconds: 7 })),
    }),
  });
  const response = await hub.send("viewer", "GET", `/api/v1/blobs/${"0".repeat(64)}`);
  assert.equal(response.status, 503);
  assert.equal(response.headers.get("retry-after"), "7");
});

Deno.test("every change is in the audit, what failed is not", async () => {
  await using hub = await openTestHub();
  const { bundles } = await seed(hub.registry, hub.blobs);
  const promote = { digest: bundles[0]!, why: "first" };
  await hub.send("operator", "POST", "/api/v1/catalogues/demo/promote", { json: promote });
  await hub.send("operator", "POST", "/api/v1/catalogues/demo/promote", { json: promote });
  await hub.send("viewer", "POST", "/api/v1/catalogues/demo/promote", { json: promote });
  await hub.send("admin", "POST", "/api/v1/tokens", { json: { name: "bob", role: "viewer" } });
  const { items } = await (await hub.send("admin", "GET", "/api/v1/audit")).json();
  assert.deepEqual(
    items.map((e: { actor: string; action: string }) => [e.actor, e.action]),
    [["the admin", "create-token"], ["the operator", "promote"]],
  );
  assert.equal(items[1].target, "demo");
  assert.deepEqual(items[1].details.what, promote);
});

Deno.test("the command line's token is admin, is not listed and is not stored", async () => {
  await using hub = await openTestHub();
  const headers = { authorization: `Bearer ${LOCAL_TOKEN}` };
  const whoami = await hub.app.request("/api/v1/whoami", { headers });
  assert.deepEqual(await whoami.json(), { name: "local", role: "admin" });
  const tokens = await (await hub.app.request("/api/v1/tokens", { headers })).json();
  assert.equal(tokens.items.length, 5);
});

Deno.test("health is open and tells nothing else", async () => {
  await using hub = await openTestHub();
  const response = await hub.send(null, "GET", "/healthz");
  assert.deepEqual(await response.json(), { ok: true });
});
