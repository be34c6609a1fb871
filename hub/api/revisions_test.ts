import assert from "node:assert/strict";
import { seed } from "../testing/seed.ts";
import { openTestHub, type TestHub } from "../testing/test_hub.ts";

const BASE = "/api/v1/catalogues/demo";

/** Two people who read the same state: the first to change it wins, the second is told. */
async function race(
  hub: TestHub,
  read: string,
  method: string,
  path: string,
  bodies: readonly [unknown, unknown],
): Promise<void> {
  const tag = (await hub.send("viewer", "GET", read)).headers.get("etag");
  assert.match(tag ?? "", /^"[^"]+"$/, read);
  const change = (json: unknown, headers: Record<string, string>) =>
    hub.send("operator", method, path, { json, headers });
  const first = await change(bodies[0], { "if-match": tag! });
  assert.equal(first.status, 200, await first.clone().text());
  const next = first.headers.get("etag");
  assert.equal((await hub.send("viewer", "GET", read)).headers.get("etag"), next, read);
  assert.notEqual(next, tag);
  const late = await change(bodies[1], { "if-match": tag! });
  assert.deepEqual([late.status, (await late.json()).code], [409, "revision-stale"], path);
  assert.equal((await change(bodies[1], { "if-match": next! })).status, 200);
}

Deno.test("aliases, labels, settings and schedules are changed only as their reader saw them", async () => {
  await using hub = await openTestHub();
  const { bundles } = await seed(hub.registry, hub.blobs);
  await race(hub, `${BASE}/aliases`, "POST", `${BASE}/promote`, [
    { digest: bundles[0], why: "a" },
    { digest: bundles[1], why: "b" },
  ]);
  await race(hub, `${BASE}/labels`, "POST", `${BASE}/labels/rename`, [
    { code: "food-fruit", name: "Fruit A" },
    { code: "food-fruit", name: "Fruit B" },
  ]);
  await race(hub, BASE, "PATCH", `${BASE}/settings`, [{ unseenShare: 0.1 }, { unseenShare: 0.2 }]);
  const schedule = { catalogue: "demo", kind: "pipeline", cron: "0 3 * * *" };
  const path = "/api/v1/schedules/nightly";
  assert.equal((await hub.send("operator", "PUT", path, { json: schedule })).status, 200);
  await race(hub, path, "PUT", path, [{ ...schedule, cron: "0 4 * * *" }, schedule]);
  await race(hub, path, "PATCH", path, [{ enabled: false }, { enabled: true }]);
  await hub.registry.schedules.touch("nightly", { lastRunAt: "2026-01-01T00:00:00.000Z" });
  const headers = { "if-match": '"0123456789abcdef"' };
  assert.equal((await hub.send("operator", "DELETE", path, { headers })).status, 409);
  const { headers: read } = await hub.send("viewer", "GET", path);
  const tag = { "if-match": read.get("etag")! };
  assert.equal((await hub.send("operator", "DELETE", path, { headers: tag })).status, 200);
});

Deno.test("the revision may stand in the body too; where both stand they agree", async () => {
  await using hub = await openTestHub();
  await seed(hub.registry, hub.blobs);
  const { version } = await (await hub.send("viewer", "GET", `${BASE}/labels`)).json();
  const rename = (name: string, expectedRevision: number, headers = {}) =>
    hub.send("operator", "POST", `${BASE}/labels/rename`, {
      json: { code: "food-fruit", name, expectedRevision },
      headers,
    });
  assert.equal((await rename("A", version)).status, 200);
  assert.equal((await rename("B", version)).status, 409);
  const both = await rename("B", version, { "if-match": `"${version + 1}"` });
  assert.equal((await both.json()).code, "input-invalid");
  const odd = await rename("B", version, { "if-match": "tag" });
  assert.equal((await odd.json()).code, "input-invalid");
  assert.equal((await rename("B", version + 1, { "if-match": "*" })).status, 200);
});
