import assert from "node:assert/strict";
import fc from "fast-check";
import { inspect, type InspectionInput } from "./inspection.ts";

const input = (changes: Partial<InspectionInput> = {}): InspectionInput => ({
  newRows: 100,
  classesSeen: ["a", "b"],
  allClasses: ["a", "b", "c"],
  minRows: 100,
  requireAllClasses: false,
  ...changes,
});

Deno.test("inspect() retrains from the very row that completes the minimum", () => {
  assert.equal(inspect(input({ newRows: 99 })).decision, "nothing");
  assert.equal(inspect(input({ newRows: 100 })).decision, "retrain");
});

Deno.test("inspect() waits for every class where that is asked, and names those that are missing", () => {
  const waiting = inspect(input({ requireAllClasses: true }));
  assert.equal(waiting.decision, "nothing");
  assert.match(waiting.reasons.join("; "), /1 of 3 classes are not among them: c/);
  const complete = inspect(input({ requireAllClasses: true, classesSeen: ["c", "b", "a"] }));
  assert.equal(complete.decision, "retrain");
});

Deno.test("inspect() does nothing without rows, whatever the minimum", () => {
  assert.equal(inspect(input({ newRows: 0, minRows: 0 })).decision, "nothing");
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
      const before = input({ newRows, minRows, requireAllClasses, classesSeen, allClasses });
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
