import assert from "node:assert/strict";
import { EDGE_PATHS, type FeedbackRecord } from "@aisle/shared/contract";
import { openTestHub } from "../testing/test_hub.ts";

const record = (key: string, changes: Partial<FeedbackRecord> = {}): FeedbackRecord => ({
  idempotencyKey: key,
  edgeId: "edge-1",
  catalogue: "demo",
  requestId: null,
  product: { designation: `product ${key}`, description: "", productid: "", imageid: "" },
  code: "10",
  predicted: null,
  source: "user",
  at: "2026-01-01T00:00:00Z",
  ...changes,
});

Deno.test("feedback beyond its source's quota waits, raises one alert, and a person's word ends both", async () => {
  await using hub = await openTestHub();
  await hub.registry.labels.ensure("demo", [{ code: "10", name: "Ten" }, { code: "20", name: "" }]);
  const path = "/api/v1/catalogues/demo/feedback";
  const call = async (method: string, route: string, json?: unknown) => {
    const response = await hub.send("operator", method, path + route, { json });
    assert.equal(response.status, 200, await response.clone().text());
    return await response.json();
  };
  const user = { source: "user", edgeId: "edge-1" };
  const { items } = await call("POST", "/sources", { ...user, quotaPerDay: 1 });
  assert.equal(items[0].quotaPerDay, 1);
  const send = async (sent: FeedbackRecord) =>
    (await hub.send("edge", "POST", EDGE_PATHS.feedback, { json: sent })).status;
  for (const key of ["a", "b", "c"]) assert.equal(await send(record(key)), 200);
  const alerts = async () =>
    (await hub.registry.alerts.list({ catalogue: "demo", state: "unresolved" })).items
      .map(({ kind, times }) => [kind, times]);
  assert.deepEqual(await alerts(), [["feedback-burst", 2]]);
  assert.deepEqual(await call("POST", "/release", { keys: ["b"] }), { records: 1 });
  assert.deepEqual(await alerts(), [["feedback-burst", 2]]);
  assert.deepEqual(await call("POST", "/reject", user), { records: 1 });
  assert.deepEqual(await alerts(), []);

  const product = record("b").product;
  await send(record("d", { product, code: "20", edgeId: "edge-2" }));
  assert.deepEqual(await alerts(), [["feedback-conflict", 1]]);
  const { items: [conflict] } = await call("GET", "/conflicts");
  assert.deepEqual(conflict.sides.map((side: { code: string }) => side.code), ["10", "20"]);
  await call("POST", "/conflicts/resolve", { content: conflict.content, code: "20" });
  assert.deepEqual(await alerts(), []);
  const audit = await hub.registry.audit.list();
  assert.deepEqual(audit.items.map(({ action }) => action), [
    "resolve-feedback-conflict",
    "reject-feedback",
    "release-feedback",
    "judge-feedback-source",
  ]);
});

Deno.test("no edge may pass for the review queue, whose people are trusted", async () => {
  await using hub = await openTestHub();
  await hub.registry.labels.ensure("demo", [{ code: "10", name: "Ten" }]);
  const json = record("a", { edgeId: "hub:review", source: "ann" });
  const response = await hub.send("edge", "POST", EDGE_PATHS.feedback, { json });
  assert.equal((await response.json()).code, "input-invalid");
});
