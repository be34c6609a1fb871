import assert from "node:assert/strict";
import { seed } from "../testing/seed.ts";
import type { TestHub } from "../testing/test_hub.ts";
import { openDashboard, visit } from "./testing/signed_in.ts";

const DIGEST = "a".repeat(64);

async function filled(): Promise<TestHub> {
  const hub = await openDashboard();
  await seed(hub.registry, hub.blobs);
  const items = ["Pomme rouge", "Carte du monde", "Marteau"].map((designation, i) => ({
    product: { designation, description: "un texte", productid: "", imageid: "" },
    guesses: [{ code: "food-fruit", confidence: 0.5 }, { code: "travel-map", confidence: 0.4 }],
    digest: DIGEST,
    reasons: [{ kind: "low-margin" as const, score: 0.9 - i / 10, detail: "unsure" }],
    origin: "edge-1",
    knownCode: i === 0 ? "object-tool" : null,
  }));
  await hub.registry.review.offer("demo", items, { maxOpen: 9, secondOpinions: 0, seed: 1 });
  return hub;
}
const idIn = (page: string) => /name="id" value="([^"]+)"/.exec(page)![1]!;

Deno.test("a reviewer answers by a guess or by a name, skips, and takes back; the audit knows who", async () => {
  await using hub = await filled();
  const ann = await visit(hub, "reviewer");
  const first = await ann.page("/review?catalogue=demo");
  assert.match(first, /Pomme rouge/);
  assert.match(first, /data-key="3"><kbd>3<\/kbd>[\s\S]*What it is called now/);
  assert.doesNotMatch(first, /\/ui\/review\/label/, "new labels are for operators");
  const catalogue = "demo";
  const answer = async (fields: Record<string, string>) => {
    const response = await ann.post("/ui/review/answer", { catalogue, ...fields });
    assert.equal(response.status, 303);
    return await ann.page(response.headers.get("location")!);
  };
  const second = await answer({ id: idIn(first), code: "food-fruit" });
  assert.match(second, /role="status">Answered: Fruit/);
  assert.match(second, /Carte du monde/);
  const third = await answer({ id: idIn(second), search: "maps" });
  assert.match(third, /Marteau/);
  const taken = await answer({ id: idIn(second), code: "food-fruit" });
  assert.match(taken, /class="flash bad"[^>]*>Cannot answer/);
  assert.match(await answer({ id: idIn(third), search: "no such label" }), /has no label/);
  await ann.post("/ui/review/skip", { catalogue, id: idIn(third) });
  assert.match(await ann.page("/review?catalogue=demo"), /Nothing to review/);
  await ann.post("/ui/review/undo", { catalogue });
  assert.match(await ann.page("/review?catalogue=demo"), /Marteau/);
  const pending = (await hub.registry.feedback.pending("demo")).map(({ code, source }) => [
    code,
    source,
  ]);
  assert.deepEqual(pending.toSorted(), [
    ["food-fruit", "the reviewer@hub:review"],
    ["travel-map", "the reviewer@hub:review"],
  ]);
  const audit = await hub.registry.audit.list();
  assert.deepEqual(audit.items.map(({ action }) => action), [
    "undo-review",
    "skip-review",
    "answer-review",
    "answer-review",
    "sign-in",
  ]);
});

Deno.test("an operator adds a label from the page, and the product has it", async () => {
  await using hub = await filled();
  const operator = await visit(hub, "operator");
  const page = await operator.page("/review?catalogue=demo");
  const fields = { catalogue: "demo", id: idIn(page), code: "food-dish", name: "Dishes" };
  await operator.post("/ui/review/label", fields);
  const { labels } = await hub.registry.labels.list("demo");
  assert.ok(labels.some(({ code, name }) => code === "food-dish" && name === "Dishes"));
  assert.equal((await hub.registry.feedback.pending("demo"))[0]!.code, "food-dish");
});

Deno.test("viewers see the queue and lease nothing; what they may not do has no button", async () => {
  await using hub = await filled();
  const viewer = await visit(hub, "viewer");
  const page = await viewer.page("/review?catalogue=demo");
  assert.doesNotMatch(page, /\/ui\/review/);
  const { items } = await hub.registry.review.list("demo");
  assert.ok(items.every(({ leaseBy }) => leaseBy === null));
  assert.doesNotMatch(await viewer.page("/review/feedback?catalogue=demo"), /\/ui\/feedback/);
});

Deno.test("the page of sources judges them, releases and rejects what waits, and resolves conflicts", async () => {
  await using hub = await filled();
  const limits = { ...hub.params.sources, quotaPerDay: 2 };
  const send = (key: string, code: string, source: string, designation = key) =>
    hub.registry.feedback.store({
      idempotencyKey: key,
      edgeId: "edge-1",
      catalogue: "demo",
      requestId: null,
      product: { designation, description: "", productid: "", imageid: "" },
      code,
      predicted: null,
      source,
      at: "2026-01-02T03:04:05Z",
    }, limits);
  for (const key of ["k1", "k2", "k3", "k4"]) await send(key, "food-fruit", "user");
  await send("c1", "travel-map", "bob", "k1");
  const operator = await visit(hub, "operator");
  const page = await operator.page("/review/feedback?catalogue=demo");
  assert.match(page, /over|more than|within a day already/);
  assert.match(page, /Believe travel-map/);
  const catalogue = "demo", from = { source: "user", edgeId: "edge-1" };
  await operator.post("/ui/feedback/release", { catalogue, key: "k3" });
  const done = await operator.post("/ui/feedback/reject", {
    catalogue,
    ...from,
    back: "/review/feedback?catalogue=demo",
  });
  assert.equal(done.headers.get("location"), "/review/feedback?catalogue=demo");
  await operator.post("/ui/feedback/source", {
    catalogue,
    ...from,
    trust: "untrusted",
    quotaPerDay: "7",
  });
  const [user] = await hub.registry.sources.list("demo", limits);
  assert.deepEqual([user!.trust, user!.quotaPerDay], ["untrusted", 7]);
  const states = async () =>
    Object.fromEntries(
      (await hub.registry.feedback.list({ catalogue })).items.map((f) => [
        f.idempotencyKey,
        f.state,
      ]),
    );
  assert.deepEqual(await states(), {
    c1: "quarantined",
    k1: "rejected",
    k2: "pending",
    k3: "pending",
    k4: "rejected",
  });
});
