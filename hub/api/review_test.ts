import assert from "node:assert/strict";
import { EDGE_PATHS, type ReviewSample } from "@aisle/shared/contract";
import { openTestHub, type TestHub } from "../testing/test_hub.ts";

const DIGEST = "a".repeat(64);
const sample = (text: string, changes: Partial<ReviewSample> = {}): ReviewSample => ({
  edgeId: "edge-1",
  catalogue: "demo",
  requestId: `r-${text}`,
  at: "2026-01-02T03:04:05Z",
  digest: DIGEST,
  product: { designation: text, description: "", productid: "", imageid: "" },
  guesses: [{ code: "10", confidence: 0.45 }, { code: "20", confidence: 0.4 }],
  ...changes,
});

async function opened(): Promise<TestHub> {
  const hub = await openTestHub();
  await hub.registry.catalogues.ensure("demo");
  await hub.registry.labels.ensure("demo", ["10", "20"].map((code) => ({ code, name: code })));
  return hub;
}
const base = "/api/v1/catalogues/demo/review";
async function call(hub: TestHub, method: string, path: string, json?: unknown) {
  const response = await hub.send("reviewer", method, base + path, { json });
  assert.ok(response.ok, `${path}: ${await response.clone().text()}`);
  return await response.json();
}

Deno.test("what an edge was unsure of is asked of a reviewer, whose answer trains and is audited", async () => {
  await using hub = await opened();
  const send = async (sent: ReviewSample) =>
    await (await hub.send("edge", "POST", EDGE_PATHS.review, { json: sent })).json();
  assert.deepEqual(await send(sample("lamp red")), { stored: true, wanted: true });
  assert.deepEqual(await send(sample("LAMP red")), { stored: false, wanted: true });
  await send(sample("chair blue", { unseen: 0.8 }));
  const { items } = await call(hub, "POST", "/next", { n: 5 });
  const kinds = items.map((item: { reasons: { kind: string }[] }) =>
    item.reasons.map((r) => r.kind)
  );
  assert.deepEqual(kinds.toSorted(), [["low-margin"], ["low-margin", "drifted"]]);
  const done = await call(hub, "POST", "/answers", { id: items[0].id, code: "20" });
  assert.equal(done.state, done.wanted === 1 ? "answered" : "open");
  await call(hub, "POST", "/skip", { id: items[1].id });
  assert.equal((await call(hub, "POST", "/undo")).id, items[1].id);
  const stats = await call(hub, "GET", "/stats");
  assert.deepEqual(
    stats.reviewers.map((r: { reviewer: string; answers: number }) => [r.reviewer, r.answers]),
    [["the reviewer", 1]],
  );
  const [pending] = await hub.registry.feedback.pending("demo");
  assert.equal(pending!.source, "the reviewer@hub:review");
  const audit = await hub.registry.audit.list();
  assert.deepEqual(audit.items.map(({ action }) => action), [
    "undo-review",
    "skip-review",
    "answer-review",
  ]);
});

Deno.test("the queue goes out as CSV and its answers come back, the refused ones told", async () => {
  await using hub = await opened();
  for (const text of ["=lamp", "chair blue"]) {
    await hub.send("edge", "POST", EDGE_PATHS.review, { json: sample(text) });
  }
  const response = await hub.send("reviewer", "GET", `${base}/export.csv?state=open`);
  assert.match(response.headers.get("content-type")!, /text\/csv/);
  const [head, ...lines] = (await response.text()).trimEnd().split("\r\n");
  assert.match(head!, /^id,designation,/);
  assert.ok(lines.some((line) => line.includes(",'=lamp,")));
  const ids = lines.map((line) => line.split(",")[0]!);
  const answers = [
    { id: ids[0], code: "10" },
    { id: ids[1], code: "unknown" },
    { id: "nowhere", code: "10" },
  ];
  const { stored, refused } = await call(hub, "POST", "/import", { answers });
  assert.equal(stored, 1);
  assert.deepEqual(refused.map((r: { code: string }) => r.code), ["unknown-code", "not-found"]);
});

Deno.test("viewers look at the queue and answer nothing; edges of another catalogue bring nothing", async () => {
  await using hub = await opened();
  assert.equal((await hub.send("viewer", "GET", base)).status, 200);
  assert.equal((await hub.send("viewer", "POST", `${base}/next`, { json: {} })).status, 403);
  const json = sample("x", { catalogue: "nowhere" });
  assert.equal((await hub.send("edge", "POST", EDGE_PATHS.review, { json })).status, 404);
});
