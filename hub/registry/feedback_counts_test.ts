import assert from "node:assert/strict";
import { sql } from "drizzle-orm";
import type { FeedbackRecord } from "@aisle/shared/contract";
import { feedback } from "../db/schema/mod.ts";
import { digestOf, registryTest } from "./registry_suite.ts";

registryTest(
  "what is counted as feedback comes equals what counting it all anew finds, whatever became of it",
  async ({ registry, database }) => {
    const catalogue = "shop", digests = [digestOf("a"), digestOf("b")];
    await registry.labels.ensure(catalogue, ["10", "20"].map((code) => ({ code, name: code })));
    await registry.datasets.add({
      digest: digestOf("d"),
      catalogue,
      blob: digestOf("d"),
      rows: 1,
      classes: { "10": 1 },
      setAside: 0,
      source: { kind: "merge" },
    });
    const keys = Array.from({ length: 40 }, (_, i) => `k${i}`);
    for (const [i, key] of keys.entries()) {
      const record: FeedbackRecord = {
        idempotencyKey: key,
        edgeId: `edge-${i % 3}`,
        catalogue,
        requestId: `request-${i}`,
        product: i % 7 === 0
          ? null
          : { designation: `product ${i}`, description: "", productid: "1", imageid: "2" },
        code: i % 3 === 0 ? "20" : "10",
        predicted: i % 5 === 0
          ? null
          : { code: i % 4 === 0 ? "20" : "10", confidence: 0.9, digest: digests[i % 2]! },
        source: "user",
        at: "2026-01-01T00:00:00Z",
      };
      await registry.feedback.store(record);
      await registry.feedback.store(record);
    }
    const agree = async (when: string) => {
      for (const digest of [undefined, ...digests]) {
        const kept = await registry.feedback.stats(catalogue, { digest });
        const since = "1970-01-01T00:00:00Z";
        assert.deepEqual(kept, await registry.feedback.stats(catalogue, { digest, since }), when);
      }
      const { rows, classes } = await registry.feedback.countNew(catalogue);
      const pending = await registry.feedback.pending(catalogue);
      assert.equal(rows, pending.length, when);
      for (const [code, n] of Object.entries(classes)) {
        assert.equal(n, pending.filter((record) => record.code === code).length, when);
      }
    };
    await agree("stored");
    assert.equal((await registry.feedback.stats(catalogue)).unjoined, 6);
    await registry.feedback.markMerged({
      catalogue,
      dataset: digestOf("d"),
      merged: ["k1", "k2", "k3"],
      setAside: [{ key: "k4", reason: "known already" }],
    });
    await agree("merged and set aside");
    await registry.labels.merge(catalogue, "20", "10");
    await agree("a label was merged");
    await database.write((tx) => tx.run(sql`DELETE FROM ${feedback} WHERE key IN ('k1', 'k5')`));
    await agree("removed");
  },
);
