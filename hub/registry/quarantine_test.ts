import assert from "node:assert/strict";
import type { FeedbackRecord } from "@aisle/shared/contract";
import { AppError } from "@aisle/shared/errors";
import { type FeedbackLimits, REVIEW_EDGE } from "./feedback_policy.ts";
import type { Registry } from "./registry.ts";
import { digestOf, registryTest } from "./registry_suite.ts";

const LIMITS: FeedbackLimits = {
  defaultTrust: "neutral",
  quotaPerDay: 50,
  burstRows: 5,
  burstMinutes: 10,
};
const record = (key: string, changes: Partial<FeedbackRecord> = {}): FeedbackRecord => ({
  idempotencyKey: key,
  edgeId: "edge-1",
  catalogue: "shop",
  requestId: null,
  product: { designation: `product ${key}`, description: "", productid: "", imageid: "" },
  code: "10",
  predicted: { code: "10", confidence: 0.9, digest: digestOf("c") },
  source: "user",
  at: "2026-01-01T00:00:00Z",
  ...changes,
});

async function statesOf(registry: Registry): Promise<Record<string, string>> {
  const { items } = await registry.feedback.list({ catalogue: "shop", limit: 1000 });
  return Object.fromEntries(items.map((item) => [item.idempotencyKey, item.state]).sort());
}
const labels = (registry: Registry) =>
  registry.labels.ensure("shop", ["10", "20"].map((code) => ({ code, name: code })));

registryTest(
  "a burst waits whole, and its source's earlier and other feedback does not",
  async (s) => {
    const { registry, clock } = s;
    await labels(registry);
    const send = (key: string, changes: Partial<FeedbackRecord> = {}) =>
      registry.feedback.store(record(key, changes), LIMITS);
    await send("early");
    clock.nowMs += 11 * 60_000;
    for (let i = 0; i < 7; i++) await send(`b${i}`, i === 3 ? { product: null } : {});
    await send("other", { edgeId: "edge-2" });
    const states = await statesOf(registry);
    assert.deepEqual(
      Object.values(states),
      [...Array(7).fill("quarantined"), "pending", "pending"],
    );
    assert.deepEqual((await registry.feedback.pending("shop")).map(({ key }) => key).sort(), [
      "early",
      "other",
    ]);
    assert.equal((await registry.feedback.countNew("shop")).rows, 2);
    const stats = await registry.feedback.stats("shop");
    assert.deepEqual([stats.n, stats.quarantined, stats.joined], [2, 7, 2]);
    assert.equal((await registry.feedback.store(record("b6"), LIMITS)).duplicate, true);

    assert.equal(
      await registry.quarantine.release("shop", { keys: ["b0", "b3", "early"] }, "ann"),
      2,
    );
    assert.equal(
      await registry.quarantine.reject("shop", { source: "user", edgeId: "edge-1" }, "ann"),
      5,
    );
    const after = await statesOf(registry);
    assert.deepEqual([after["b0"], after["b3"], after["b1"]], ["pending", "unjoined", "rejected"]);
    assert.equal((await registry.feedback.stats("shop")).n, 4);
  },
);

registryTest(
  "one product with two codes waits for a person, who believes one of them",
  async (s) => {
    const { registry } = s;
    await labels(registry);
    const lamp = { designation: "A lamp", description: "", productid: "", imageid: "" };
    const send = (key: string, changes: Partial<FeedbackRecord>) =>
      registry.feedback.store(record(key, { product: lamp, ...changes }), LIMITS);
    await send("a", {});
    await send("a2", { code: "20" });
    assert.deepEqual(
      await statesOf(registry),
      { a: "pending", a2: "pending" },
      "who corrects himself",
    );
    await send("b", { source: "bob", product: { ...lamp, designation: "<b>a  LAMP</b>" } });
    const [conflict] = await registry.quarantine.conflicts("shop");
    assert.deepEqual(conflict!.sides.map((side) => [side.key, side.code, side.state]), [
      ["a", "10", "pending"],
      ["a2", "20", "quarantined"],
      ["b", "10", "quarantined"],
    ]);
    assert.deepEqual(await registry.quarantine.counts("shop"), { quarantined: 2, conflicts: 1 });
    await assert.rejects(
      registry.quarantine.resolve("shop", conflict!.content, "30", "ann"),
      (error) => error instanceof AppError && error.code === "unknown-code",
    );
    await registry.quarantine.resolve("shop", conflict!.content, "10", "ann");
    assert.deepEqual(await statesOf(registry), { a: "pending", a2: "rejected", b: "pending" });
    await assert.rejects(registry.quarantine.resolve("shop", conflict!.content, "10", "ann"));
  },
);

registryTest(
  "a trusted word settles a conflict, and people in the review queue are trusted",
  async (s) => {
    const { registry } = s;
    await labels(registry);
    const lamp = { designation: "A lamp", description: "", productid: "", imageid: "" };
    const send = (key: string, changes: Partial<FeedbackRecord>) =>
      registry.feedback.store(record(key, { product: lamp, ...changes }), LIMITS);
    await send("a", {});
    await send("b", { source: "bob", code: "20" });
    await send("r", { source: "ann", edgeId: REVIEW_EDGE, code: "20" });
    assert.deepEqual(await statesOf(registry), { a: "set-aside", b: "quarantined", r: "pending" });
    await send("late", { source: "eve" });
    assert.equal((await statesOf(registry))["late"], "set-aside");
  },
);

registryTest(
  "a blocked source is heard no more, and what it said before counts no more",
  async (s) => {
    const { registry } = s;
    await labels(registry);
    const options = { by: "ann", limits: LIMITS };
    await registry.feedback.store(record("k1"), LIMITS);
    const user = { source: "user", edgeId: "edge-1" };
    await registry.sources.set("shop", user, { trust: "blocked" }, options);
    await registry.feedback.store(record("k2"), LIMITS);
    assert.deepEqual(await statesOf(registry), { k1: "rejected", k2: "rejected" });
    const [source] = await registry.sources.list("shop", LIMITS);
    assert.deepEqual(
      [source!.trust, source!.weight, source!.records, source!.rejected, source!.by],
      ["blocked", 0, 2, 2, "ann"],
    );
    await registry.sources.set("shop", user, { trust: "trusted", quotaPerDay: 1 }, options);
    await registry.sources.set("shop", user, { weight: 0.7 }, options);
    const [again] = await registry.sources.list("shop", LIMITS);
    assert.deepEqual([again!.trust, again!.weight, again!.quotaPerDay], ["trusted", 0.7, 1]);
    await registry.feedback.store(record("k3"), LIMITS);
    assert.equal((await statesOf(registry))["k3"], "quarantined", "over the quota that was set");
  },
);
