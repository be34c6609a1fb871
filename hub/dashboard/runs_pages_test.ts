import assert from "node:assert/strict";
import { seed } from "../testing/seed.ts";
import { openDashboard, visit } from "./testing/signed_in.ts";

/** Ids of the runs that a page lists. */
function listed(page: string): string[] {
  return [...page.matchAll(/name="id" value="([^"]+)"/g)].map((match) => match[1]!);
}

Deno.test("the list of runs is searched, ordered and shown with the columns asked for", async () => {
  await using hub = await openDashboard();
  const { runs } = await seed(hub.registry, hub.blobs);
  const viewer = await visit(hub, "viewer");
  const at = (query: Record<string, string>) => `/runs?${new URLSearchParams(query)}`;
  assert.deepEqual(listed(await viewer.page(at({ catalogue: "demo" }))), runs.toReversed());
  const some = await viewer.page(at({ query: "metrics.gold.accuracy > 0.8 and kind = 'retrain'" }));
  assert.deepEqual(listed(some), [runs[2], runs[1]]);
  const upwards = await viewer.page(at({ order: "metrics.gold.accuracy asc" }));
  assert.deepEqual(listed(upwards), runs);
  const own = await viewer.page(at({ query: "order by metrics.gold.accuracy desc", order: "id" }));
  assert.deepEqual(listed(own), runs.toReversed());
  const columns = await viewer.page(`/runs?col=params.train.c&col=metrics.gold.ece`);
  assert.match(columns, /<th[^>]*>\s*<a[^>]*Sort by train.c/);
  assert.match(columns, /0\.031/);
  assert.doesNotMatch(columns, /Sort by kind/i);
});

Deno.test("a search that cannot be read is shown with its place, and nothing is listed", async () => {
  await using hub = await openDashboard();
  await seed(hub.registry, hub.blobs);
  const viewer = await visit(hub, "viewer");
  const page = await viewer.page(`/runs?query=${encodeURIComponent("metrics.f1 >> 0.8")}`);
  assert.match(page, /role="alert"[\s\S]*position 13/);
  assert.match(page, /metrics\.f1 &gt;&gt; 0\.8\n {12}\^/);
  assert.deepEqual(listed(page), []);
  const unknown = await viewer.page("/runs?query=nonsense = 1");
  assert.match(unknown, /role="alert"/);
  const cursor = await viewer.page("/runs?cursor=nonsense");
  assert.match(cursor, /role="alert"/);
});

Deno.test("runs go by pages, by experiment, and deleted ones apart", async () => {
  await using hub = await openDashboard();
  const { runs } = await seed(hub.registry, hub.blobs);
  const { id: experiment } = await hub.registry.experiments.create({ name: "ours" });
  for (let i = 0; i < 60; i++) await hub.registry.clientRuns.create({ experiment });
  const viewer = await visit(hub, "viewer");
  const first = await viewer.page(`/runs?catalogue=demo&experiment=${experiment}`);
  assert.equal(listed(first).length, 50);
  const next = /href="([^"]+)" rel="next"/.exec(first)![1]!.replaceAll("&amp;", "&");
  assert.match(next, /experiment=/);
  const second = await viewer.page(next);
  assert.equal(new Set([...listed(first), ...listed(second)]).size, 60);
  await hub.registry.clientRuns.delete(runs[0]!);
  assert.deepEqual(listed(await viewer.page("/runs?catalogue=demo")), [runs[2], runs[1]]);
  assert.deepEqual(listed(await viewer.page("/runs?catalogue=demo&lifecycle=deleted")), [runs[0]]);
});

Deno.test("compared runs show the params that differ, figures side by side and curves over each other", async () => {
  await using hub = await openDashboard();
  const { runs } = await seed(hub.registry, hub.blobs);
  const other = await hub.registry.runs.create({
    catalogue: "demo",
    kind: "train",
    params: { "train.c": 4, "train.passes": 8, extra: true },
  });
  await hub.registry.runs.logMetrics(
    other.id,
    [1, 2, 3, 4].map((step) => ({ name: "final.objective", step, value: 500 / step })),
  );
  const viewer = await visit(hub, "viewer");
  const page = await viewer.page(`/runs/compare?id=${runs[0]}&id=${other.id}`);
  const [differing, same] = page.split("<details>") as [string, string];
  for (const name of ["train.c", "export.weights", "extra"]) assert.ok(differing.includes(name));
  assert.doesNotMatch(differing, /train\.passes/);
  assert.match(same, /train\.passes/);
  assert.match(page, /aria-label="final\.objective; last A [\d.]+, B 125"/);
  for (
    const ids of [
      `id=${runs[0]}`,
      runs.concat(Array(9).fill("x")).map((_, i) => `id=${i}`).join("&"),
    ]
  ) {
    assert.equal((await viewer.get(`/runs/compare?${ids}`)).status, 400);
  }
  assert.equal((await viewer.get(`/runs/compare?id=${runs[0]}&id=none`)).status, 404);
});

Deno.test("a run shows its stages, what the machine did, its files and how to run it again", async () => {
  await using hub = await openDashboard();
  const { runs, report } = await seed(hub.registry, hub.blobs);
  await hub.registry.runs.logMetrics(runs[1]!, [
    { name: "stage_seconds.train", step: 0, value: 12.5 },
    ...[0, 5, 10].map((step) => ({ name: "system/stage_cpu_cores", step, value: 1.5 })),
  ]);
  await hub.registry.runs.setTags(runs[1]!, { "env.os": "linux x86_64", "env.cores": "2" });
  const viewer = await visit(hub, "viewer");
  const page = await viewer.page(`/runs/${runs[1]}`);
  assert.match(page, /train<\/td>\s*<td class="number">12\.5/);
  assert.match(page, /stage_cpu_cores; last stage_cpu_cores 1\.5/);
  assert.match(page, /linux x86_64, 2 cores/);
  assert.ok(page.includes(`/reports/${report}`));
  assert.match(page, /deno task retrain --catalogue demo/);
  assert.doesNotMatch(page, /data-live/, "a run that has ended is not asked for again and again");
  await hub.registry.runs.create({ catalogue: "demo", kind: "train", params: {} });
  assert.match(await viewer.page("/runs?catalogue=demo"), /data-live/);
});

Deno.test("operators write notes and tags, delete and restore; viewers see no form; all of it is audited", async () => {
  await using hub = await openDashboard();
  const { runs } = await seed(hub.registry, hub.blobs);
  const operator = await visit(hub, "operator"), viewer = await visit(hub, "viewer");
  const path = `/ui/runs/${runs[0]}`;
  const tags = async () => (await hub.registry.runs.get(runs[0]!))!.tags;
  const page = await operator.page(`/runs/${runs[0]}`);
  assert.match(page, /<textarea/);
  assert.doesNotMatch(await viewer.page(`/runs/${runs[0]}`), /<textarea|action="\/ui\/runs/);
  assert.equal((await viewer.post(`${path}/note`, { note: "no" })).status, 403);
  const noted = await operator.post(`${path}/note`, { note: " good one ", back: "/runs/x" });
  assert.deepEqual([noted.status, noted.headers.get("location")], [303, "/runs/x"]);
  await operator.post(`${path}/tags`, { name: "stage", value: "keep" });
  assert.equal((await tags())["mlflow.note.content"], "good one");
  assert.equal((await tags())["stage"], "keep");
  await operator.post(`${path}/tags`, { name: "stage", remove: "yes" });
  await operator.post(`${path}/note`, { note: "" });
  assert.deepEqual(await tags(), { by: "alice" });
  await operator.post(`${path}/delete`, {});
  assert.notEqual((await hub.registry.runs.get(runs[0]!))!.deletedAt, null);
  assert.match(await operator.page(`/runs/${runs[0]}`), /Restore this run/);
  await operator.post(`${path}/restore`, {});
  assert.equal((await hub.registry.runs.get(runs[0]!))!.deletedAt, null);
  const actions = (await hub.registry.audit.list()).items.map((entry) => entry.action);
  assert.deepEqual(actions.slice(0, 6), [
    ...["restore-run", "delete-run", "tag-run", "tag-run", "tag-run", "tag-run"],
  ]);
});
