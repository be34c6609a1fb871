import assert from "node:assert/strict";
import { rng } from "@aisle/shared/random";
import { calibrationBins, calibrationReport, chanceEce, ece } from "./calibration.ts";

const options = { bins: 15, replicates: 300, seed: 1 };

Deno.test("ece() weighs each bin's distance by its rows, as by hand", () => {
  // bin [.5, .75): .6 and .7, one right -> |.65 - .5|; bin [.75, 1]: .8 and 1, both right -> |.9 - 1|
  const bins = calibrationBins([0.6, 0.7, 0.8, 1], [1, 0, 1, 1], 4);
  assert.deepEqual(bins.map((b) => b.rows), [0, 0, 2, 2]);
  assert.ok(Math.abs(ece(bins) - (2 * 0.15 + 2 * 0.1) / 4) < 1e-12);
});

Deno.test("ece() of no rows is 0", () => {
  assert.equal(ece(calibrationBins([], [], 15)), 0);
});

Deno.test("calibrationReport() lets about 95 of 100 calibrated models pass at 95 %, and no overconfident one", () => {
  const random = rng(5);
  let passed = 0;
  const trials = 200, rows = 150;
  for (let trial = 0; trial < trials; trial++) {
    const confidences = Float64Array.from({ length: rows }, () => 0.3 + 0.7 * random());
    const right = Float64Array.from(confidences, (confidence) => random() < confidence ? 1 : 0);
    const report = calibrationReport(confidences, right, { ...options, seed: trial });
    if (report.ece <= chanceEce(report, 0.95)) passed++;
  }
  // Binomial(200, .95): 3 standard deviations are 4.6 points
  assert.ok(passed / trials > 0.9 && passed / trials < 0.996, `${passed} of ${trials}`);
  const sure = new Float64Array(rows).fill(0.99);
  const right = Float64Array.from(sure, (_, i) => i % 5 === 0 ? 0 : 1);
  const report = calibrationReport(sure, right, options);
  assert.ok(report.ece > chanceEce(report, 1));
});

Deno.test("calibrationReport() expects a larger error by chance of fewer rows", () => {
  const of = (rows: number) => {
    const random = rng(2);
    const confidences = Float64Array.from({ length: rows }, () => 0.3 + 0.7 * random());
    return chanceEce(calibrationReport(confidences, confidences.map(() => 1), options), 0.5);
  };
  assert.ok(of(100) > of(1000) * 2);
});

Deno.test("chanceEce() interpolates between whole percents and keeps to the ends", () => {
  const chanceQuantiles = Array.from({ length: 101 }, (_, q) => q);
  assert.equal(chanceEce({ chanceQuantiles }, 0.955), 95.5);
  assert.equal(chanceEce({ chanceQuantiles }, 0), 0);
  assert.equal(chanceEce({ chanceQuantiles }, 1), 100);
});
