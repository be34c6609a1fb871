import assert from "node:assert/strict";
import { sql } from "drizzle-orm";
import { registryTest } from "./registry_suite.ts";

registryTest(
  "a token is shown once, verified, revoked, and never kept in the clear",
  async ({ registry, database }) => {
    const { token, record } = await registry.tokens.create({ name: "till", role: "edge" });
    assert.match(token, /^aisle_edge_[\w-]{43}$/);
    const lastUsedAt = "2026-01-01T00:00:00.000Z";
    assert.deepEqual(await registry.tokens.verify(token), { ...record, lastUsedAt });
    assert.equal(await registry.tokens.verify(`${token}x`), null);
    assert.equal(await registry.tokens.verify(""), null);
    const stored = await database.read((db) => db.all(sql`SELECT * FROM tokens`));
    assert.ok(!JSON.stringify(stored).includes(token.slice(12)));
    const revoked = await registry.tokens.revoke(record.id);
    assert.notEqual(revoked.revokedAt, null);
    assert.deepEqual(await registry.tokens.revoke(record.id), revoked);
    assert.equal(await registry.tokens.verify(token), null);
    assert.deepEqual(await registry.tokens.list(), [revoked]);
    await assert.rejects(registry.tokens.revoke("none"), /token none/);
  },
);

registryTest(
  "two tokens differ, and a secret from outside must be long and new",
  async ({ registry }) => {
    const a = await registry.tokens.create({ name: "a", role: "admin" });
    const b = await registry.tokens.create({ name: "a", role: "admin" });
    assert.notEqual(a.token, b.token);
    const token = "x".repeat(32);
    await registry.tokens.create({ name: "c", role: "viewer", token });
    assert.equal((await registry.tokens.verify(token))?.role, "viewer");
    await assert.rejects(
      registry.tokens.create({ name: "d", role: "admin", token }),
      (error: Error) => !error.message.includes(token) && /same secret/.test(error.message),
    );
    await assert.rejects(
      async () => await registry.tokens.create({ name: "e", role: "admin", token: "short" }),
      /32 to 256 characters/,
    );
  },
);

registryTest(
  "the audit is read newest first, in pages, by actor and action",
  async ({ registry }) => {
    for (const actor of ["ann", "bob", "ann"]) {
      await registry.audit.add({ actor, action: "promote", target: "shop", details: { n: 1 } });
    }
    await registry.audit.add({ actor: "ann", action: "revoke", target: "token" });
    const first = await registry.audit.list({ limit: 3 });
    assert.deepEqual(first.items.map((e) => [e.actor, e.action]), [
      ["ann", "revoke"],
      ["ann", "promote"],
      ["bob", "promote"],
    ]);
    assert.equal((await registry.audit.list({ limit: 3, cursor: first.next! })).items.length, 1);
    const mine = await registry.audit.list({ actor: "ann", action: "promote" });
    assert.deepEqual(mine.items.map((e) => e.details), [{ n: 1 }, { n: 1 }]);
  },
);

registryTest(
  "a schedule changes what it does, but people alone switch it",
  async ({ registry }) => {
    const row = {
      id: "shop:inspect",
      catalogue: "shop",
      kind: "inspect",
      cron: "*/5 * * * *",
      enabled: true,
    };
    await registry.schedules.upsert(row);
    await registry.schedules.setEnabled(row.id, false);
    const changed = await registry.schedules.upsert({ ...row, cron: "* * * * *", input: { n: 1 } });
    assert.deepEqual([changed.enabled, changed.cron, changed.input], [false, "* * * * *", {
      n: 1,
    }]);
    const touched = await registry.schedules.touch(row.id, {
      lastRunAt: "2026-01-01T00:00:00.000Z",
      lastJobId: "j",
    });
    assert.deepEqual([touched.lastJobId, touched.nextRunAt], ["j", null]);
    assert.deepEqual(await registry.schedules.touch(row.id, {}), touched);
    assert.deepEqual(await registry.schedules.get(row.id), touched);
    assert.deepEqual(await registry.schedules.list({ catalogue: "shop" }), [touched]);
    assert.deepEqual(await registry.schedules.list({ catalogue: "garden" }), []);
    await assert.rejects(registry.schedules.touch("none", { lastJobId: "j" }), /schedule none/);
    await assert.rejects(registry.schedules.setEnabled("none", true), /schedule none/);
  },
);

registryTest("the stage cache gives back the latest output of a key", async ({ registry }) => {
  assert.equal(await registry.stageCache.get("k"), null);
  await registry.stageCache.put("k", "ingest", { blob: 1 });
  await registry.stageCache.put("k", "ingest", { blob: [2, "é"] });
  assert.deepEqual((await registry.stageCache.get("k"))?.output, { blob: [2, "é"] });
});
