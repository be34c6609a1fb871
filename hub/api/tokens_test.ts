import assert from "node:assert/strict";
import { EDGE_PATHS } from "@aisle/shared/contract";
import { seed } from "../testing/seed.ts";
import { openTestHub, type TestHub } from "../testing/test_hub.ts";
import { ENDPOINTS } from "./endpoints.ts";
import { accessOf } from "./roles.ts";

async function made(hub: TestHub, json: unknown) {
  const response = await hub.send("admin", "POST", "/api/v1/tokens", { json });
  assert.equal(response.status, 201, await response.clone().text());
  return await response.json();
}
const as = (hub: TestHub, token: string, path: string, init: RequestInit = {}) =>
  hub.app.request(path, {
    ...init,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
  });

Deno.test("an expired token is 401 with the code token-expired, and its sessions end with it", async () => {
  await using hub = await openTestHub();
  const { token, record } = await made(hub, {
    name: "bob",
    role: "viewer",
    expiresAt: "2026-01-02T04:00:00+00:00",
  });
  assert.equal((await as(hub, token, "/api/v1/whoami")).status, 200);
  hub.advance(3_600_000);
  const refused = await as(hub, token, "/api/v1/whoami");
  const problem = await refused.json();
  assert.deepEqual([refused.status, problem.code], [401, "token-expired"]);
  assert.match(problem.detail, /2026-01-02T04:00:00/);
  const rotated = await hub.send("admin", "POST", `/api/v1/tokens/${record.id}/rotate`, {
    json: { expiresAt: null },
  });
  assert.equal((await as(hub, (await rotated.json()).token, "/api/v1/whoami")).status, 200);
});

Deno.test("an edge's token for one catalogue gets 403 wherever another is named", async () => {
  await using hub = await openTestHub();
  const seeded = await seed(hub.registry, hub.blobs);
  await hub.send("operator", "POST", "/api/v1/catalogues/demo/promote", {
    json: { digest: seeded.bundles[0], why: "test" },
  });
  const ours = (await made(hub, { name: "ours", role: "edge", catalogue: "demo" })).token;
  const other = (await made(hub, { name: "other", role: "edge", catalogue: "garden" })).token;
  const statuses = async (token: string) => {
    const found: Record<string, number> = {};
    for (const e of ENDPOINTS) {
      if (accessOf(e.method, e.path) !== "edge") continue;
      const path = e.path.replace("{digest}", seeded.bundles[0]!) +
        (e.query === undefined ? "" : "?catalogue=demo");
      const response = await as(hub, token, path, {
        method: e.method.toUpperCase(),
        ...(e.body === undefined ? {} : { body: JSON.stringify(e.body.example) }),
      });
      await response.body?.cancel();
      found[e.id] = response.status;
    }
    return found;
  };
  const refused = await statuses(other), allowed = await statuses(ours);
  for (const e of ENDPOINTS.filter((e) => e.id in refused)) {
    const named = e.query !== undefined || e.body !== undefined;
    assert.equal(refused[e.id] === 403, named, `${e.id}: ${refused[e.id]}`);
    assert.notEqual(allowed[e.id], 403, e.id);
  }
  // Named by digest: bundles of other catalogues are not there. Pictures never go out.
  assert.deepEqual([refused["edge-bundle"], allowed["edge-bundle"]], [404, 200]);
  const wide = await as(hub, hub.tokens.edge, `${EDGE_PATHS.release}?catalogue=demo`);
  assert.equal(wide.status, 200);
});
