import assert from "node:assert/strict";
import { seed } from "../testing/seed.ts";
import { seedFindings } from "../testing/seed_findings.ts";
import { openTestHub } from "../testing/test_hub.ts";

interface Item {
  readonly id: string;
  readonly code: string;
  readonly predicted: string;
  readonly confidence: number;
  readonly designation: string | null;
  readonly picture: string | null;
}

Deno.test("a cell of the confusion matrix opens into the very products, with text, picture and confidence", async () => {
  await using hub = await openTestHub();
  const seeded = await seed(hub.registry, hub.blobs);
  const { products } = await seedFindings(hub, seeded);
  const byId = new Map(products.map((product) => [product.id, product]));
  const path = `/api/v1/models/${seeded.bundles[2]}/gold`;
  const get = async (query: string) => {
    const response = await hub.send("viewer", "GET", `${path}?catalogue=demo&${query}`);
    assert.equal(response.status, 200);
    return await response.json() as { items: Item[]; total: number };
  };
  const all = await get("limit=1000");
  assert.deepEqual([all.total, all.items.length], [240, 240]);
  const wrong = await get("wrong=true&limit=1000");
  assert.equal(wrong.total, all.items.filter((item) => item.code !== item.predicted).length);
  assert.ok(wrong.total > 0);
  const { code, predicted } = wrong.items[0]!;
  const cell = await get(`code=${code}&predicted=${predicted}&limit=1000`);
  assert.ok(cell.items.length > 0 && cell.items.length === cell.total);
  for (const item of cell.items) {
    assert.deepEqual([item.code, item.predicted], [code, predicted]);
    const product = byId.get(item.id)!;
    assert.deepEqual(
      [item.designation, item.picture],
      [product.designation, product.picture === "" ? null : product.picture],
    );
  }
  const sure = cell.items.map((item) => item.confidence);
  assert.deepEqual(sure, sure.toSorted((a, b) => b - a));
  const second = await get("limit=100&offset=100");
  assert.deepEqual(second.items, all.items.slice(100, 200));
});

Deno.test("a bundle whose gold rows are gone still tells its guesses; one that was never evaluated has none", async () => {
  await using hub = await openTestHub();
  const seeded = await seed(hub.registry, hub.blobs);
  const { bundles } = seeded;
  await seedFindings(hub, seeded);
  const [evaluation] = await hub.registry.models.evaluations(bundles[0]!);
  await hub.registry.models.addEvaluation({ ...evaluation!, goldDigest: "0".repeat(64) });
  const response = await hub.send("viewer", "GET", `/api/v1/models/${bundles[0]}/gold?limit=1`);
  const { items: [item] } = await response.json() as { items: Item[] };
  assert.deepEqual([item!.designation, item!.picture], [null, null]);
  assert.ok(item!.confidence > 0);
  await hub.registry.models.add({
    digest: "f".repeat(64),
    catalogue: "demo",
    runId: null,
    dataset: null,
    sizeBytes: 1,
    manifest: {},
  });
  const none = await hub.send("viewer", "GET", `/api/v1/models/${"f".repeat(64)}/gold`);
  assert.equal(none.status, 404);
});

Deno.test("a product's picture comes as it came in, by its own type, and other blobs are no pictures", async () => {
  await using hub = await openTestHub();
  const seeded = await seed(hub.registry, hub.blobs);
  const { products } = await seedFindings(hub, seeded, 8);
  const { picture } = products[0]!;
  const get = (digest: string) =>
    hub.send("viewer", "GET", `/api/v1/catalogues/demo/pictures/${digest}`);
  const response = await get(picture);
  assert.equal(response.headers.get("content-type"), "image/png");
  assert.match(response.headers.get("content-security-policy")!, /sandbox/);
  assert.deepEqual(await response.bytes(), await hub.blobs.bytes(picture));
  assert.equal((await get(seeded.report)).status, 422);
  assert.equal((await get("0".repeat(64))).status, 404);
  assert.equal(
    (await hub.send(null, "GET", `/api/v1/catalogues/demo/pictures/${picture}`)).status,
    401,
  );
});
