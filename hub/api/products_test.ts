import assert from "node:assert/strict";
import { sha256 } from "@aisle/shared/hash";
import { readRows, writeRows } from "../data/version.ts";
import { seed } from "../testing/seed.ts";
import { openTestHub, type TestHub } from "../testing/test_hub.ts";

const at = (digest: string, what: string) => `/api/v1/catalogues/demo/datasets/${digest}/${what}`;
const get = async (hub: TestHub, path: string) => {
  const response = await hub.send("viewer", "GET", path);
  return { status: response.status, body: await response.json() };
};

Deno.test("products of a version come page by page, by words and by code", async () => {
  await using hub = await openTestHub();
  const { dataset } = await seed(hub.registry, hub.blobs);
  const first = await get(hub, at(dataset, "products?text=POMME&code=food-fruit&limit=200"));
  assert.equal(first.status, 200);
  assert.deepEqual([first.body.items.length, first.body.total], [200, 250]);
  const rest = await get(
    hub,
    at(dataset, `products?text=POMME&code=food-fruit&limit=200&cursor=${first.body.next}`),
  );
  assert.deepEqual([rest.body.items.length, rest.body.next], [50, null]);
  const none = await get(hub, at(dataset, "products?text=pomme&code=object-tool"));
  assert.deepEqual([none.body.items, none.body.total], [[], 0]);
  assert.equal((await get(hub, at(sha256("elsewhere"), "products"))).status, 404);
  assert.equal((await get(hub, at(dataset, "products?limit=0"))).status, 400);
});

Deno.test("two versions differ in the rows and classes that they differ in", async () => {
  await using hub = await openTestHub();
  const { dataset } = await seed(hub.registry, hub.blobs);
  const head = (await hub.registry.datasets.head("demo"))!;
  const rows = await Array.fromAsync(readRows(await hub.blobs.open(head.blob)));
  const [gone, changed, ...same] = rows;
  const next = [{ ...changed!, code: "object-tool" }, ...same];
  const { digest } = await hub.blobs.put(writeRows(next));
  await hub.registry.datasets.add({
    ...head,
    digest: sha256("next"),
    blob: digest,
    rows: next.length,
  });
  const { body } = await get(hub, at(sha256("next"), `diff?against=${dataset}`));
  assert.deepEqual(body.counts, { added: 0, removed: 1, changed: 1 });
  assert.deepEqual(body.items.map((item: { kind: string }) => item.kind), ["removed", "changed"]);
  assert.equal(body.items[0].before.id, gone!.id);
  assert.deepEqual(body.classes, [
    { code: "food-fruit", before: 250, after: 248 },
    { code: "object-tool", before: 100, after: 101 },
  ]);
});

Deno.test("rows that were set aside come with their reason", async () => {
  await using hub = await openTestHub();
  const { dataset } = await seed(hub.registry, hub.blobs);
  const { body } = await get(hub, at(dataset, "set-aside?limit=2"));
  assert.deepEqual([body.items.length, body.next, body.reasons], [2, "2", { "duplicate-id": 3 }]);
  assert.deepEqual([body.items[0].line, body.items[0].message], [100, "its id has come before"]);
});

Deno.test("a table is previewed from its beginning, and its columns guessed; what is no table is refused", async () => {
  await using hub = await openTestHub();
  const put = async (text: string) => (await hub.blobs.put(new TextEncoder().encode(text))).digest;
  const table = await put('sku;title;category\nA1;"Ballon; rouge";toys\nA2;Lampe;lamps\n');
  const { body } = await get(hub, `/api/v1/blobs/${table}/table?rows=1`);
  assert.deepEqual(body, {
    header: ["sku", "title", "category"],
    delimiter: ";",
    rows: [["A1", "Ballon; rouge", "toys"]],
    guess: { text: ["title"], label: "category", id: "sku", image: null },
  });
  assert.equal((await get(hub, `/api/v1/blobs/${await put("")}/table`)).body.code, "csv-invalid");
  assert.equal((await get(hub, `/api/v1/blobs/${sha256("gone")}/table`)).status, 404);
});
