import assert from "node:assert/strict";
import { type Calibration, confidences } from "@aisle/shared/bundle";
import { rng } from "@aisle/shared/random";
import { DEFAULT_CALIBRATION, fitCalibration, judge, type ScoredRows } from "./calibration.ts";

const STRIDE = 8, CLASSES = 5;

/** Rows whose labels are drawn from the confidences that `truth` gives their scores. */
function drawn(count: number, truth: Calibration, seed = 1): ScoredRows {
  const random = rng(seed);
  const scores = new Float32Array(count * STRIDE), labels = new Int32Array(count);
  const p = new Float64Array(CLASSES);
  for (let row = 0; row < count; row++) {
    for (let k = 0; k < CLASSES; k++) scores[row * STRIDE + k] = random() * 2 - 1.4;
    confidences(scores, truth, p, row * STRIDE);
    let left = random(), label = 0;
    while (label < CLASSES - 1 && (left -= p[label]!) > 0) label++;
    labels[row] = label;
  }
  return { scores, stride: STRIDE, classes: CLASSES, labels };
}

function likelihood(rows: ScoredRows, calibration: Calibration): number {
  const p = new Float64Array(rows.classes);
  let sum = 0;
  rows.labels.forEach((label, row) => {
    confidences(rows.scores, calibration, p, row * rows.stride);
    sum -= Math.log(p[label]!);
  });
  return sum / rows.labels.length;
}

Deno.test("fitCalibration() finds the calibration that labels were drawn from", () => {
  for (const truth of [{ a: 4, b: 1 }, { a: 9, b: -1 }, { a: 1.5, b: 0.5 }]) {
    const rows = drawn(20_000, truth), fitted = fitCalibration(rows);
    assert.ok(Math.abs(fitted.a / truth.a - 1) < 0.15, `a is ${fitted.a}, not ${truth.a}`);
    assert.ok(likelihood(rows, fitted) <= likelihood(rows, truth) + 1e-4);
  }
});

Deno.test("fitCalibration() is not worse than any neighbour", () => {
  const rows = drawn(3_000, { a: 6, b: 0.5 }, 3), { a, b } = fitCalibration(rows);
  const best = likelihood(rows, { a, b });
  for (const [da, db] of [[1.05, 0], [0.95, 0], [1, 0.1], [1, -0.1]] as const) {
    assert.ok(likelihood(rows, { a: a * da, b: b + db }) > best - 1e-4);
  }
});

Deno.test("fitCalibration() does not promise certainty after a few rows, all of them right", () => {
  const scores = Float32Array.from([1, -1, -1, 0, -1, 1, -1, 0]);
  const rows = { scores, stride: 4, classes: 3, labels: Int32Array.of(0, 1) };
  const { a, b } = fitCalibration(rows);
  assert.ok(a < 20 && Math.abs(b) < 5, `a ${a}, b ${b}`);
});

Deno.test("fitCalibration() stays finite where every row is wrong and for no rows", () => {
  const scores = Float32Array.from({ length: 400 }, (_, i) => i % 4 === 0 ? 50 : -50);
  const rows = { scores, stride: 4, classes: 3, labels: new Int32Array(100).fill(1) };
  const { a, b } = fitCalibration(rows);
  assert.ok(Number.isFinite(a) && a > 0 && Number.isFinite(b));
  assert.deepEqual(
    fitCalibration({ ...rows, labels: new Int32Array(0) }),
    DEFAULT_CALIBRATION,
  );
});

Deno.test("judge() takes the first of equal scores", () => {
  const rows = {
    scores: Float32Array.of(0, 1, 1, 0),
    stride: 4,
    classes: 3,
    labels: Int32Array.of(2),
  };
  assert.deepEqual([...judge(rows, DEFAULT_CALIBRATION).predicted], [1]);
});
