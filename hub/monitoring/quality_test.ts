import assert from "node:assert/strict";
import { rng } from "@aisle/shared/random";
import { noSums } from "../registry/telemetry_sums.ts";
import { estimatedAccuracy, recallDrops } from "./quality.ts";

Deno.test("estimatedAccuracy() covers the true accuracy of calibrated answers 19 times of 20", () => {
  const random = rng(3), trials = 400, n = 300;
  let covered = 0;
  for (let trial = 0; trial < trials; trial++) {
    let sum = 0, squares = 0, right = 0;
    for (let i = 0; i < n; i++) {
      const p = 0.3 + 0.7 * random();
      sum += p;
      squares += p * p;
      if (random() < p) right++;
    }
    const found = estimatedAccuracy({
      ...noSums(),
      codes: { a: n },
      confidenceSums: { a: [sum, squares] },
    })!;
    if (found.low <= right / n && right / n <= found.high) covered++;
  }
  assert.ok(covered / trials > 0.92 && covered / trials < 0.98, String(covered));
});

Deno.test("estimatedAccuracy() tells classes apart, and nothing of edges that tell nothing", () => {
  assert.equal(estimatedAccuracy({ ...noSums(), codes: { a: 5 } }), null);
  const found = estimatedAccuracy({
    ...noSums(),
    codes: { a: 2, b: 2, c: 9 },
    confidenceSums: { a: [2, 2], b: [1, 0.5] },
  })!;
  assert.deepEqual([found.n, found.value], [4, 0.75]);
  assert.deepEqual(found.classes, { a: { n: 2, value: 1 }, b: { n: 2, value: 0.5 } });
});

Deno.test("recallDrops() names classes that users correct beyond chance, worst first", () => {
  const params = { minRows: 20, warning: 0.1, critical: 0.25, release: 0.8 };
  const expected = ["a", "b", "c", "d"].map((code) => ({ code, rows: 100, right: 95 }));
  const feedback = {
    a: { n: 200, correct: 190 },
    b: { n: 200, correct: 160 },
    c: { n: 200, correct: 60 },
    d: { n: 10, correct: 0 },
    unknown: { n: 200, correct: 0 },
  };
  const drops = recallDrops(expected, feedback, {}, params);
  assert.deepEqual(drops.map((d) => [d.code, d.severity]), [["c", "critical"], ["b", "warning"]]);
});
