import assert from "node:assert/strict";
import fc from "fast-check";
import { sql } from "drizzle-orm";
import { AppError } from "@aisle/shared/errors";
import { addBundles, digestOf, fakeSign, registryTest } from "./registry_suite.ts";
import type { Registry } from "./registry.ts";

const A = digestOf("a"), B = digestOf("b"), C = digestOf("c");
const WHO = { catalogue: "shop", by: "ann", why: "better", sign: fakeSign };

async function promote(registry: Registry, digest: string) {
  const { revision } = await registry.aliases.get("shop");
  return await registry.aliases.promote({ ...WHO, digest, expectedRevision: revision });
}

async function rollback(registry: Registry) {
  const { revision } = await registry.aliases.get("shop");
  return await registry.aliases.rollback({ ...WHO, expectedRevision: revision });
}

const hasCode = (code: string) => (error: unknown) =>
  error instanceof AppError && error.code === code;

registryTest(
  "promote() moves the alias, appends to the history and stores the release",
  async ({ registry }) => {
    await addBundles(registry, "shop", [A, B]);
    assert.equal((await registry.aliases.get("shop")).revision, 0);
    assert.equal(await registry.releases.current("shop"), null);
    await promote(registry, A);
    const { aliases, release } = await promote(registry, B);
    assert.deepEqual(aliases, {
      catalogue: "shop",
      revision: 2,
      champion: B,
      challenger: null,
      previous: A,
    });
    assert.deepEqual(await registry.aliases.get("shop"), aliases);
    assert.equal(release.sequence, 2);
    assert.deepEqual(await registry.releases.current("shop"), release);
    assert.deepEqual(JSON.parse(release.signed.payload), {
      sequence: 2,
      createdAt: "2026-01-01T00:00:00.000Z",
      digest: B,
    });
    const history = await registry.aliases.history("shop");
    assert.deepEqual(history.map((h) => [h.revision, h.kind, h.champion, h.release, h.by]), [
      [2, "promote", B, 2, "ann"],
      [1, "promote", A, 1, "ann"],
    ]);
    const etags = (await registry.releases.list("shop")).map((r) => r.etag);
    assert.equal(new Set(etags).size, 2);
  },
);

registryTest("promote() refuses a stale revision and changes nothing", async ({ registry }) => {
  await addBundles(registry, "shop", [A, B]);
  await promote(registry, A);
  await assert.rejects(
    registry.aliases.promote({ ...WHO, digest: B, expectedRevision: 0 }),
    hasCode("revision-stale"),
  );
  await assert.rejects(
    registry.aliases.rollback({ ...WHO, expectedRevision: 7 }),
    hasCode("revision-stale"),
  );
  assert.equal((await registry.aliases.history("shop")).length, 1);
  assert.equal((await registry.releases.list("shop")).length, 1);
});

registryTest("of two promotions at once exactly one wins", async ({ registry }) => {
  await addBundles(registry, "shop", [A, B]);
  const outcomes = await Promise.allSettled(
    [A, B].map((digest) => registry.aliases.promote({ ...WHO, digest, expectedRevision: 0 })),
  );
  assert.deepEqual(outcomes.map((o) => o.status), ["fulfilled", "rejected"]);
  const loser = outcomes[1];
  assert.ok(loser?.status === "rejected" && hasCode("revision-stale")(loser.reason));
  assert.equal((await registry.aliases.get("shop")).champion, A);
});

registryTest("a promotion that cannot be signed leaves no trace", async ({ registry }) => {
  await addBundles(registry, "shop", [A, B]);
  await promote(registry, A);
  const sign = () => Promise.reject(new Error("no key"));
  await assert.rejects(
    registry.aliases.promote({ ...WHO, digest: B, expectedRevision: 1, sign }),
    /no key/,
  );
  assert.equal((await registry.aliases.get("shop")).champion, A);
  assert.equal((await registry.aliases.history("shop")).length, 1);
  assert.equal((await registry.releases.current("shop"))?.sequence, 1);
});

registryTest(
  "promote() refuses a bundle that nobody packed, and the champion itself",
  async ({ registry }) => {
    await assert.rejects(promote(registry, A), hasCode("not-found"));
    await addBundles(registry, "shop", [A]);
    await addBundles(registry, "other", [B]);
    await assert.rejects(promote(registry, B), hasCode("not-found"));
    await promote(registry, A);
    await assert.rejects(promote(registry, A), hasCode("conflict"));
  },
);

registryTest("a second rollback goes further back, not forth again", async ({ registry }) => {
  await addBundles(registry, "shop", [A, B, C]);
  for (const digest of [A, B, C]) await promote(registry, digest);
  const first = await rollback(registry);
  assert.deepEqual([first.aliases.champion, first.aliases.previous], [B, A]);
  assert.equal(first.release.kind, "rollback");
  assert.equal(first.release.sequence, 4);
  const second = await rollback(registry);
  assert.deepEqual([second.aliases.champion, second.aliases.previous], [A, null]);
  await assert.rejects(rollback(registry), hasCode("conflict"));
  const again = await promote(registry, C);
  assert.deepEqual([again.aliases.champion, again.aliases.previous], [C, A]);
});

registryTest(
  "setChallenger() names a bundle, and promoting it clears the name",
  async ({ registry }) => {
    await addBundles(registry, "shop", [A, B]);
    const set = (digest: string | null) =>
      registry.aliases.setChallenger({ catalogue: "shop", digest, by: "ann", why: "trained" });
    await assert.rejects(set(C), hasCode("not-found"));
    assert.equal((await set(A)).challenger, A);
    assert.equal((await set(A)).revision, 1, "naming the same one again is no change");
    assert.equal((await promote(registry, A)).aliases.challenger, null);
    assert.equal((await set(B)).revision, 3);
    assert.equal((await set(null)).challenger, null);
  },
);

registryTest(
  "relabel() releases the champion again without moving an alias",
  async ({ registry }) => {
    const request = { catalogue: "shop", by: "ann", why: "renamed", sign: fakeSign };
    await assert.rejects(registry.releases.relabel(request), hasCode("no-release"));
    await addBundles(registry, "shop", [A]);
    await promote(registry, A);
    const before = await registry.aliases.get("shop");
    const release = await registry.releases.relabel(request);
    assert.deepEqual([release.sequence, release.kind, release.digest], [2, "relabel", A]);
    assert.deepEqual(await registry.aliases.get("shop"), before);
    assert.deepEqual(await registry.releases.current("shop"), release);
  },
);

registryTest("the database itself refuses to rewrite histories", async ({ registry, database }) => {
  await addBundles(registry, "shop", [A]);
  await promote(registry, A);
  await registry.audit.add({ actor: "ann", action: "promote", target: A });
  await registry.labels.add("shop", { code: "1", name: "One" });
  for (const table of ["alias_changes", "releases", "audit", "label_changes"]) {
    for (const verb of ["DELETE FROM", "UPDATE"]) {
      const change = verb === "UPDATE"
        ? sql.raw(`UPDATE ${table} SET "by" = 'eve'`.replace(`audit SET "by"`, "audit SET actor"))
        : sql.raw(`DELETE FROM ${table}`);
      await assert.rejects(
        database.write((tx) => tx.run(change)),
        new RegExp(`${table} is append-only`),
        `${verb} ${table}`,
      );
    }
  }
});

registryTest(
  "any order of promotions, rollbacks and challengers only appends to a contiguous history",
  async ({ registry }) => {
    const digests = [A, B, C];
    await addBundles(registry, "shop", digests);
    const step = fc.oneof(
      fc.record({ verb: fc.constant("promote" as const), digest: fc.constantFrom(...digests) }),
      fc.record({ verb: fc.constant("challenger" as const), digest: fc.constantFrom(...digests) }),
      fc.record({ verb: fc.constant("rollback" as const) }),
      fc.record({ verb: fc.constant("stale" as const), digest: fc.constantFrom(...digests) }),
    );
    // One long life of one catalogue: each round goes on where the one before stopped.
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 6 }), async (steps) => {
        for (const { verb, ...rest } of steps) {
          const digest = "digest" in rest ? rest.digest : A;
          const before = await registry.aliases.history("shop");
          const work = verb === "promote"
            ? promote(registry, digest)
            : verb === "rollback"
            ? rollback(registry)
            : verb === "stale"
            ? registry.aliases.promote({ ...WHO, digest, expectedRevision: before.length + 1 })
            : registry.aliases.setChallenger({ catalogue: "shop", digest, by: "ann", why: "x" });
          const refused = await work.then(() => null, (error: AppError) => error.code);
          assert.ok(refused !== null || verb !== "stale");
          const state = await registry.aliases.get("shop");
          const after = await registry.aliases.history("shop");
          assert.deepEqual(
            after.slice(after.length - before.length),
            before,
            "the past is unchanged",
          );
          assert.ok(after.length - before.length <= (refused === null ? 1 : 0));
          assert.deepEqual(
            after.map((h) => h.revision),
            after.map((_, i) => after.length - i),
          );
          assert.equal(state.revision, after.length);
          if (after[0] !== undefined) {
            const { kind: _k, by: _b, why: _w, at: _a, release: _r, ...last } = after[0];
            assert.deepEqual(state, last);
          }
          const releases = await registry.releases.list("shop");
          assert.deepEqual(
            releases.map((r) => r.sequence),
            after.flatMap((h) => h.release ?? []),
          );
          assert.equal(releases[0]?.digest ?? null, state.champion, "edges are told the champion");
        }
      }),
      { numRuns: 15 },
    );
  },
);
