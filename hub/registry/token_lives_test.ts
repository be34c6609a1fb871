import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import { tokens as rows } from "../db/schema/mod.ts";
import { registryTest } from "./registry_suite.ts";
import { CACHED_TOKEN_MS } from "./token_cache.ts";
import type { MadeToken } from "./tokens.ts";
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

registryTest(
  "secrets that are due to be read again are read together, and one revoked elsewhere is found out",
  async ({ registry: { tokens }, database, clock }) => {
    const made: MadeToken[] = [];
    for (let i = 0; i < 20; i++) {
      made.push(await tokens.create({ name: `edge ${i}`, role: "edge" }));
    }
    const verifyAll = () =>
      Promise.all(made.map(async ({ token }) => (await tokens.verify(token))?.name));
    const names = made.map(({ record }) => record.name);
    assert.deepEqual(await verifyAll(), names);
    let reads = 0;
    const { read } = database;
    Object.assign(database, {
      read: (work: Parameters<typeof read>[0]) => {
        reads++;
        return read.call(database, work);
      },
    });
    await verifyAll();
    assert.equal(reads, 0);
    // As a hub beside this one on the same database would.
    await database.write((tx) =>
      tx.update(rows).set({ revokedAt: iso(clock.nowMs) }).where(eq(rows.name, "edge 7"))
    );
    clock.nowMs += CACHED_TOKEN_MS;
    assert.equal(await tokens.verify(made[0]!.token).then((record) => record?.name), "edge 0");
    assert.equal(reads, 1);
    assert.deepEqual(await verifyAll(), names.map((name) => name === "edge 7" ? undefined : name));
    assert.equal(reads, 2, "only the revoked one, which is kept no longer, was asked for again");
  },
);

registryTest(
  "each of many tokens keeps the moment of its own last use",
  async ({ registry: { tokens }, database, clock }) => {
    const used = new Map<string, string>();
    const made: MadeToken[] = [];
    for (let i = 0; i < 5; i++) made.push(await tokens.create({ name: `${i}`, role: "edge" }));
    for (const { token, record } of made) {
      clock.nowMs += 60_000;
      used.set(record.id, iso(clock.nowMs));
      await tokens.verify(token);
    }
    await database.write(() => Promise.resolve()); // after those before it
    const stored = await database.read((db) => db.select().from(rows));
    for (const { id, lastUsedAt } of stored) {
      assert.ok(lastUsedAt !== null && lastUsedAt <= used.get(id)!, id);
      assert.ok(Date.parse(used.get(id)!) - Date.parse(lastUsedAt) < 1_000, id);
    }
  },
);
