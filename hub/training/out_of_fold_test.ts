import assert from "node:assert/strict";
import fc from "fast-check";
import { chooseOutOfFold, scoresOf, threshold } from "./out_of_fold.ts";

const close = (value: number, expected: number) =>
  assert.ok(Math.abs(value - expected) < 1e-12, `${value} is not ${expected}`);

Deno.test("scoresOf() gives what scikit-learn's accuracy_score and f1_score give", () => {
  const labels = Int32Array.of(0, 0, 0, 1, 1, 2, 2, 2, 2, 3);
  const predicted = Int32Array.of(0, 0, 1, 1, 2, 2, 2, 0, 2, 4);
  const { accuracy, weightedF1, macroF1 } = scoresOf(predicted, labels, 6);
  close(accuracy, 0.6);
  // f1 by class: 2/3, 1/2, 3/4, 0, 0 (never true, predicted); class 5 does not count
  close(weightedF1, (3 * 2 / 3 + 2 / 2 + 4 * 3 / 4) / 10);
  close(macroF1, (2 / 3 + 1 / 2 + 3 / 4) / 5);
});

/** Rows of class 0 in falling confidence; right where the row was given class 0. */
function judged(right: readonly boolean[], confidence: readonly number[]) {
  return {
    judged: {
      predicted: Int32Array.from(right, (r) => r ? 0 : 1),
      confidence: Float64Array.from(confidence),
    },
    labels: new Int32Array(right.length),
  };
}

Deno.test("threshold() takes the lowest confidence that keeps the precision", () => {
  const right = Array.from({ length: 40 }, (_, i) => i !== 12 && i !== 30 && i < 35);
  const given = judged(right, right.map((_, i) => 1 - i / 100));
  const { confidence, coverage } = threshold(given.judged, given.labels, 0.95);
  // 29 of 30 right at row 30; the second miss leaves 33 of 35
  close(confidence!, 1 - 29 / 100);
  close(coverage, 30 / 40);
});

Deno.test("threshold() finds none where too few rows could show the precision, or none is right", () => {
  const few = judged(new Array(19).fill(true), new Array(19).fill(0.9));
  assert.equal(threshold(few.judged, few.labels, 0.95).confidence, null);
  const enough = judged(new Array(20).fill(true), new Array(20).fill(0.9));
  assert.equal(threshold(enough.judged, enough.labels, 0.95).confidence, 0.9);
  const wrong = judged(new Array(50).fill(false), new Array(50).fill(0.9));
  assert.equal(threshold(wrong.judged, wrong.labels, 0.9).confidence, null);
});

Deno.test("threshold() never parts rows of the same confidence, and keeps its precision", () => {
  const row = fc.record({ right: fc.boolean(), confidence: fc.constantFrom(0.2, 0.5, 0.7, 0.9) });
  fc.assert(fc.property(fc.array(row, { maxLength: 60 }), (rows) => {
    const given = judged(rows.map((r) => r.right), rows.map((r) => r.confidence));
    const { confidence, coverage } = threshold(given.judged, given.labels, 0.9);
    if (confidence === null) return assert.equal(coverage, 0);
    const accepted = rows.filter((r) => r.confidence >= confidence);
    assert.ok(accepted.filter((r) => r.right).length >= 0.9 * accepted.length);
    close(coverage, accepted.length / rows.length);
  }));
});

Deno.test("chooseOutOfFold() of no rows gives zeros, no thresholds and a calibration", () => {
  const rows = {
    scores: new Float32Array(0),
    stride: 4,
    classes: 3,
    labels: new Int32Array(0),
  };
  const params = {
    calibrationBins: 15,
    bootstraps: 1,
    precisions: [0.9],
    autoPrecision: 0.9,
    latencySamples: 1,
    wasmPictures: 4,
    seed: 1,
  };
  const { oof, thresholds, calibration } = chooseOutOfFold(rows, params);
  assert.deepEqual(thresholds, [{ precision: 0.9, confidence: null, coverage: 0 }]);
  assert.deepEqual([oof.rows, oof.accuracy, oof.weightedF1, oof.macroF1, oof.ece], [0, 0, 0, 0, 0]);
  assert.ok(calibration.a > 0);
});
