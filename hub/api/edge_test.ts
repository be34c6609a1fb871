import assert from "node:assert/strict";
import { importPublicKey, verifyRelease } from "@aisle/shared/bundle";
import { EDGE_PATHS } from "@aisle/shared/contract";
import { seed, type Seeded } from "../testing/seed.ts";
import { POLL_HEADER, pollMsFor } from "./edge_notes.ts";
import { openTestHub, type TestHub } from "../testing/test_hub.ts";

const RELEASE = `${EDGE_PATHS.release}?catalogue=demo`;

async function promote(hub: TestHub, seeded: Seeded, i: number) {
  const json = { digest: seeded.bundles[i]!, why: "test" };
  const response = await hub.send("operator", "POST", "/api/v1/catalogues/demo/promote", { json });
  assert.equal(response.status, 200, await response.clone().text());
}

Deno.test("no release yet is 404 not-found; then the signed one with its tag, 304 while it stands", async () => {
  await using hub = await openTestHub();
  const seeded = await seed(hub.registry, hub.blobs);
  const none = await hub.send("edge", "GET", RELEASE);
  assert.equal(none.status, 404);
  assert.equal((await none.json()).code, "not-found");

  await promote(hub, seeded, 0);
  const first = await hub.send("edge", "GET", RELEASE);
  const signed = await first.json();
  const document = await verifyRelease(signed, await importPublicKey(hub.publicKey));
  assert.equal(document.digest, seeded.bundles[0]);
  assert.equal(document.sequence, 1);

  const etag = first.headers.get("etag")!;
  const headers = { "if-none-match": etag };
  const same = await hub.send("edge", "GET", RELEASE, { headers });
  assert.equal(same.status, 304);
  assert.equal(same.headers.get("etag"), etag);
  await promote(hub, seeded, 1);
  const next = await hub.send("edge", "GET", RELEASE, { headers });
  assert.equal(next.status, 200);
  assert.notEqual(next.headers.get("etag"), etag);
});

Deno.test("a renamed label reaches edges as a new release of the same bundle", async () => {
  await using hub = await openTestHub();
  const seeded = await seed(hub.registry, hub.blobs);
  await promote(hub, seeded, 0);
  const renamed = await hub.send("operator", "POST", "/api/v1/catalogues/demo/labels/rename", {
    json: { code: "food-fruit", name: "Fruits" },
  });
  assert.equal(renamed.status, 200);
  const signed = await (await hub.send("edge", "GET", RELEASE)).json();
  const document = await verifyRelease(signed, await importPublicKey(hub.publicKey));
  assert.equal(document.kind, "relabel");
  assert.equal(document.digest, seeded.bundles[0]);
  assert.ok(document.labels.entries.some((l) => l.name === "Fruits"));
});

Deno.test("edges get bundles, whole or a range, and no other blob", async () => {
  await using hub = await openTestHub();
  const seeded = await seed(hub.registry, hub.blobs);
  const path = `${EDGE_PATHS.bundles}/${seeded.bundles[0]}`;
  const whole = await hub.send("edge", "GET", path);
  assert.deepEqual(new Uint8Array(await whole.arrayBuffer()), seeded.bundleBytes);
  const rest = await hub.send("edge", "GET", path, { headers: { range: "bytes=100-" } });
  assert.equal(rest.status, 206);
  assert.deepEqual(new Uint8Array(await rest.arrayBuffer()), seeded.bundleBytes.slice(100));
  const past = await hub.send("edge", "GET", path, { headers: { range: "bytes=99999-" } });
  assert.equal(past.status, 416);
  // A blob that is there, but is a report.
  const other = await hub.send("edge", "GET", `${EDGE_PATHS.bundles}/${seeded.report}`);
  assert.equal(other.status, 404);
});

Deno.test("an edge that asks is noted with what it serves, without a write for each poll", async () => {
  await using hub = await openTestHub();
  const seeded = await seed(hub.registry, hub.blobs);
  let writes = 0;
  const { seen } = hub.registry.edges;
  Object.assign(hub.registry.edges, {
    seen: (edge: Parameters<typeof seen>[0]) => {
      writes++;
      return seen(edge);
    },
  });
  const poll = (headers: Record<string, string> = {}) =>
    hub.send("edge", "GET", RELEASE, { headers: { "x-edge-id": "edge-7", ...headers } });
  const noted = async () => (await hub.registry.edges.list({ catalogue: "demo" }))[0];
  await poll();
  assert.equal((await noted())?.digest, null);
  await promote(hub, seeded, 0);
  const etag = (await poll()).headers.get("etag")!;
  for (let i = 0; i < 5; i++) await poll({ "if-none-match": etag });
  assert.equal((await noted())?.digest, seeded.bundles[0]);
  assert.equal(writes, 2);
  hub.advance(60_000);
  await poll({ "if-none-match": etag });
  assert.equal(writes, 3);
});

Deno.test("edges are told to ask less often once they are many: all together stay below a bound", async () => {
  assert.deepEqual([0, 1, 2_000, 2_001, 10_000, 10_001].map(pollMsFor), [
    null,
    null,
    null,
    3_000,
    10_000,
    11_000,
  ]);
  await using hub = await openTestHub();
  await promote(hub, await seed(hub.registry, hub.blobs), 0);
  const { seen } = hub.registry.edges;
  Object.assign(hub.registry.edges, { seen: () => Promise.resolve() });
  const poll = async (edge: number) =>
    (await hub.send("edge", "GET", RELEASE, { headers: { "x-edge-id": `edge-${edge}` } }))
      .headers.get(POLL_HEADER);
  assert.equal(await poll(0), null);
  for (let edge = 1; edge < 2_000; edge++) await poll(edge);
  assert.equal(await poll(2_000), "3000");
  hub.advance(11 * 60_000);
  Object.assign(hub.registry.edges, { seen });
  assert.equal(await poll(1), null, "the others are gone");
});

Deno.test("telemetry and feedback are stored once however often they are sent", async () => {
  await using hub = await openTestHub();
  const seeded = await seed(hub.registry, hub.blobs);
  const at = "2026-01-02T03:04:05.000Z";
  const feedback = {
    idempotencyKey: "k",
    edgeId: "e",
    catalogue: "demo",
    requestId: null,
    product: { designation: "Pomme", description: "", productid: "1", imageid: "2" },
    code: "food-fruit",
    predicted: { code: "animal-bird", confidence: 0.4, digest: seeded.bundles[0] },
    source: "test",
    at,
  };
  const window = {
    edgeId: "e",
    bootId: "b",
    seq: 1,
    catalogue: "demo",
    startedAt: at,
    endedAt: at,
    digest: null,
    predictions: 1,
    requests: 1,
    errors: {},
    codes: {},
    decisions: { auto: 0, review: 1 },
    confidence: new Array(20).fill(0),
    latencyMs: {},
    feedback: { received: 0, delivered: 0, waiting: 0, dropped: 0 },
    droppedWindows: 0,
  };
  for (
    const [path, json] of [[EDGE_PATHS.feedback, feedback], [EDGE_PATHS.telemetry, window]] as const
  ) {
    const first = await (await hub.send("edge", "POST", path, { json })).json();
    const again = await (await hub.send("edge", "POST", path, { json })).json();
    assert.deepEqual([first.duplicate, again.duplicate], [false, true], path);
    assert.equal(again.stored, true);
  }
  const unknown = await hub.send("edge", "POST", EDGE_PATHS.feedback, {
    json: { ...feedback, idempotencyKey: "k2", code: "no-such-code" },
  });
  assert.equal((await unknown.json()).code, "unknown-code");
  const extra = await hub.send("edge", "POST", EDGE_PATHS.feedback, {
    json: { ...feedback, admin: true },
  });
  assert.equal(extra.status, 400);

  const stats = await (await hub.send("viewer", "GET", "/api/v1/catalogues/demo/feedback/stats"))
    .json();
  assert.deepEqual([stats.n, stats.correct, stats.pending], [1, 0, 1]);
  const page = await (await hub.send("viewer", "GET", "/api/v1/catalogues/demo/feedback")).json();
  assert.equal(page.items.length, 1);
  const sums = await (await hub.send("viewer", "GET", "/api/v1/catalogues/demo/telemetry")).json();
  assert.equal(sums.windows, 1);
  // What edges send is kept as what it is, not as changes by people.
  assert.deepEqual((await hub.registry.audit.list()).items, []);
});
