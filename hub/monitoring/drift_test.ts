import assert from "node:assert/strict";
import { rng } from "@aisle/shared/random";
import { addInput, type InputFacts, noInputs } from "@aisle/shared/inputs";
import { noSums, type TelemetrySums } from "../registry/telemetry_sums.ts";
import { type Comparison, comparisonsOf, findDrift } from "./drift.ts";

const PARAMS = { minValues: 200, significance: 0.01, warning: 0.1, critical: 0.25, release: 0.8 };

/** `n` draws from `shares`, counted. */
function drawn(shares: readonly number[], n: number, random: () => number): number[] {
  const counts = shares.map(() => 0);
  const sum = shares.reduce((a, b) => a + b);
  for (let i = 0; i < n; i++) {
    let left = random() * sum, k = 0;
    while (k < shares.length - 1 && (left -= shares[k]!) >= 0) k++;
    counts[k]!++;
  }
  return counts;
}

/** Six comparisons like those of a catalogue of 27 classes, drawn from `expected` and `observed` shares. */
function drawAll(
  n: number,
  random: () => number,
  observed: (shares: readonly number[]) => readonly number[] = (shares) => shares,
): Comparison[] {
  return [20, 27, 17, 10, 2, 16].map((bins, i) => {
    const shares = Array.from({ length: bins }, (_, k) => 1 / (1 + k));
    return {
      what: `c${i}`,
      area: "inputs",
      buckets: shares.map(String),
      expected: drawn(shares, 5000, random),
      observed: drawn(observed(shares), n, random),
    };
  });
}

const severities = (comparisons: readonly Comparison[]) =>
  findDrift(comparisons, {}, PARAMS).map((f) => f.severity);

Deno.test("findDrift() cries wolf in at most one look of a hundred, on few values and on many", () => {
  const random = rng(7), looks = 200;
  for (const n of [200, 1000]) {
    let cries = 0;
    for (let look = 0; look < looks; look++) {
      if (severities(drawAll(n, random)).some((s) => s !== "none")) cries++;
    }
    // Significance 1 %: more than 6 of 200 would be chance in one of 200 seeds.
    assert.ok(cries <= 6, `${cries} of ${looks} looks at ${n} values`);
  }
});

Deno.test("findDrift() finds a planted drift in each comparison in nine looks of ten", () => {
  const random = rng(11), looks = 40;
  // Half of the first bucket's share moves to the last one.
  const moved = (shares: readonly number[]) =>
    shares.map((s, k) => k === 0 ? s / 2 : k === shares.length - 1 ? s + shares[0]! / 2 : s);
  const found = [0, 0, 0, 0, 0, 0];
  for (let look = 0; look < looks; look++) {
    severities(drawAll(400, random, moved)).forEach((s, i) => found[i]! += s === "none" ? 0 : 1);
  }
  assert.ok(found.every((times) => times >= 0.9 * looks), found.join(", "));
});

Deno.test("findDrift() says nothing of few values and keeps a severity through small changes", () => {
  const comparison = (observed: number[]): Comparison => ({
    what: "classes",
    area: "predictions",
    buckets: ["a", "b"],
    expected: [500, 500],
    observed,
  });
  const [few] = findDrift([comparison([100, 20])], {}, PARAMS);
  assert.deepEqual([few!.n, few!.psi, few!.severity], [120, null, "none"]);
  const weak = comparison([3550, 6450]);
  const [fresh] = findDrift([weak], {}, PARAMS);
  const [kept] = findDrift([weak], { classes: "warning" }, PARAMS);
  assert.ok(fresh!.psi! > 0.08 && fresh!.psi! < 0.1, String(fresh!.psi));
  assert.deepEqual([fresh!.severity, kept!.severity], ["none", "warning"]);
});

Deno.test("comparisonsOf() compares all that the bundle tells of, and less with an older bundle", () => {
  const facts: InputFacts = { designation: "mug", description: "", unknown: 0.1, pictureBytes: 9 };
  const inputs = noInputs();
  addInput(inputs, facts);
  const reference = { prior: [0.5, 0.5], confidence: new Array<number>(20).fill(1) };
  const sums: TelemetrySums = { ...noSums(), codes: { b: 3, gone: 1 }, inputs };
  const old = comparisonsOf({ classes: ["a", "b"], reference }, sums);
  assert.deepEqual(old.map((c) => c.what), ["confidence"]);
  const all = comparisonsOf({
    classes: ["a", "b"],
    reference: { ...reference, predicted: [4, 4], inputs },
  }, sums);
  assert.deepEqual(all.map((c) => c.what), [
    "confidence",
    "classes",
    "text.length",
    "text.unseen",
    "pictures.share",
    "pictures.bytes",
  ]);
  assert.deepEqual(all[1]!.observed, [0, 3]);
  for (const { buckets, expected, observed } of all) {
    assert.equal(expected.length, observed.length);
    assert.equal(expected.length, buckets.length);
  }
});
