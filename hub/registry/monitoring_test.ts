import assert from "node:assert/strict";
import type { MonitorReport } from "./monitoring.ts";
import { registryTest } from "./registry_suite.ts";

const report = (at: string, catalogue = "shop"): MonitorReport => ({
  catalogue,
  at,
  digest: null,
  windowHours: 24,
  traffic: {
    requests: 0,
    predictions: 0,
    errors: 0,
    reviewShare: null,
    latencyP50Ms: null,
    latencyP95Ms: null,
    latencyP99Ms: null,
  },
  accuracy: null,
  estimatedAccuracy: null,
  drift: { severity: "none", findings: [], why: "no model serves" },
  recallDrops: [],
});

registryTest(
  "latest() is the newest report of the catalogue, and old ones make room",
  async ({ registry }) => {
    assert.equal(await registry.monitoring.latest("shop"), null);
    for (const minute of [1, 2, 3, 4]) {
      await registry.monitoring.store(report(`2026-01-01T00:0${minute}:00.000Z`), 3);
    }
    await registry.monitoring.store(report("2026-01-01T00:09:00.000Z", "garden"), 3);
    assert.equal((await registry.monitoring.latest("shop"))?.at, "2026-01-01T00:04:00.000Z");
    const ats = (await registry.monitoring.list("shop")).map((r) => r.at.slice(15, 16));
    assert.deepEqual(ats, ["4", "3", "2"]);
    const since = await registry.monitoring.list("shop", { since: "2026-01-01T00:04:00.000Z" });
    assert.equal(since.length, 1);
  },
);
