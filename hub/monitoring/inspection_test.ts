import assert from "node:assert/strict";
import fc from "fast-check";
import { inspect, type InspectionInput, type InspectionRules } from "./inspection.ts";

const NOW = Date.UTC(2026, 0, 10);
const MINUTE = 60_000;

const rules = (changes: Partial<InspectionRules> = {}): InspectionRules => ({
  minRows: 100,
  requireAllClasses: false,
  accuracyBelow: 0.8,
  minAccuracyRows: 50,
  onDrift: "critical",
  coolDownMinutes: 30,
  retrainsPerDay: 4,
  retrainsPerWeek: 10,
  ...changes,
});

const input = (
  changes: Partial<InspectionInput> = {},
  rule: Partial<InspectionRules> = {},
): InspectionInput => ({
  nowMs: NOW,
  newRows: 100,
  classesSeen: ["a", "b"],
  allClasses: ["a", "b", "c"],
  accuracy: null,
  drift: null,
  retrains: [],
  ...changes,
  rules: rules(rule),
});

const past = (minutesAgo: number, automatic = true, goesOn = false) => ({
  atMs: NOW - minutesAgo * MINUTE,
  automatic,
  goesOn,
});

Deno.test("inspect() retrains from the very row that completes the minimum", () => {
  assert.equal(inspect(input({ newRows: 99 })).decision, "nothing");
  assert.equal(inspect(input({ newRows: 100 })).decision, "retrain");
});

Deno.test("inspect() waits for every class where that is asked, and names those that are missing", () => {
  const waiting = inspect(input({}, { requireAllClasses: true }));
  assert.equal(waiting.decision, "nothing");
  assert.match(waiting.reasons.join("; "), /1 of 3 classes are not among them: c/);
  const complete = inspect(input({ classesSeen: ["c", "b", "a"] }, { requireAllClasses: true }));
  assert.equal(complete.decision, "retrain");
});

Deno.test("inspect() does nothing without rows, whatever fires", () => {
  assert.equal(inspect(input({ newRows: 0 }, { minRows: 0 })).decision, "nothing");
  const drifted = inspect(input({ newRows: 0, drift: "critical" }));
  assert.deepEqual(
    [drifted.decision, drifted.heldBack],
    ["nothing", "held back: there is no new feedback to learn from"],
  );
});

Deno.test("inspect() retrains when accuracy is surely below the bound, and not when it may be above", () => {
  const few = { newRows: 10 };
  const fired = (n: number, high: number) =>
    inspect(input({ ...few, accuracy: { n, value: 0.7, high } })).triggers[1]!;
  assert.equal(fired(200, 0.79).fired, true);
  assert.equal(fired(200, 0.8).fired, false);
  assert.equal(fired(49, 0.5).fired, false, "too few rows to say");
  assert.match(
    fired(200, 0.79).why,
    /accuracy 70.0 % \(at most 79.0 %, 200 rows\) is below 80.0 %/,
  );
  const off = inspect(
    input({ ...few, accuracy: { n: 200, value: 0.1, high: 0.2 } }, { accuracyBelow: 0 }),
  );
  assert.equal(off.decision, "nothing");
});

Deno.test("inspect() retrains on drift of the severity asked for or a worse one", () => {
  const on = (drift: "none" | "warning" | "critical", onDrift: InspectionRules["onDrift"]) =>
    inspect(input({ newRows: 1, drift }, { onDrift })).decision;
  assert.equal(on("critical", "critical"), "retrain");
  assert.equal(on("warning", "critical"), "nothing");
  assert.equal(on("critical", "warning"), "retrain");
  assert.equal(on("none", "warning"), "nothing");
  assert.equal(on("critical", "never"), "nothing");
});

Deno.test("inspect() holds back within the cool-down of any retrain, while one goes on, and beyond the budget", () => {
  const held = (...retrains: ReturnType<typeof past>[]) => inspect(input({ retrains })).heldBack;
  assert.match(held(past(29, false))!, /29 min ago, the cool-down takes 30 min/);
  assert.equal(held(past(30, false)), null);
  assert.match(held(past(600, true, true))!, /a retrain is under way/);
  const spent = [40, 80, 120, 160].map((ago) => past(ago));
  assert.match(held(...spent)!, /4 retrains started by themselves in a day, 4 may/);
  assert.equal(held(...spent.map((p) => ({ ...p, automatic: false }))), null, "people's are free");
  const week = Array.from({ length: 10 }, (_, i) => past((i + 1) * 900));
  assert.match(held(...week)!, /10 retrains started by themselves in a week, 10 may/);
});

Deno.test("inspect() never turns back when more rows or more classes come in", () => {
  const codes = fc.array(fc.constantFrom("a", "b", "c", "d"));
  fc.assert(fc.property(
    fc.nat(300),
    fc.nat(300),
    fc.nat(300),
    fc.boolean(),
    codes,
    codes,
    codes,
    (newRows, more, minRows, requireAllClasses, classesSeen, alsoSeen, allClasses) => {
      const before = input({ newRows, classesSeen, allClasses }, { minRows, requireAllClasses });
      const after = {
        ...before,
        newRows: newRows + more,
        classesSeen: [...classesSeen, ...alsoSeen],
      };
      assert.ok(inspect(before).decision === "nothing" || inspect(after).decision === "retrain");
      assert.ok(inspect(before).reasons.length > 0);
    },
  ));
});

Deno.test("whatever keeps firing, no more retrains start than the budget has, and never within the cool-down", () => {
  const step = fc.record({
    waitMinutes: fc.integer({ min: 0, max: 300 }),
    newRows: fc.nat(200),
    drift: fc.constantFrom("none" as const, "warning" as const, "critical" as const),
    high: fc.double({ min: 0, max: 1, noNaN: true }),
    person: fc.boolean(),
  });
  const limits = fc.record({
    coolDownMinutes: fc.integer({ min: 0, max: 240 }),
    retrainsPerDay: fc.nat(5),
    retrainsPerWeek: fc.nat(12),
  });
  fc.assert(
    fc.property(limits, fc.array(step, { maxLength: 150 }), (limit, steps) => {
      const retrains: { atMs: number; automatic: boolean; goesOn: boolean }[] = [];
      let nowMs = NOW;
      for (const { waitMinutes, newRows, drift, high, person } of steps) {
        nowMs += waitMinutes * MINUTE;
        const accuracy = { n: 100, value: high / 2, high };
        const { decision } = inspect(
          { ...input({ nowMs, newRows, drift, accuracy, retrains }, limit) },
        );
        if (decision === "retrain") {
          const last = retrains.at(-1)?.atMs ?? -Infinity;
          assert.ok(nowMs - last >= limit.coolDownMinutes * MINUTE, "within the cool-down");
          retrains.push({ atMs: nowMs, automatic: true, goesOn: false });
        } else if (person) retrains.push({ atMs: nowMs, automatic: false, goesOn: false });
      }
      const own = retrains.filter((retrain) => retrain.automatic).map(({ atMs }) => atMs);
      for (const at of own) {
        const within = (spanMs: number) => own.filter((o) => o > at - spanMs && o <= at).length;
        assert.ok(within(86_400_000) <= limit.retrainsPerDay);
        assert.ok(within(7 * 86_400_000) <= limit.retrainsPerWeek);
      }
    }),
    { numRuns: 100 },
  );
});
