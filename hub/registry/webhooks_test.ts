import assert from "node:assert/strict";
import type { NewAlert } from "./alerts.ts";
import { registryTest } from "./registry_suite.ts";
import type { NewWebhook } from "./webhooks.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const hook = (changes: Partial<NewWebhook> = {}): NewWebhook => ({
  name: "team",
  url: "https://hooks.test/path/token",
  secret: SECRET,
  catalogue: null,
  minSeverity: "warning",
  by: "ann",
  ...changes,
});
const alert = (changes: Partial<NewAlert> = {}): NewAlert => ({
  catalogue: "shop",
  key: "drift",
  kind: "drift",
  severity: "warning",
  message: "drifts",
  ...changes,
});

registryTest("answers about webhooks hold neither secret nor path", async ({ registry }) => {
  const made = await registry.webhooks.create(hook());
  const changed = await registry.webhooks.update(made.id, { enabled: false, secret: `x${SECRET}` });
  await registry.webhooks.test(made.id);
  const all = JSON.stringify([
    made,
    changed,
    await registry.webhooks.list(),
    await registry.webhooks.deliveries(made.id),
  ]);
  assert.ok(!all.includes(SECRET) && !all.includes("token"), all);
  assert.equal(made.origin, "https://hooks.test");
  await assert.rejects(async () => await registry.webhooks.create(hook({ secret: "short" })), {
    code: "input-invalid",
  });
  await assert.rejects(registry.webhooks.update("no", {}), { code: "not-found" });
});

registryTest(
  "an alert is told once when raised, worse or resolved, to those who want it",
  async ({ registry }) => {
    const all = await registry.webhooks.create(hook());
    await registry.webhooks.create(hook({ catalogue: "garden" }));
    await registry.webhooks.create(hook({ minSeverity: "critical" }));
    const off = await registry.webhooks.create(hook());
    await registry.webhooks.update(off.id, { enabled: false });
    await registry.alerts.raise(alert());
    await registry.alerts.raise(alert());
    await registry.alerts.raise(alert({ severity: "critical" }));
    await registry.alerts.clear("shop", "drift");
    const due = await registry.webhooks.due(100);
    const told = due.map(({ webhook, body }) => [webhook === all.id, JSON.parse(body).event]);
    assert.deepEqual(told, [
      [true, "alert.raised"],
      [true, "alert.worse"],
      [false, "alert.worse"],
      [true, "alert.resolved"],
      [false, "alert.resolved"],
    ]);
    assert.equal(JSON.parse(due[0]!.body).alert.message, "drifts");
  },
);

registryTest("a muted alert is told to nobody", async ({ registry, clock }) => {
  await registry.webhooks.create(hook());
  const { id } = await registry.alerts.raise(alert());
  await registry.alerts.mute(id, new Date(clock.nowMs + 60_000).toISOString(), "ann");
  await registry.alerts.raise(alert({ severity: "critical" }));
  assert.equal((await registry.webhooks.due(10)).length, 1);
  clock.nowMs += 60_001;
  await registry.alerts.resolve(id, "ann");
  assert.equal((await registry.webhooks.due(10)).length, 2);
});

registryTest(
  "a message waits until its time, is settled once and forgotten later",
  async ({ registry, clock }) => {
    const { id } = await registry.webhooks.create(hook());
    await registry.webhooks.test(id);
    const [due] = await registry.webhooks.due(1);
    const nextAt = new Date(clock.nowMs + 10_000).toISOString();
    await registry.webhooks.settle(due!.id, {
      ok: false,
      status: 500,
      error: "it said no",
      nextAt,
    });
    assert.deepEqual(await registry.webhooks.due(1), []);
    clock.nowMs += 10_000;
    assert.equal((await registry.webhooks.due(1))[0]?.attempts, 1);
    await registry.webhooks.settle(due!.id, { ok: true, status: 204 });
    const [done] = (await registry.webhooks.deliveries(id)).items;
    assert.deepEqual([done!.state, done!.attempts, done!.status, done!.error], [
      "delivered",
      2,
      204,
      null,
    ]);
    clock.nowMs += 1;
    assert.equal(await registry.webhooks.forget(new Date(clock.nowMs).toISOString()), 1);
    await registry.webhooks.test(id);
    await registry.webhooks.remove(id);
    assert.deepEqual([await registry.webhooks.list(), await registry.webhooks.due(9)], [[], []]);
  },
);

registryTest(
  "a due message is one claimer's, and falls due again when its time is over",
  async ({ registry, clock }) => {
    const { id } = await registry.webhooks.create(hook());
    await registry.webhooks.test(id);
    const [due] = await registry.webhooks.due(1);
    const claims = () => Promise.all([1, 2, 3].map(() => registry.webhooks.claim(due!, 60_000)));
    assert.deepEqual((await claims()).sort(), [false, false, true]);
    assert.deepEqual(await registry.webhooks.due(1), []);
    clock.nowMs += 61_000;
    const [again] = await registry.webhooks.due(1);
    assert.equal(again?.id, due!.id);
    assert.equal(await registry.webhooks.claim(due!, 60_000), false, "what was read before is old");
    assert.equal(await registry.webhooks.claim(again!, 60_000), true);
    await registry.webhooks.settle(due!.id, { ok: true, status: 204 });
    assert.equal(await registry.webhooks.claim(again!, 60_000), false);
  },
);
