import assert from "node:assert/strict";
import { registryTest } from "./registry_suite.ts";
import { USE_EVERY_MS } from "./token_use.ts";

const HOUR = 3_600_000;
const iso = (ms: number) => new Date(ms).toISOString();

registryTest(
  "a rotated token keeps id, name and role; its old secret counts for the grace and no longer",
  async ({ registry: { tokens }, clock }) => {
    const first = await tokens.create({ name: "till", role: "edge", catalogue: "shop" });
    await tokens.verify(first.token);
    const second = await tokens.rotate(first.record.id, { graceSeconds: 3600 });
    assert.notEqual(second.token, first.token);
    assert.deepEqual(
      [second.record.id, second.record.name, second.record.role, second.record.catalogue],
      [first.record.id, "till", "edge", "shop"],
    );
    for (const { token } of [first, second]) {
      assert.equal((await tokens.verify(token))?.id, first.record.id);
    }
    clock.nowMs += HOUR;
    await assert.rejects(tokens.verify(first.token), { code: "token-expired" });
    assert.equal((await tokens.verify(second.token))?.id, first.record.id);
    // The secret before the one before is gone at once.
    await tokens.rotate(first.record.id);
    assert.equal(await tokens.verify(first.token), null);
    await assert.rejects(tokens.verify(second.token), { code: "token-expired" });
  },
);

registryTest(
  "a token counts until it expires, cached or not, and rotating may give it a new end",
  async ({ registry: { tokens }, clock }) => {
    const end = iso(clock.nowMs + HOUR);
    const { token, record } = await tokens.create({ name: "a", role: "viewer", expiresAt: end });
    assert.equal(record.expiresAt, end);
    assert.equal((await tokens.verify(token))?.id, record.id);
    clock.nowMs += HOUR - 1;
    assert.equal((await tokens.verify(token))?.id, record.id);
    clock.nowMs += 1;
    await assert.rejects(tokens.verify(token), { code: "token-expired" });
    const again = await tokens.rotate(record.id, { expiresAt: null });
    clock.nowMs += 1000 * HOUR;
    assert.equal((await tokens.verify(again.token))?.expiresAt, null);
  },
);

registryTest(
  "a revoked or rotated secret counts no longer from the very next request, though it was cached",
  async ({ registry: { tokens } }) => {
    const a = await tokens.create({ name: "a", role: "viewer" });
    const b = await tokens.create({ name: "b", role: "viewer" });
    for (const { token } of [a, b]) assert.ok(await tokens.verify(token));
    await tokens.revoke(a.record.id);
    assert.equal(await tokens.verify(a.token), null);
    await tokens.rotate(b.record.id);
    await assert.rejects(tokens.verify(b.token), { code: "token-expired" });
    await assert.rejects(tokens.rotate(a.record.id), { code: "conflict" });
  },
);

registryTest(
  "a revocation during the read of the same secret is not undone by what that read found",
  async ({ registry: { tokens } }) => {
    const { token, record } = await tokens.create({ name: "a", role: "viewer" });
    await Promise.all([tokens.verify(token), tokens.revoke(record.id), tokens.verify(token)]);
    assert.equal(await tokens.verify(token), null);
  },
);

registryTest(
  "moments that have passed, catalogues of people and odd graces are refused",
  async ({ registry: { tokens }, clock }) => {
    const invalid = { code: "input-invalid" };
    await assert.rejects(
      async () => await tokens.create({ name: "a", role: "edge", expiresAt: iso(clock.nowMs) }),
      invalid,
    );
    await assert.rejects(
      async () => await tokens.create({ name: "a", role: "viewer", catalogue: "shop" }),
      invalid,
    );
    const { record } = await tokens.create({ name: "a", role: "edge" });
    for (const graceSeconds of [-1, NaN, 1e9]) {
      await assert.rejects(tokens.rotate(record.id, { graceSeconds }), invalid);
    }
    await assert.rejects(tokens.rotate("none"), { code: "not-found" });
  },
);

registryTest(
  "when a token was last used is told within minutes, by few writes, and outlives the hub",
  async ({ registry: { tokens }, database, clock }) => {
    const { token, record } = await tokens.create({ name: "a", role: "edge" });
    assert.equal(record.lastUsedAt, null);
    let writes = 0;
    const { write } = database;
    Object.assign(database, {
      write: (work: Parameters<typeof write>[0]) => {
        writes++;
        return write.call(database, work);
      },
    });
    const startMs = clock.nowMs;
    for (let i = 0; i < 1_000; i++) {
      await tokens.verify(token);
      clock.nowMs += 1_000;
    }
    assert.ok(writes <= 1_000_000 / USE_EVERY_MS + 1, `${writes} writes`);
    await database.write(() => Promise.resolve()); // after those before it
    const used = Date.parse((await tokens.get(record.id))!.lastUsedAt!);
    assert.ok(clock.nowMs - used <= USE_EVERY_MS && used > startMs);
  },
);
