import assert from "node:assert/strict";
import type { NewAlert } from "./alerts.ts";
import { registryTest } from "./registry_suite.ts";

const alert = (changes: Partial<NewAlert> = {}): NewAlert => ({
  catalogue: "shop",
  key: "drift:confidence",
  kind: "drift",
  severity: "warning",
  message: "confidence drifts",
  ...changes,
});

const DAY_MS = 86_400_000;

registryTest(
  "raise() keeps one open alert a key, however often it is found",
  async ({ registry }) => {
    const raised = await Promise.all([1, 2, 3].map(() => registry.alerts.raise(alert())));
    await registry.alerts.raise(alert({ catalogue: "garden" }));
    assert.equal(new Set(raised.map((a) => a.id)).size, 1);
    const { items } = await registry.alerts.list({ catalogue: "shop", state: "unresolved" });
    assert.deepEqual(items.map((a) => [a.key, a.times, a.state]), [[
      "drift:confidence",
      3,
      "open",
    ]]);
    assert.deepEqual(await registry.alerts.count("shop"), { info: 0, warning: 1, critical: 0 });
    assert.deepEqual(await registry.alerts.count(), { info: 0, warning: 2, critical: 0 });
  },
);

registryTest(
  "raise() after the end opens a new alert, clear() ends it and ends nothing twice",
  async ({ registry }) => {
    const first = await registry.alerts.raise(alert());
    const cleared = await registry.alerts.clear("shop", first.key);
    assert.deepEqual([cleared?.state, cleared?.resolvedBy], ["resolved", "monitoring"]);
    assert.equal(await registry.alerts.clear("shop", first.key), null);
    const second = await registry.alerts.raise(alert());
    assert.notEqual(second.id, first.id);
    assert.equal((await registry.alerts.list({ catalogue: "shop" })).items.length, 2);
  },
);

registryTest(
  "acknowledge() lasts until it gets worse; resolve() is final",
  async ({ registry }) => {
    const { id } = await registry.alerts.raise(alert());
    await registry.alerts.acknowledge(id, "ann");
    assert.equal((await registry.alerts.raise(alert())).acknowledgedBy, "ann");
    const worse = await registry.alerts.raise(alert({ severity: "critical" }));
    assert.deepEqual([worse.id, worse.state, worse.acknowledgedBy], [id, "open", null]);
    await registry.alerts.resolve(id, "bob");
    assert.equal((await registry.alerts.resolve(id, "ann")).resolvedBy, "bob");
    await assert.rejects(registry.alerts.acknowledge(id, "ann"), { code: "conflict" });
    await assert.rejects(registry.alerts.resolve("no", "ann"), { code: "not-found" });
  },
);

registryTest(
  "mute() outlasts the alert it was set on, and not its time",
  async ({ registry, clock }) => {
    const { id } = await registry.alerts.raise(alert());
    const until = new Date(clock.nowMs + DAY_MS).toISOString();
    await registry.alerts.mute(id, until, "ann");
    await registry.alerts.clear("shop", alert().key);
    const next = await registry.alerts.raise(alert());
    assert.deepEqual([next.mutedUntil, next.mutedBy], [until, "ann"]);
    await registry.alerts.clear("shop", alert().key);
    clock.nowMs += DAY_MS;
    assert.equal((await registry.alerts.raise(alert())).mutedUntil, null);
    await assert.rejects(registry.alerts.mute(id, until, "ann"), { code: "input-invalid" });
    assert.equal((await registry.alerts.mute(next.id, null, "ann")).mutedUntil, null);
  },
);

registryTest(
  "forget() removes what was resolved long ago and nothing that is open",
  async ({ registry, clock }) => {
    await registry.alerts.raise(alert());
    await registry.alerts.raise(alert({ key: "b" }));
    await registry.alerts.clear("shop", "b");
    clock.nowMs += DAY_MS;
    assert.equal(await registry.alerts.forget(new Date(clock.nowMs).toISOString()), 1);
    assert.deepEqual((await registry.alerts.list()).items.map((a) => a.key), ["drift:confidence"]);
  },
);
