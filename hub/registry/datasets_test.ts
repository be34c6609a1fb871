import assert from "node:assert/strict";
import { AppError } from "@aisle/shared/errors";
import type { NewDataset } from "./datasets.ts";
import { digestOf, registryTest } from "./registry_suite.ts";

const dataset = (digest: string, changes: Partial<NewDataset> = {}): NewDataset => ({
  digest,
  catalogue: "shop",
  blob: digestOf("b"),
  rows: 3,
  classes: { "10": 2, "020": 1 },
  setAside: 1,
  source: { kind: "table", csv: digestOf("c") },
  ...changes,
});

const A = digestOf("a"), B = digestOf("b"), C = digestOf("c");

registryTest("a data version is added once and never changes", async ({ registry, clock }) => {
  const first = await registry.datasets.add(dataset(A));
  assert.equal(first.added, true);
  clock.nowMs += 1000;
  const second = await registry.datasets.add(dataset(A, { rows: 99 }));
  assert.deepEqual(second, { dataset: first.dataset, added: false });
  assert.deepEqual(await registry.datasets.get("shop", A), {
    ...dataset(A),
    parent: null,
    diff: null,
    reportBlob: null,
    createdAt: "2026-01-01T00:00:00.000Z",
  });
  assert.equal(await registry.datasets.get("garden", A), null, "another catalogue's is another");
});

registryTest(
  "setHead() names a version that is there, and list() shows the newest first",
  async ({ registry }) => {
    assert.equal(await registry.datasets.head("shop"), null);
    await registry.datasets.add(dataset(A));
    await registry.datasets.add(
      dataset(B, { parent: A, diff: { added: 1, removed: 0, changed: 2 }, reportBlob: C }),
    );
    await registry.datasets.setHead("shop", A);
    await registry.datasets.setHead("shop", B);
    const head = await registry.datasets.head("shop");
    assert.deepEqual([head?.digest, head?.parent, head?.diff?.changed, head?.reportBlob], [
      B,
      A,
      2,
      C,
    ]);
    await assert.rejects(registry.datasets.setHead("shop", C), /Cannot find data version/);
    assert.equal((await registry.datasets.head("shop"))?.digest, B);
    assert.deepEqual((await registry.datasets.list("shop")).map((d) => d.digest), [B, A]);
  },
);

registryTest(
  "assignments are a chain: what does not extend the head is refused",
  async ({ registry }) => {
    const split = (digest: string, parent: string | null, data = A) => ({
      digest,
      catalogue: "shop",
      dataset: data,
      parent,
      counts: { gold: 1, train: 9, unseen: 0 },
    });
    assert.equal(await registry.splits.head("shop"), null);
    await registry.splits.add(split(A, null));
    await registry.splits.add(split(B, A));
    await assert.rejects(
      registry.splits.add(split(C, A)),
      (error) => error instanceof AppError && error.code === "revision-stale",
    );
    await registry.splits.add(split(B, A));
    const moved = await registry.splits.add(split(B, B, B));
    assert.deepEqual(await registry.splits.head("shop"), moved);
    assert.deepEqual(
      (await registry.splits.list("shop")).map((s) => [s.digest, s.dataset]),
      [[B, B], [B, A], [A, A]],
    );
    assert.deepEqual(moved.counts, { gold: 1, train: 9, unseen: 0 });
  },
);

registryTest("catalogues keep their settings member by member", async ({ registry }) => {
  await registry.catalogues.ensure("shop", { title: "Shop" });
  await registry.catalogues.ensure("garden");
  assert.equal((await registry.catalogues.ensure("shop")).title, "Shop");
  await assert.rejects(registry.catalogues.settings("none"), /Cannot find catalogue none/);
  await registry.catalogues.setSettings("shop", { unseenShare: 0.5, source: { kind: "table" } });
  await registry.catalogues.setSettings("shop", { unseenShare: null, more: [1, 2] });
  assert.deepEqual(await registry.catalogues.settings("shop"), {
    source: { kind: "table" },
    more: [1, 2],
  });
  assert.deepEqual((await registry.catalogues.list()).map((c) => c.name), ["shop", "garden"]);
  assert.equal(await registry.catalogues.get("none"), null);
});
