import assert from "node:assert/strict";
import { rng, shuffle } from "@aisle/shared/random";
import { parseParams } from "../params.ts";
import type { Evaluation } from "./evaluation.ts";
import { gate } from "./gate.ts";
import { evaluationOf, plantedRows } from "./testing/planted.ts";
import { Verdict } from "./verdict.ts";

const params = parseParams(
  await Deno.readTextFile(new URL("../../params.yaml", import.meta.url)),
).gate;

function failed(candidate: Evaluation, champion: Evaluation | null): string[] {
  const verdict = gate(candidate, champion, params);
  Verdict.parse(JSON.parse(JSON.stringify(verdict)));
  const errors = verdict.rules.filter((r) => !r.ok && r.severity === "error").map((r) => r.id);
  assert.equal(verdict.accept, errors.length === 0);
  return errors;
}
const of = (accuracy: number, changes?: Partial<Evaluation>, n = 200) =>
  evaluationOf(plantedRows(n, accuracy), changes);

Deno.test("gate() accepts a better challenger", () => {
  assert.deepEqual(failed(of(0.9), of(0.8)), []);
});

Deno.test("gate() accepts an equal challenger: its gain is not negative", () => {
  const verdict = gate(of(0.8), of(0.8), params);
  assert.equal(verdict.accept, true);
  assert.deepEqual(verdict.comparison!.gains.weightedF1, {
    value: 0,
    low: 0,
    high: 0,
    inferior: 0,
  });
  assert.equal(verdict.comparison!.mcnemar.p, 1);
});

Deno.test("gate() refuses a worse challenger and names each rule that it broke", () => {
  assert.deepEqual(failed(of(0.7), of(0.8)), ["not-inferior", "gain"]);
});

Deno.test("gate() refuses a challenger that is only slightly worse", () => {
  const rows = plantedRows(1000, 0.8);
  const at = rows.findIndex((r) => r.predicted === r.code);
  const worse = rows.with(at, { ...rows[at]!, predicted: "wrong" });
  assert.deepEqual(failed(evaluationOf(worse), evaluationOf(rows)), ["gain"]);
});

Deno.test("gate() accepts an honest gain that is too small to be significant, and says so", () => {
  const champion = plantedRows(110, 0.8);
  const wrong = champion.flatMap((r, i) => r.predicted === r.code ? [] : [i]).slice(0, 3);
  const better = champion.map((r, i) => wrong.includes(i) ? { ...r, predicted: r.code } : r);
  const verdict = gate(evaluationOf(better), evaluationOf(champion), params);
  assert.equal(verdict.accept, true);
  const told = verdict.rules.find((r) => r.id === "significance")!;
  assert.equal(told.ok, false);
  assert.equal(told.severity, "warning");
  assert.ok(Math.abs(verdict.comparison!.mcnemar.p - 0.25) < 1e-9);
});

Deno.test("gate() gives the same verdict whatever the order of the rows", () => {
  const candidate = of(0.9), champion = of(0.8);
  const shuffled = {
    ...candidate,
    predictions: shuffle([...candidate.predictions], rng(9)),
  };
  assert.deepEqual(gate(shuffled, champion, params), gate(candidate, champion, params));
});

Deno.test("gate() is not fooled by predictions that were shuffled against their rows", () => {
  const { predictions } = of(0.9);
  const guesses = shuffle(predictions.map((p) => p.predicted), rng(9));
  const mixed = predictions.map((p, i) => ({ ...p, predicted: guesses[i]! }));
  assert.ok(failed(evaluationOf(mixed), of(0.8)).includes("gain"));
});

Deno.test("gate() refuses a candidate that trained on gold rows, however good", () => {
  const leaks = { trainedRows: 1000, rows: 2, ids: ["row1", "row2"] };
  assert.deepEqual(failed(of(1, { leaks }), of(0.8)), ["no-leak"]);
  assert.deepEqual(failed(of(1, { leaks }), null), ["no-leak"]);
});

Deno.test("gate() refuses a candidate whose training rows nobody looked at", () => {
  assert.deepEqual(failed(of(1, { leaks: null }), of(0.8)), ["no-leak"]);
});

Deno.test("gate() leaves out the rows that the champion trained on", () => {
  // Without its leaked rows the champion is worse
  const candidate = plantedRows(200, 0.8);
  const wrong = candidate.filter((r) => r.predicted !== r.code).map((r) => r.id);
  const champion = candidate.map((r, i) =>
    wrong.includes(r.id) ? { ...r, predicted: r.code } : i % 20 === 1 ? { ...r, predicted: "x" } : r
  );
  const leaks = { trainedRows: 1000, rows: wrong.length, ids: wrong };
  assert.equal(gate(evaluationOf(candidate), evaluationOf(champion), params).accept, false);
  const verdict = gate(evaluationOf(candidate), evaluationOf(champion, { leaks }), params);
  assert.equal(verdict.accept, true);
  assert.equal(verdict.rows, 200 - wrong.length);
  assert.equal(verdict.rules.find((r) => r.id === "champion-no-leak")!.ok, false);
});

Deno.test("gate() refuses what is no number", () => {
  const rows = plantedRows(200, 0.9);
  const nan = evaluationOf(rows.with(7, { ...rows[7]!, confidence: NaN }));
  assert.deepEqual(failed(nan, of(0.8)), ["candidate-sane"]);
  assert.deepEqual(failed(of(0.9), nan), ["champion-sane"]);
  const scores = { accuracy: NaN, weightedF1: NaN, macroF1: NaN };
  assert.deepEqual(failed(of(0.9, { scores }), of(0.8)), ["candidate-sane"]);
  assert.deepEqual(failed(of(0.9, { scores }), null), ["candidate-sane"]);
  const latency = { samples: 1, p50Ms: NaN, p95Ms: NaN };
  assert.deepEqual(failed(of(0.9, { latency }), of(0.8)), ["candidate-sane"]);
});

Deno.test("gate() counts for itself: stated figures that the rows do not give are refused", () => {
  const scores = { accuracy: 0.99, weightedF1: 0.99, macroF1: 0.99 };
  assert.deepEqual(failed(of(0.7, { scores }), of(0.8)), ["candidate-sane"]);
  const calibration = { ...of(0.7).calibration, ece: 0 };
  assert.deepEqual(failed(of(0.7, { calibration }), of(0.6)), ["candidate-sane"]);
  assert.deepEqual(failed(of(0.9, { rows: 100 }), of(0.8)), ["candidate-sane"]);
});

Deno.test("gate() refuses a row that counts twice", () => {
  const rows = plantedRows(200, 0.9);
  assert.deepEqual(failed(evaluationOf([...rows, rows[0]!]), null), ["candidate-sane"]);
});

Deno.test("gate() decides nothing on a handful of rows", () => {
  assert.deepEqual(failed(of(1, {}, 19), of(0.5, {}, 19)), ["enough-rows"]);
  assert.deepEqual(failed(of(1, {}, 0), of(0.5, {}, 0)), ["enough-rows"]);
});

Deno.test("gate() refuses to compare different gold rows or other true codes", () => {
  assert.deepEqual(failed(of(0.9), of(0.8, {}, 199)), ["same-gold"]);
  assert.deepEqual(failed(of(0.9, {}, 199), of(0.8)), ["same-gold"]);
  assert.deepEqual(failed(of(0.9, { gold: "c".repeat(64) }), of(0.8)), ["same-gold"]);
  const rows = plantedRows(200, 0.9);
  const relabelled = rows.with(0, { ...rows[0]!, code: "60", predicted: "60" });
  assert.deepEqual(failed(evaluationOf(relabelled), of(0.8)), ["same-gold"]);
});

Deno.test("gate() takes a first champion that beats the majority class, and warns about the rest", () => {
  assert.deepEqual(failed(of(0.5), null), []);
  assert.deepEqual(failed(of(0.5, { majority: { code: "10", accuracy: 0.9 } }), null), [
    "better-than-majority",
  ]);
  assert.deepEqual(failed(of(0.9, {}, 0), null), ["better-than-majority"]);
  const few = gate(of(0.9, {}, 10), null, params);
  assert.equal(few.accept, true);
  assert.equal(few.rules.find((r) => r.id === "enough-rows")!.ok, false);
});

Deno.test("gate() lets a class with enough gold rows veto, and no other", () => {
  const champion = plantedRows(200, 1);
  const lose = (code: string, rows: typeof champion) => {
    let left = 12;
    return rows.map((r) => r.code === code && left-- > 0 ? { ...r, predicted: "10" } : r);
  };
  const gainElsewhere = champion.map((r) => r.code === "10" ? { ...r, predicted: "40" } : r);
  // 50 rows of class 60, 12 lost: recall falls by .24, while class 10 becomes right
  const candidate = evaluationOf(lose("60", champion));
  assert.deepEqual(failed(candidate, evaluationOf(gainElsewhere)), ["class-recall"]);
  const patient = { ...params, vetoClassRows: 51 };
  assert.equal(gate(candidate, evaluationOf(gainElsewhere), patient).accept, true);
});

Deno.test("gate() refuses confidences that mean less than the champion's", () => {
  const shy = plantedRows(400, 0.9).map((r) => ({ ...r, confidence: 0.3 }));
  assert.deepEqual(failed(evaluationOf(shy), of(0.8, {}, 400)), ["calibration"]);
  // As badly calibrated as the champion: nothing is lost by the change
  const champion = plantedRows(400, 0.8).map((r) => ({ ...r, confidence: 0.2 }));
  assert.deepEqual(failed(evaluationOf(shy), evaluationOf(champion)), []);
});

Deno.test("gate() does not refuse a much better model for bins that chance fills", () => {
  // Too shy by .25, and worth more all the same: the champion is right half the time and says so
  const better = plantedRows(109, 0.95).map((r) => ({ ...r, confidence: 0.7 }));
  const champion = evaluationOf(plantedRows(109, 0.5));
  const verdict = gate(evaluationOf(better), champion, params);
  const { numbers } = verdict.rules.find((r) => r.id === "calibration")!;
  assert.ok(
    numbers["ece"]! > numbers["chance"]! && numbers["ece"]! > numbers["championEce"]! + 0.01,
  );
  assert.ok(numbers["brier"]! < numbers["championBrier"]!);
  assert.equal(verdict.accept, true);
});

Deno.test("gate() refuses a candidate that is much slower in the same run, but not for noise of small times", () => {
  const latency = (p95Ms: number) => ({ samples: 200, p50Ms: p95Ms, p95Ms });
  assert.deepEqual(failed(of(0.9, { latency: latency(7) }), of(0.8, { latency: latency(3) })), [
    "latency",
  ]);
  assert.deepEqual(
    failed(of(0.9, { latency: latency(0.9) }), of(0.8, { latency: latency(0.1) })),
    [],
  );
});

Deno.test("gate() tells when a threshold does not hold on gold, without refusing for it", () => {
  const coverage = [{
    precision: 0.99,
    confidence: 0.5,
    accepted: 200,
    right: 180,
    coverage: 1,
    achieved: 0.9,
    achievedLow: 0.85,
    achievedHigh: 0.93,
  }];
  const verdict = gate(of(0.9, { coverage }), of(0.8), params);
  assert.equal(verdict.accept, true);
  assert.equal(verdict.rules.find((r) => r.id === "thresholds-hold")!.ok, false);
});
