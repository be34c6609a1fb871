import assert from "node:assert/strict";
import type { FeedbackRecord } from "@aisle/shared/contract";
import { AppError } from "@aisle/shared/errors";
import { digestOf, registryTest } from "./registry_suite.ts";
import type { Registry } from "./registry.ts";

const record = (key: string, changes: Partial<FeedbackRecord> = {}): FeedbackRecord => ({
  idempotencyKey: key,
  edgeId: "edge-1",
  catalogue: "shop",
  requestId: `request-${key}`,
  product: { designation: `product ${key}`, description: "", productid: "1", imageid: "2" },
  code: "10",
  predicted: { code: "10", confidence: 0.9, digest: digestOf("c") },
  source: "user",
  at: "2026-01-01T00:00:00Z",
  ...changes,
});

async function labels(registry: Registry) {
  await registry.labels.ensure("shop", ["10", "20", "30"].map((code) => ({ code, name: code })));
}

async function dataset(registry: Registry, digest: string) {
  await registry.datasets.add({
    digest,
    catalogue: "shop",
    blob: digest,
    rows: 1,
    classes: { "10": 1 },
    setAside: 0,
    source: { kind: "merge" },
  });
}

registryTest(
  "store() keeps a record once, however often and at once it comes",
  async ({ registry }) => {
    await labels(registry);
    const receipts = await Promise.all(
      Array.from({ length: 4 }, () => registry.feedback.store(record("k"))),
    );
    assert.deepEqual(receipts.map((r) => r.duplicate), [false, true, true, true]);
    assert.ok(receipts.every((r) => r.stored));
    const { items } = await registry.feedback.list({ catalogue: "shop" });
    assert.deepEqual(items, [{
      ...record("k"),
      state: "pending",
      dataset: null,
      reason: null,
      storedAt: "2026-01-01T00:00:00.000Z",
    }]);
  },
);

registryTest(
  "store() refuses a code that the catalogue does not know, with the way to mend it",
  async ({ registry }) => {
    await labels(registry);
    await assert.rejects(
      registry.feedback.store(record("k", { code: "010" })),
      (error) => error instanceof AppError && error.code === "unknown-code",
    );
    assert.deepEqual((await registry.feedback.list()).items, []);
  },
);

registryTest(
  "unjoined feedback counts for accuracy and never waits to train",
  async ({ registry }) => {
    await labels(registry);
    await registry.feedback.store(record("a", { product: null }));
    await registry.feedback.store(record("b"));
    assert.deepEqual((await registry.feedback.pending("shop")).map((p) => p.key), ["b"]);
    assert.deepEqual(await registry.feedback.countNew("shop"), { rows: 1, classes: { "10": 1 } });
    const stats = await registry.feedback.stats("shop");
    assert.deepEqual([stats.n, stats.joined, stats.unjoined, stats.pending], [2, 1, 1, 1]);
  },
);

registryTest(
  "pending() is ordered by time across zones and names the code that counts now",
  async ({ registry }) => {
    await labels(registry);
    await registry.feedback.store(record("late", { at: "2026-01-01T10:00:00+09:00", code: "20" }));
    await registry.feedback.store(record("early", { at: "2026-01-01T00:30:00Z", code: "30" }));
    await registry.labels.merge("shop", "20", "10");
    assert.deepEqual(
      (await registry.feedback.pending("shop")).map((p) => [p.key, p.code, p.at, p.productId]),
      [
        ["early", "30", "2026-01-01T00:30:00.000Z", "1"],
        ["late", "10", "2026-01-01T01:00:00.000Z", "1"],
      ],
    );
    assert.deepEqual((await registry.feedback.countNew("shop")).classes, { "10": 1, "30": 1 });
  },
);

registryTest(
  "markMerged() marks, sets aside and moves the head together, once",
  async ({ registry }) => {
    await labels(registry);
    for (const key of ["a", "b", "c"]) await registry.feedback.store(record(key));
    const [first, second] = [digestOf(1), digestOf(2)];
    const outcome = {
      catalogue: "shop",
      dataset: first,
      merged: ["a"],
      setAside: [{ key: "b", reason: 'touches "gold"' }],
    };
    await assert.rejects(registry.feedback.markMerged(outcome), /Cannot find data version/);
    assert.equal((await registry.feedback.countNew("shop")).rows, 3, "nothing was marked");
    await dataset(registry, first);
    await assert.rejects(
      registry.feedback.markMerged({ ...outcome, merged: ["a", "never"] }),
      /feedback never of catalogue shop/,
    );
    assert.equal(await registry.datasets.head("shop"), null, "and no head was moved");
    await registry.feedback.markMerged(outcome);
    assert.equal((await registry.datasets.head("shop"))?.digest, first);
    assert.deepEqual((await registry.feedback.pending("shop")).map((p) => p.key), ["c"]);
    await dataset(registry, second);
    await registry.feedback.markMerged({ catalogue: "shop", dataset: second, merged: ["a", "c"] });
    const states = (await registry.feedback.list()).items.map((f) => [
      f.idempotencyKey,
      f.state,
      f.dataset,
      f.reason,
    ]);
    assert.deepEqual(states, [
      ["c", "merged", second, null],
      ["b", "set-aside", null, 'touches "gold"'],
      ["a", "merged", first, null],
    ]);
  },
);

registryTest("stats() narrows by model and time and gives an interval", async ({ registry }) => {
  await labels(registry);
  await registry.feedback.store(record("right"));
  await registry.feedback.store(record("wrong", { code: "20" }));
  await registry.feedback.store(
    record("other", { predicted: { code: "10", confidence: 0.2, digest: digestOf("d") } }),
  );
  await registry.feedback.store(record("unknown", { predicted: null }));
  await registry.feedback.store(record("new", { at: "2026-02-01T00:00:00Z" }));
  const all = await registry.feedback.stats("shop");
  assert.deepEqual([all.n, all.correct, all.joined], [4, 3, 5]);
  assert.deepEqual(all.classes, { "10": { n: 3, correct: 3 }, "20": { n: 1, correct: 0 } });
  assert.ok(all.interval.low < 0.75 && 0.75 < all.interval.high);
  const one = await registry.feedback.stats("shop", { digest: digestOf("d") });
  assert.deepEqual([one.n, one.correct], [1, 1]);
  const recent = await registry.feedback.stats("shop", { since: "2026-01-15T00:00:00+02:00" });
  assert.deepEqual([recent.n, recent.pending], [1, 1]);
  assert.equal((await registry.feedback.stats("none")).n, 0);
});
