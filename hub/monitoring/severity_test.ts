import assert from "node:assert/strict";
import fc from "fast-check";
import type { DriftSeverity } from "../registry/monitoring.ts";
import { SEVERITIES, severityOf, worstOf } from "./severity.ts";

const BOUNDS = { warning: 0.1, critical: 0.25, release: 0.8 };
const severity = fc.constantFrom<DriftSeverity>("none", "warning", "critical");
const at = (value: number, before: DriftSeverity) => severityOf(value, true, before, BOUNDS);

Deno.test("severityOf() keeps a severity a little longer than it takes to reach it", () => {
  assert.deepEqual([at(0.09, "none"), at(0.1, "none"), at(0.25, "none")], [
    "none",
    "warning",
    "critical",
  ]);
  assert.deepEqual([at(0.09, "warning"), at(0.079, "warning"), at(0.21, "critical")], [
    "warning",
    "none",
    "critical",
  ]);
  // What was a warning is not critical for having been one.
  assert.equal(at(0.21, "warning"), "warning");
});

Deno.test("severityOf() never falls when the value rises, and is none where it may be chance", () => {
  const value = fc.double({ min: 0, max: 1, noNaN: true });
  const weight = (s: DriftSeverity) => SEVERITIES.indexOf(s);
  fc.assert(fc.property(value, value, severity, severity, (a, b, before, worse) => {
    assert.ok(weight(at(Math.min(a, b), before)) <= weight(at(Math.max(a, b), before)));
    if (weight(before) <= weight(worse)) assert.ok(weight(at(a, before)) <= weight(at(a, worse)));
    assert.equal(severityOf(a, false, before, BOUNDS), "none");
    // Looked at again, nothing has changed.
    assert.equal(at(a, at(a, before)), at(a, before));
  }));
});

Deno.test("worstOf() is the worst there is", () => {
  assert.equal(worstOf([]), "none");
  assert.equal(worstOf(["warning", "critical", "none"]), "critical");
});
