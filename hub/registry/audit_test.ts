import assert from "node:assert/strict";
import { sql } from "drizzle-orm";
import { registryTest } from "./registry_suite.ts";

registryTest(
  "the audit is listed by actor, action and time, newest first, page by page",
  async ({ registry, clock }) => {
    const day = 86_400_000, start = clock.nowMs;
    for (let i = 0; i < 12; i++) {
      clock.nowMs = start + i * day;
      await registry.audit.add({
        actor: i % 2 === 0 ? "ann" : "ben",
        action: i % 3 === 0 ? "promote" : "rollback",
        target: String(i),
      });
    }
    const instant = (days: number) => new Date(start + days * day).toISOString();
    const targets = async (query: Parameters<typeof registry.audit.list>[0]) =>
      (await registry.audit.list(query)).items.map((entry) => Number(entry.target));
    assert.deepEqual(await targets({ since: instant(3), until: instant(6) }), [6, 5, 4, 3]);
    assert.deepEqual(await targets({ since: instant(2.5), until: instant(3.5) }), [3]);
    assert.deepEqual(await targets({ since: instant(3.2), until: instant(3.5) }), []);
    assert.deepEqual(await targets({ since: instant(20) }), []);
    assert.deepEqual(await targets({ until: instant(-1) }), []);
    assert.deepEqual(await targets({ actor: "ann", since: instant(6) }), [10, 8, 6]);
    assert.deepEqual(await targets({ action: "promote", until: instant(6) }), [6, 3, 0]);
    const { items, next } = await registry.audit.list({ until: instant(6), limit: 4 });
    assert.deepEqual(items.map((entry) => entry.target), ["6", "5", "4", "3"]);
    assert.deepEqual(await targets({ until: instant(6), limit: 4, cursor: next! }), [2, 1, 0]);
  },
);

registryTest(
  "a time in the audit, and counts of feedback, are found by index",
  async ({ database }) => {
    const plan = async (query: ReturnType<typeof sql>) =>
      (await database.read((db) =>
        db.all<[number, number, number, string]>(sql`EXPLAIN QUERY PLAN ${query}`)
      )).map((row) => row[3]).join("\n");
    const at = await plan(
      sql`SELECT seq FROM audit WHERE at <= '2026' ORDER BY at DESC, seq DESC LIMIT 1`,
    );
    assert.match(at, /USING COVERING INDEX audit_at/);
    const actor = await plan(
      sql`SELECT * FROM audit WHERE seq < 9 AND seq >= 1 AND seq <= 8 AND actor = 'ann' ORDER BY seq DESC`,
    );
    assert.match(actor, /USING INDEX audit_actor/);
    assert.doesNotMatch(`${at}\n${actor}`, /SCAN|TEMP B-TREE/);
    const counts = await plan(
      sql`SELECT sum(n) FROM feedback_counts WHERE catalogue = 'shop' AND digest = 'a'`,
    );
    assert.match(counts, /SEARCH feedback_counts USING INDEX/);
  },
);
