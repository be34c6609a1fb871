import assert from "node:assert/strict";
import fc from "fast-check";
import { decideDue, decideOwed, type DueInput, LATE_MS } from "./due.ts";

const at = (text: string) => Date.parse(text);
const hourly = (changes: Partial<DueInput> = {}): DueInput => ({
  cron: "0 * * * *",
  timeZone: "UTC",
  nextRunAt: "2026-01-01T10:00:00.000Z",
  missedPolicy: "skip",
  lastGoesOn: false,
  ...changes,
});

Deno.test("decideDue() waits until the instant, then runs it and names the one after", () => {
  const before = decideDue(hourly(), at("2026-01-01T09:59:59.999Z"));
  assert.deepEqual(before, { due: false, nextMs: at("2026-01-01T10:00:00Z") });
  assert.deepEqual(decideDue(hourly(), at("2026-01-01T10:00:00Z")), {
    due: true,
    dueMs: at("2026-01-01T10:00:00Z"),
    nextMs: at("2026-01-01T11:00:00Z"),
    note: null,
  });
  const fresh = decideDue(hourly({ nextRunAt: null }), at("2026-01-01T09:30:00Z"));
  assert.deepEqual(fresh, { due: false, nextMs: at("2026-01-01T10:00:00Z") });
});

Deno.test("decideDue() leaves out runs that were missed while no hub was up, or runs one for all of them", () => {
  const now = at("2026-01-01T13:30:00Z");
  const skipped = decideDue(hourly(), now);
  assert.ok(skipped.due);
  assert.match(skipped.note!, /skipped: 4 runs were missed/);
  assert.equal(skipped.nextMs, at("2026-01-01T14:00:00Z"));
  const once = decideDue(hourly({ missedPolicy: "once" }), now);
  assert.deepEqual([once.due && once.note, once.nextMs], [null, at("2026-01-01T14:00:00Z")]);
  const long = decideDue(hourly({ cron: "* * * * *" }), now);
  assert.ok(long.due);
  assert.match(long.note!, /skipped: 211 runs/);
});

Deno.test("decideDue() does not pile jobs up while the one before goes on", () => {
  const busy = decideDue(
    hourly({ lastGoesOn: true, missedPolicy: "once" }),
    at("2026-01-01T10:00:01Z"),
  );
  assert.ok(busy.due);
  assert.match(busy.note!, /the run before still goes on/);
});

Deno.test("decideDue() never decides twice about one instant, whatever hours the hub was up", () => {
  fc.assert(fc.property(
    fc.array(fc.integer({ min: 1, max: 400 * 60_000 }), { minLength: 1, maxLength: 60 }),
    fc.constantFrom("skip" as const, "once" as const),
    (gaps, missedPolicy) => {
      let now = at("2026-03-28T20:17:00Z"), nextRunAt: string | null = null, last = -Infinity;
      for (const gap of gaps) {
        now += gap;
        const decision = decideDue(
          hourly({ timeZone: "Europe/Paris", nextRunAt, missedPolicy }),
          now,
        );
        if (decision.due) {
          assert.ok(decision.dueMs > last && decision.dueMs <= now);
          last = decision.dueMs;
          const late = now - decision.dueMs > LATE_MS;
          assert.equal(decision.note === null, missedPolicy === "once" || !late);
        }
        assert.ok(decision.nextMs! > (decision.due ? now : now - 1));
        nextRunAt = new Date(decision.nextMs!).toISOString();
      }
    },
  ));
});

Deno.test("decideOwed() calls a run overdue only when none succeeded in time, and a later success settles it", () => {
  const owed = {
    owedSince: "2026-01-01T10:00:00.000Z",
    lastDueAt: "2026-01-01T12:00:00.000Z",
    expectedByMs: 30 * 60_000,
    succeededAt: null,
  };
  assert.equal(decideOwed(owed, at("2026-01-01T10:30:00Z")).overdue, false);
  assert.equal(decideOwed(owed, at("2026-01-01T10:30:01Z")).overdue, true);
  const old = { ...owed, succeededAt: "2026-01-01T09:00:02.000Z" };
  assert.equal(decideOwed(old, at("2026-01-01T12:10:00Z")).overdue, true);
  // A success between the first and the last due instant settles the first; the last is owed now.
  const half = { ...owed, succeededAt: "2026-01-01T11:00:00.000Z" };
  assert.deepEqual(decideOwed(half, at("2026-01-01T12:10:00Z")), {
    owedSince: "2026-01-01T12:00:00.000Z",
    overdue: false,
  });
  const all = { ...owed, succeededAt: "2026-01-01T12:00:01.000Z" };
  assert.deepEqual(decideOwed(all, at("2026-01-02T00:00:00Z")), {
    owedSince: null,
    overdue: false,
  });
  assert.equal(
    decideOwed({ ...owed, expectedByMs: null }, at("2027-01-01T00:00:00Z")).overdue,
    false,
  );
});
