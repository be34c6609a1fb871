import assert from "node:assert/strict";
import { seed, seedEdges } from "../testing/seed.ts";
import { openTestHub } from "../testing/test_hub.ts";

Deno.test("lineage, cards and the champion of a moment are answered through the API", async () => {
  await using hub = await openTestHub();
  const { bundles, dataset, runs } = await seed(hub.registry, hub.blobs);
  await seedEdges(hub.registry, bundles[0]!, "2026-01-02T03:04:05.000Z");
  const get = async (path: string) => {
    const response = await hub.send("viewer", "GET", `/api/v1${path}`);
    return { status: response.status, body: await response.json() };
  };
  const base = "/catalogues/demo";
  const traced = await get(`${base}/lineage?bundle=${bundles[0]}`);
  assert.equal(traced.status, 200);
  assert.deepEqual(traced.body.start, { bundle: bundles[0] });
  assert.deepEqual(traced.body.origins.runs.map((run: { id: string }) => run.id), [runs[0]]);
  assert.deepEqual(traced.body.origins.datasets.map((d: { digest: string }) => d.digest), [
    dataset,
  ]);
  assert.ok(traced.body.effects.feedback.total > 0);
  assert.equal((await get(`${base}/lineage`)).status, 400);
  assert.equal((await get(`${base}/lineage?run=a&request=b`)).status, 400);
  assert.equal((await get(`${base}/lineage?run=none`)).status, 404);
  assert.equal((await get(`/catalogues/none/lineage?run=a`)).status, 404);

  const moment = hub.registry.aliases.get("demo");
  const { revision } = await moment;
  await hub.send("operator", "POST", `/api/v1${base}/promote`, {
    json: { digest: bundles[0], why: "gate took it", expectedRevision: revision },
  });
  const later = await get(`${base}/aliases/at?moment=2030-01-01T00:00:00%2B01:00`);
  assert.equal(later.body.at, "2029-12-31T23:00:00.000Z");
  assert.deepEqual(
    [later.body.reign.digest, later.body.reign.by, later.body.reign.why],
    [bundles[0], "the operator", "gate took it"],
  );
  const before = await get(`${base}/aliases/at?moment=2020-01-01T00:00:00Z`);
  assert.deepEqual([before.body.aliases.champion, before.body.reign], [null, null]);
  assert.equal((await get(`${base}/aliases/at?moment=yesterday`)).status, 400);

  const card = await get(`/models/${bundles[0]}/card`);
  assert.equal(card.status, 200, JSON.stringify(card.body));
  assert.deepEqual([card.body.model.version, card.body.model.aliases], [1, ["champion"]]);
  assert.equal(card.body.data.rows, 700);
  const markdown = await hub.send("viewer", "GET", `/api/v1/models/${bundles[0]}/card.md`);
  assert.match(markdown.headers.get("content-type") ?? "", /text\/markdown/);
  assert.match(await markdown.text(), /^# Demo, version 1/);
  assert.equal((await get(`/models/${"0".repeat(64)}/card`)).status, 404);
});
