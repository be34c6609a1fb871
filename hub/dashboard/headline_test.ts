import assert from "node:assert/strict";
import { acceptanceOf } from "./headline.ts";

const MANIFEST = {
  decision: { autoPrecision: 0.975 },
  thresholds: [
    { precision: 0.95, confidence: 0.6, coverage: 0.7 },
    { precision: 0.975, confidence: 0.8, coverage: 0.5 },
  ],
};

Deno.test("the headline is what gold rows say at the precision that the bundle decides by", () => {
  const metrics = { "coverageAt97.5": 0.42, "precisionAt97.5": 0.98, coverageAt95: 0.9 };
  assert.deepEqual(acceptanceOf(metrics, MANIFEST), {
    precision: 0.975,
    share: 0.42,
    achieved: 0.98,
  });
});

Deno.test("without an evaluation it is the bundle's own threshold, and says nothing of gold", () => {
  assert.deepEqual(acceptanceOf({}, MANIFEST), { precision: 0.975, share: 0.5, achieved: null });
});

Deno.test("a share of nothing is known as nothing, and what is not known is null", () => {
  const none = { coverageAt95: 0, precisionAt95: null };
  assert.deepEqual(acceptanceOf(none, {}), { precision: 0.95, share: 0, achieved: null });
  assert.equal(acceptanceOf({}, {}), null);
  assert.equal(acceptanceOf({ coverageAt95: null }, null), null);
});
