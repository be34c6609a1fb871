import assert from "node:assert/strict";
import { rng } from "@aisle/shared/random";
import { mcnemar, pairedBootstrap, type PairedRow, power } from "./compare.ts";
import { fairBinomialCdf, normalCdf, normalQuantile } from "./normal.ts";

const near = (a: number, b: number, within: number) =>
  assert.ok(Math.abs(a - b) <= within, `${a} is not within ${within} of ${b}`);

/** `both` rows that both have right, and rows that only one has. */
function pairs(both: number, candidateOnly: number, championOnly: number): PairedRow[] {
  const row = (candidate: string, champion: string) => ({ code: "a", candidate, champion });
  return [
    ...Array.from({ length: both }, () => row("a", "a")),
    ...Array.from({ length: candidateOnly }, () => row("a", "b")),
    ...Array.from({ length: championOnly }, () => row("b", "a")),
  ];
}
const options = { replicates: 2000, seed: 1, significance: 0.05, margin: 0.01 };

Deno.test("mcnemar() agrees with scipy.stats.binomtest", () => {
  for (
    const [candidateOnly, championOnly, p] of [
      [3, 0, 0.25],
      [10, 4, 0.1795654296875],
      [25, 40, 0.08168153394154003],
      [600, 700, 0.006015793861044938],
      [1000, 1200, 2.181702640791419e-5],
    ] as const
  ) near(mcnemar(pairs(5, candidateOnly, championOnly)).p, p, 1e-11);
});

Deno.test("mcnemar() tells nothing where the models agree", () => {
  assert.deepEqual(mcnemar(pairs(50, 0, 0)), { candidateOnly: 0, championOnly: 0, p: 1 });
});

Deno.test("pairedBootstrap() finds the gain, and an interval of the width that theory gives", () => {
  const gains = pairedBootstrap(pairs(170, 20, 10), options);
  near(gains.accuracy.value, 10 / 200, 1e-12);
  // Standard error of a paired difference: sqrt(share - gain^2) / sqrt(n)
  const error = Math.sqrt(30 / 200 - 0.05 ** 2) / Math.sqrt(200);
  near(gains.accuracy.low, 0.05 - 1.96 * error, 0.01);
  near(gains.accuracy.high, 0.05 + 1.96 * error, 0.01);
  near(gains.accuracy.inferior, normalCdf((-0.01 - 0.05) / error), 0.02);
});

Deno.test("pairedBootstrap() gives the same numbers for the same seed", () => {
  const rows = pairs(80, 12, 8);
  assert.deepEqual(pairedBootstrap(rows, options), pairedBootstrap(rows, options));
});

Deno.test("power() predicts how often the test finds a gain", () => {
  // 400 rows, candidate alone right on 12 %, champion alone on 6 %
  const n = 400, random = rng(3);
  let found = 0;
  const trials = 600;
  for (let trial = 0; trial < trials; trial++) {
    let ours = 0, theirs = 0;
    for (let r = 0; r < n; r++) {
      const draw = random();
      if (draw < 0.12) ours++;
      else if (draw < 0.18) theirs++;
    }
    if (mcnemar(pairs(0, ours, theirs)).p < 0.05) found++;
  }
  const { ofSeenGain } = power({ candidateOnly: 48, championOnly: 24, p: 0 }, n, 0.05);
  // The exact test is a little stricter than the approximation
  near(ofSeenGain, found / trials, 0.08);
});

Deno.test("power() asks for a larger gain of fewer rows, and finds nothing in models that agree", () => {
  const few = power({ candidateOnly: 8, championOnly: 3, p: 1 }, 110, 0.05);
  const many = power({ candidateOnly: 364, championOnly: 136, p: 1 }, 5000, 0.05);
  assert.ok(few.detectableGain > 0.07 && few.detectableGain < 0.12, String(few.detectableGain));
  assert.ok(many.detectableGain < 0.02);
  const none = power({ candidateOnly: 0, championOnly: 0, p: 1 }, 110, 0.05);
  assert.equal(none.ofSeenGain, 0.05);
  assert.ok(Number.isFinite(none.detectableGain));
});

Deno.test("normalCdf(), normalQuantile() and fairBinomialCdf() have the tables' values", () => {
  near(normalCdf(-1.96), 0.0249979, 1e-7);
  near(normalCdf(0.5), 0.69146246, 1e-7);
  near(normalQuantile(0.975), 1.95996398, 1e-6);
  near(fairBinomialCdf(1, 3), 0.5, 1e-12);
  assert.equal(fairBinomialCdf(-1, 3), 0);
  assert.equal(fairBinomialCdf(3, 3), 1);
  near(fairBinomialCdf(2000, 4000), 0.506307, 1e-5);
});
