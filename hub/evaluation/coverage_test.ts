import assert from "node:assert/strict";
import { coverageCurve, coverageTable } from "./coverage.ts";

const confidences = [0.9, 0.8, 0.8, 0.6, 0.5], right = [1, 1, 0, 1, 0];

Deno.test("coverageTable() counts what each threshold accepts and how much of it is right", () => {
  const [at80, never] = coverageTable(
    [
      { precision: 0.9, confidence: 0.8, coverage: 0.5 },
      { precision: 0.99, confidence: null, coverage: 0 },
    ],
    confidences,
    right,
  );
  assert.equal(at80!.accepted, 3);
  assert.equal(at80!.coverage, 3 / 5);
  assert.equal(at80!.achieved, 2 / 3);
  assert.ok(at80!.achievedLow < 2 / 3 && at80!.achievedHigh > 2 / 3);
  assert.deepEqual([never!.accepted, never!.coverage, never!.achievedLow, never!.achievedHigh], [
    0,
    0,
    0,
    1,
  ]);
});

Deno.test("coverageCurve() takes rows of equal confidence together and ends at all rows", () => {
  assert.deepEqual(coverageCurve(confidences, right), [
    { confidence: 0.9, coverage: 0.2, precision: 1 },
    { confidence: 0.8, coverage: 0.6, precision: 2 / 3 },
    { confidence: 0.6, coverage: 0.8, precision: 3 / 4 },
    { confidence: 0.5, coverage: 1, precision: 3 / 5 },
  ]);
});

Deno.test("coverageCurve() thins a long curve and keeps both ends", () => {
  const many = Array.from({ length: 1000 }, (_, i) => i / 1000);
  const curve = coverageCurve(many, many.map(() => 1), 50);
  assert.equal(curve.length, 50);
  assert.equal(curve[0]!.confidence, 0.999);
  assert.equal(curve.at(-1)!.coverage, 1);
});
