import assert from "node:assert/strict";
import { importPublicKey, verifyRelease } from "@aisle/shared/bundle";
import { EDGE_PATHS } from "@aisle/shared/contract";
import { seed } from "../testing/seed.ts";
import { openTestHub, type TestHub } from "../testing/test_hub.ts";

const RELEASE = `${EDGE_PATHS.release}?catalogue=demo`, API = "/api/v1/catalogues/demo";

async function releaseFor(hub: TestHub, edgeId: string) {
  const response = await hub.send("edge", "GET", RELEASE, { headers: { "x-edge-id": edgeId } });
  return await verifyRelease(await response.json(), await importPublicKey(hub.publicKey));
}

async function report(
  hub: TestHub,
  edgeId: string,
  digest: string | null,
  trouble: unknown = null,
) {
  const json = { edgeId, catalogue: "demo", digest, sequence: digest === null ? null : 1, trouble };
  const response = await hub.send("edge", "POST", EDGE_PATHS.report, { json });
  assert.equal(response.status, 200, await response.clone().text());
}

const items = async (response: Response) => (await response.json()).items;

Deno.test("a pinned edge gets a release in its name, follows labels, and returns by one that is newer", async () => {
  await using hub = await openTestHub();
  const { bundles } = await seed(hub.registry, hub.blobs);
  const [champion, other] = [bundles[0]!, bundles[1]!];
  await hub.verbs.promote({ catalogue: "demo", digest: champion, by: "test", why: "test" });
  const pinned = await hub.send("operator", "PUT", `${API}/pins/edge-a`, {
    json: { digest: other, why: "compares" },
  });
  assert.equal(pinned.status, 200, await pinned.clone().text());
  const [own, all] = [await releaseFor(hub, "edge-a"), await releaseFor(hub, "edge-b")];
  assert.deepEqual(own.audience, { kind: "edge", edgeId: "edge-a" });
  assert.deepEqual([own.digest, all.digest, all.audience], [other, champion, undefined]);
  assert.ok(own.sequence > all.sequence);

  await hub.send("operator", "POST", `${API}/labels/rename`, {
    json: { code: "food-fruit", name: "Fruits" },
  });
  const renamed = await releaseFor(hub, "edge-a");
  assert.equal(renamed.digest, other);
  assert.ok(renamed.labels.entries.some(({ name }) => name === "Fruits"));
  assert.equal((await items(await hub.send("viewer", "GET", `${API}/pins`))).length, 1);

  assert.equal((await hub.send("operator", "DELETE", `${API}/pins/edge-a`)).status, 200);
  const back = await releaseFor(hub, "edge-a");
  assert.deepEqual([back.digest, back.audience], [champion, undefined]);
  assert.ok(back.sequence > renamed.sequence);
  assert.equal((await hub.send("operator", "DELETE", `${API}/pins/edge-a`)).status, 404);
  const unknown = await hub.send("operator", "PUT", `${API}/pins/edge-a`, {
    json: { digest: "0".repeat(64), why: "x" },
  });
  assert.equal(unknown.status, 404);
  const actions = (await hub.registry.audit.list()).items.map(({ action }) => action);
  assert.ok(actions.includes("pin-edge") && actions.includes("unpin-edge"), actions.join());
});

Deno.test("what served where is told for any moment, and polls do not overwrite what an edge said", async () => {
  await using hub = await openTestHub();
  const { bundles } = await seed(hub.registry, hub.blobs);
  const served = async (at?: string) => {
    const query = at === undefined ? "" : `?at=${encodeURIComponent(at)}`;
    const rows: { edgeId: string; digest: string | null }[] = await items(
      await hub.send("viewer", "GET", `${API}/served${query}`),
    );
    return Object.fromEntries(
      rows.filter(({ edgeId }) => edgeId.startsWith("at-")).map((r) => [r.edgeId, r.digest]),
    );
  };
  await report(hub, "at-1", bundles[0]!);
  hub.advance(60_000);
  const between = "2026-01-02T03:04:35.000Z";
  await report(hub, "at-1", bundles[1]!);
  await report(hub, "at-2", null);
  await hub.registry.edges.seen({ edgeId: "at-1", catalogue: "demo", digest: null });
  assert.deepEqual(await served(between), { "at-1": bundles[0] });
  assert.deepEqual(await served(), { "at-1": bundles[1], "at-2": null });
  assert.deepEqual(await served("2025-01-01T00:00:00Z"), {});
  const history = await items(
    await hub.send("viewer", "GET", `${API}/served/history?edgeId=at-1`),
  );
  assert.deepEqual(
    history.map((h: { digest: string }) => h.digest),
    [bundles[1], bundles[0]],
  );
});

Deno.test("an edge with a bundle in quarantine raises one alert, which ends when it serves what it should", async () => {
  await using hub = await openTestHub();
  const { bundles } = await seed(hub.registry, hub.blobs);
  const trouble = {
    digest: bundles[1]!,
    sequence: 2,
    code: "bundle-invalid",
    message: "its golden samples differ",
    quarantined: true,
  };
  const open = async () =>
    (await hub.registry.alerts.list({ catalogue: "demo", state: "unresolved" })).items
      .filter(({ kind }) => kind === "edge-quarantine");
  await report(hub, "edge-q", bundles[0]!, { ...trouble, quarantined: false });
  assert.equal((await open()).length, 0);
  for (let i = 0; i < 2; i++) await report(hub, "edge-q", bundles[0]!, trouble);
  assert.equal((await open()).length, 1);
  const edge = (await hub.registry.edges.list({ catalogue: "demo" }))
    .find(({ edgeId }) => edgeId === "edge-q");
  assert.deepEqual([edge?.digest, edge?.trouble], [bundles[0], trouble]);
  await report(hub, "edge-q", bundles[1]!);
  assert.equal((await open()).length, 0);
});
