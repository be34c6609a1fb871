import assert from "node:assert/strict";
import { parseParams } from "../params.ts";
import { noSums, type TelemetrySums } from "../registry/telemetry_sums.ts";
import type { FeedbackStats } from "../registry/feedback.ts";
import { alertsOf, lookAt, type LookInput } from "./look.ts";

const params = parseParams(await Deno.readTextFile("params.yaml")).monitoring;
const low = Array.from({ length: 20 }, (_, i) => i < 10 ? 100 : 0), high = low.toReversed();

const feedback = (correct: number, n: number): FeedbackStats => ({
  n,
  correct,
  interval: { value: 0, low: 0, high: 1 },
  joined: 0,
  unjoined: 0,
  pending: 0,
  quarantined: 0,
  merged: 0,
  setAside: 0,
  classes: n === 0 ? {} : { a: { n, correct } },
} as FeedbackStats);

const served = (confidence: number[]): TelemetrySums => ({
  ...noSums(),
  requests: 1000,
  predictions: 1000,
  decisions: { auto: 750, review: 250 },
  codes: { a: 1000 },
  confidence,
  confidenceSums: { a: [900, 850] },
  errors: { overloaded: 3, "input-invalid": 1 },
});

const input = (changes: Partial<LookInput> = {}): LookInput => ({
  catalogue: "shop",
  at: "2026-01-01T00:00:00.000Z",
  champion: {
    digest: "d",
    manifest: { classes: ["a", "b"], reference: { prior: [0.5, 0.5], confidence: high } },
    recalls: [{ code: "a", rows: 100, right: 95 }, { code: "b", rows: 100, right: 93 }],
  },
  traffic: served(high),
  served: served(high),
  feedback: feedback(0, 0),
  before: null,
  params,
  ...changes,
});

Deno.test("lookAt() of a quiet catalogue finds nothing to tell", () => {
  const report = lookAt(input());
  assert.deepEqual([report.drift.severity, report.accuracy, report.accuracySeverity], [
    "none",
    null,
    "none",
  ]);
  assert.deepEqual([report.traffic.reviewShare, report.traffic.errors], [0.25, 4]);
  assert.equal(report.estimatedAccuracy?.value, 0.9);
  assert.equal(report.expectedAccuracy?.value, 0.94);
  assert.deepEqual(alertsOf(report), []);
});

Deno.test("lookAt() calls drift, lost accuracy and lost recall by name, each one alert", () => {
  const report = lookAt(input({ served: served(low), feedback: feedback(120, 200) }));
  const alerts = alertsOf(report);
  assert.deepEqual(alerts.map((a) => [a.key, a.kind, a.severity]), [
    ["drift", "drift", "critical"],
    ["accuracy", "accuracy-drop", "critical"],
    ["recall", "recall-drop", "critical"],
  ]);
  assert.match(alerts[0]!.message, /confidence \(PSI/);
  assert.match(alerts[1]!.message, /60\.0 % \(of 200\), the evaluation found 94\.0 %/);
  assert.match(alerts[2]!.message, /1 class: a \(60\.0 %, was 95\.0 %\)/);
});

Deno.test("lookAt() without a champion tells the traffic and why nothing was compared", () => {
  const report = lookAt(input({ champion: null, feedback: feedback(1, 100) }));
  assert.deepEqual([report.digest, report.drift.why, report.accuracy], [
    null,
    "no model serves",
    null,
  ]);
  assert.equal(report.traffic.predictions, 1000);
  const few = lookAt(input({ served: noSums() }));
  assert.equal(few.drift.why, `fewer than ${params.drift.minValues} answers to compare`);
});

Deno.test("lookAt() does not hold what was found of another bundle against this one", () => {
  const weak = input({ feedback: feedback(44_750, 50_000) });
  const before = lookAt(input({ feedback: feedback(420, 500) }));
  assert.equal(before.accuracySeverity, "warning");
  // 4.5 points lost: below the bound of a warning, above where one ends.
  assert.equal(lookAt({ ...weak, before }).accuracySeverity, "warning");
  const other = { ...before, digest: "other" };
  assert.equal(lookAt({ ...weak, before: other }).accuracySeverity, "none");
});
