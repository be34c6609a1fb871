import assert from "node:assert/strict";
import { sql } from "drizzle-orm";
import { AppError } from "@aisle/shared/errors";
import type { Registry } from "./registry.ts";
import { digestOf, fakeSign, registryTest } from "./registry_suite.ts";
import { aliasesAt, reigns } from "./reigns.ts";

const [D1, D2, D3] = [digestOf(1), digestOf(2), digestOf(3)];
const [B1, B2, B3] = [digestOf("a1"), digestOf("b2"), digestOf("c3")];

async function feedback(
  registry: Registry,
  key: string,
  digest: string,
  right = true,
): Promise<void> {
  await registry.feedback.store({
    idempotencyKey: key,
    edgeId: "edge",
    catalogue: "shop",
    requestId: `request-${key}`,
    product: { designation: key, description: "", productid: "", imageid: "" },
    code: "10",
    predicted: { code: right ? "10" : "20", confidence: 0.9, digest },
    source: "test",
    at: "2026-01-01T00:00:00.000Z",
  });
}

/** D1 -> D2 (with feedback k1, k2 on B1) -> D3; B1 of D1, B2 of D2, B3 of D3; B1 then B2 champion. */
async function grow(registry: Registry): Promise<Record<"r1" | "r2" | "r3", string>> {
  await registry.labels.ensure("shop", [{ code: "10", name: "Ten" }, {
    code: "20",
    name: "Twenty",
  }]);
  const dataset = async (digest: string, parent: string | null) => {
    await registry.datasets.add({
      digest,
      catalogue: "shop",
      parent,
      blob: digestOf(`${digest.slice(-1)}0`),
      rows: 10,
      classes: { "10": 10 },
      setAside: 0,
      source: null,
    });
    await registry.datasets.setHead("shop", digest);
  };
  const bundle = async (digest: string, data: string) => {
    const run = await registry.runs.create({
      catalogue: "shop",
      kind: "retrain",
      params: {},
      tags: { by: "ann" },
    });
    await registry.runs.update(run.id, { datasetDigest: data, bundleDigest: digest });
    await registry.models.add({
      digest,
      catalogue: "shop",
      runId: run.id,
      dataset: data,
      sizeBytes: 1,
      manifest: {},
    });
    return run.id;
  };
  const promote = async (digest: string) => {
    const { revision } = await registry.aliases.get("shop");
    await registry.aliases.promote({
      catalogue: "shop",
      digest,
      expectedRevision: revision,
      by: "ann",
      why: `gate took ${digest.slice(-2)}`,
      sign: fakeSign,
    });
  };
  await dataset(D1, null);
  const r1 = await bundle(B1, D1);
  await promote(B1);
  for (const key of ["k1", "k2", "k3"]) await feedback(registry, key, B1, key !== "k2");
  await dataset(D2, D1);
  await registry.feedback.markMerged({ catalogue: "shop", dataset: D2, merged: ["k1", "k2"] });
  const r2 = await bundle(B2, D2);
  await promote(B2);
  await feedback(registry, "k4", B2);
  await dataset(D3, D2);
  const r3 = await bundle(B3, D3);
  return { r1, r2, r3 };
}

const digests = (items: readonly { readonly digest: string }[]) => items.map((item) => item.digest);

registryTest(
  "a bundle is traced back to its run, its data and the feedback in it, and on to what came of it",
  async ({ registry }) => {
    const { r2 } = await grow(registry);
    const { origins, effects } = await registry.lineage.trace("shop", { bundle: B2 });
    assert.deepEqual(digests(origins.bundles), [B2]);
    assert.deepEqual(origins.runs.map((run) => [run.id, run.by]), [[r2, "ann"]]);
    assert.deepEqual(origins.datasets.map((d) => [d.digest, d.merged]), [[D2, 2], [D1, 0]]);
    assert.deepEqual(origins.feedback.items.map((f) => [f.key, f.predictedBy, f.row]), [
      ["k2", B1, "f:k2"],
      ["k1", B1, "f:k1"],
    ]);
    assert.equal(origins.bundles[0]!.reigns[0]!.until, null);
    assert.deepEqual(effects.feedback.items.map((f) => f.key), ["k4"]);

    const first = await registry.lineage.trace("shop", { bundle: B1 });
    assert.deepEqual(first.origins.bundles[0]!.answered, { feedback: 3, right: 2 });
    assert.deepEqual(
      digests(first.effects.datasets),
      [D2, D3],
      "its feedback went into D2, and so into D3",
    );
    assert.deepEqual(digests(first.effects.bundles), [B3, B2]);
    assert.equal(first.effects.feedback.total, 3);
  },
);

registryTest(
  "feedback and the request that it answered lead to the prediction's bundle and to the models it taught",
  async ({ registry }) => {
    const { r1, r2, r3 } = await grow(registry);
    for (const start of [{ feedback: "k1" }, { request: "request-k1" }]) {
      const { origins, effects } = await registry.lineage.trace("shop", start);
      assert.deepEqual(digests(origins.bundles), [B1]);
      assert.deepEqual(origins.runs.map((run) => run.id), [r1]);
      assert.deepEqual(digests(origins.datasets), [D1]);
      assert.deepEqual(digests(effects.datasets), [D2, D3]);
      assert.deepEqual(digests(effects.bundles), [B3, B2]);
      assert.deepEqual(effects.runs.map((run) => run.id), [r3, r2]);
      assert.equal(effects.feedback.total, 1);
    }
  },
);

registryTest(
  "data versions and runs are traced too; what is unknown is said to be",
  async ({ registry }) => {
    const { r3 } = await grow(registry);
    const data = await registry.lineage.trace("shop", { dataset: D2 });
    assert.deepEqual(digests(data.origins.datasets), [D2, D1]);
    assert.deepEqual(digests(data.effects.datasets), [D2, D3]);
    assert.deepEqual(digests(data.effects.bundles), [B3, B2]);
    const run = await registry.lineage.trace("shop", { run: r3 });
    assert.deepEqual(digests(run.origins.bundles), [B3]);
    assert.deepEqual(digests(run.origins.datasets), [D3, D2, D1]);
    for (
      const start of [{ bundle: D1 }, { run: "x" }, { dataset: B1 }, { feedback: "x" }, {
        request: "x",
      }]
    ) {
      await assert.rejects(
        registry.lineage.trace("shop", start),
        (error) => error instanceof AppError && error.code === "not-found",
      );
    }
    await assert.rejects(
      registry.lineage.trace("garden", { bundle: B1 }),
      /catalogue garden has none/,
    );
  },
);

registryTest("lineage over feedback goes by indexes", async ({ database }) => {
  const plan = async (what: string, where: ReturnType<typeof sql>) =>
    (await database.read((db) =>
      db.all<[number, number, number, string]>(
        sql`EXPLAIN QUERY PLAN SELECT ${
          sql.raw(what)
        } FROM feedback WHERE catalogue = 'shop' AND ${where}`,
      )
    )).map((row) => row[3]).join("\n");
  const merged = sql`dataset IN ('x', 'y') AND state = 'merged'`;
  const about = sql`predicted_digest = 'x'`;
  assert.match(await plan("count(*)", merged), /COVERING INDEX feedback_merged/);
  assert.match(await plan("seq", sql`${merged} ORDER BY +seq DESC LIMIT 5`), /COVERING INDEX/);
  assert.match(await plan("count(*)", about), /COVERING INDEX feedback_answered/);
  const answered = await plan(
    '("code" = "predicted_code") AS r, count(*)',
    sql`${about} GROUP BY r`,
  );
  assert.match(answered, /INDEX feedback_answered \(catalogue=\? AND predicted_digest=\?\)/);
  assert.doesNotMatch(answered, /TEMP B-TREE/);
  const into = sql`${about} AND (code = predicted_code) IN (0, 1) AND dataset = 'y'`;
  assert.match(await plan("1", into), /AND <expr>=\? AND dataset=\?\)/);
  assert.match(await plan("*", sql`request_id = 'x'`), /INDEX feedback_request/);
  const list = await plan("*", sql`seq < 9 ORDER BY seq DESC LIMIT 5`);
  assert.match(list, /INDEX feedback_catalogue \(catalogue=\? AND seq<\?\)/);
  assert.doesNotMatch(list, /TEMP B-TREE/);
});

registryTest(
  "the history answers what was champion at a moment, why, and who did it",
  async ({ registry, clock }) => {
    await grow(registry);
    clock.nowMs += 60_000;
    const request = { catalogue: "shop", by: "bob", why: "wrong answers", sign: fakeSign };
    await registry.aliases.setChallenger({ catalogue: "shop", digest: B3, by: "ann", why: "new" });
    clock.nowMs += 60_000;
    await registry.aliases.rollback({ ...request, expectedRevision: 3 });
    const history = await registry.aliases.history("shop");
    assert.deepEqual(reigns(history).map((r) => [r.digest, r.kind, r.by, r.since, r.until]), [
      [B1, "rollback", "bob", "2026-01-01T00:02:00.000Z", null],
      [B2, "promote", "ann", "2026-01-01T00:00:00.000Z", "2026-01-01T00:02:00.000Z"],
      [B1, "promote", "ann", "2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z"],
    ]);
    const between = aliasesAt("shop", history, "2026-01-01T00:01:30.000Z");
    assert.deepEqual([between.aliases.champion, between.aliases.challenger], [B2, B3]);
    assert.deepEqual([between.reign?.by, between.reign?.why], ["ann", "gate took b2"]);
    const after = aliasesAt("shop", history, "2026-01-01T00:02:00.000Z");
    assert.deepEqual([after.reign?.digest, after.reign?.why], [B1, "wrong answers"]);
    const before = aliasesAt("shop", history, "2025-01-01T00:00:00.000Z");
    assert.deepEqual([before.aliases.revision, before.reign], [0, null]);
  },
);
