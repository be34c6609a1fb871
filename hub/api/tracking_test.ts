import assert from "node:assert/strict";
import { openTestHub } from "../testing/test_hub.ts";

Deno.test("runs are searched, compared and noted through the API; errors name the position", async () => {
  await using hub = await openTestHub();
  const ids: string[] = [];
  for (const [c, f1] of [["1", 0.7], ["2", 0.9], ["2", 0.8]] as const) {
    const { id } = await hub.registry.clientRuns.create({ experiment: 0, name: `c${c}` });
    const point = { name: "f1", step: 0, value: f1, atMs: 1 };
    await hub.registry.clientRuns.log(id, { params: { c }, metrics: [point] });
    ids.push(id);
  }
  const get = async (path: string) => {
    const response = await hub.send("viewer", "GET", path);
    return { status: response.status, body: await response.json() };
  };
  const query = encodeURIComponent(`metrics.f1 > 0.75 and params.c = "2" order by metrics.f1 desc`);
  const first = await get(`/api/v1/search/runs?limit=1&query=${query}`);
  assert.deepEqual(first.body.items.map((run: { id: string }) => run.id), [ids[1]]);
  const second = await get(`/api/v1/search/runs?limit=1&query=${query}&cursor=${first.body.next}`);
  assert.deepEqual([second.body.items[0].id, second.body.next], [ids[2], null]);

  const wrong = await get(`/api/v1/search/runs?query=${encodeURIComponent("metrics.f1 > ")}`);
  assert.deepEqual([wrong.status, wrong.body.code, wrong.body.details], [400, "input-invalid", {
    position: 14,
  }]);

  const compared = await get(`/api/v1/compare/runs?ids=${ids[0]},${ids[1]}&metrics=f1`);
  assert.deepEqual(compared.body.params, [{ name: "c", differs: true, values: ["1", "2"] }]);
  assert.equal(compared.body.metrics[0].curves.length, 2);

  const json = { "mlflow.note.content": "best" };
  const path = `/api/v1/runs/${ids[1]}/tags`;
  assert.equal((await hub.send("viewer", "PATCH", path, { json })).status, 403);
  const noted = await (await hub.send("operator", "PATCH", path, { json })).json();
  assert.deepEqual(noted.tags, json);
  const found = await get(`/api/v1/search/runs?query=${encodeURIComponent("note = 'best'")}`);
  assert.equal(found.body.items.length, 1);

  const experiments = await get("/api/v1/experiments?query=id%20%3D%200");
  assert.deepEqual(experiments.body.items.map((e: { name: string }) => e.name), ["Default"]);
});
