import assert from "node:assert/strict";
import fc from "fast-check";
import { chiSquared, chiSquaredTail, jensenShannon, populationStability } from "./histograms.ts";

const bins = (length: number) =>
  fc.array(fc.nat(500), { minLength: length, maxLength: length }).filter((a) =>
    a.some((n) => n > 0)
  );
const pair = fc.integer({ min: 2, max: 12 }).chain((length) =>
  fc.tuple(bins(length), bins(length))
);
const close = (a: number, b: number, tolerance = 1e-9) =>
  assert.ok(Math.abs(a - b) <= tolerance, `${a} is not ${b}`);

Deno.test("populationStability() and jensenShannon() are symmetric and never negative", () => {
  fc.assert(fc.property(pair, ([a, b]) => {
    close(populationStability(a, b), populationStability(b, a));
    close(jensenShannon(a, b), jensenShannon(b, a));
    assert.ok(populationStability(a, b) >= 0 && jensenShannon(a, b) >= 0);
    assert.ok(jensenShannon(a, b) <= 1);
  }));
});

Deno.test("equal histograms are no distance apart, and no test tells them apart", () => {
  fc.assert(fc.property(bins(8), (a) => {
    assert.equal(populationStability(a, a), 0);
    close(jensenShannon(a, a), 0);
    close(jensenShannon(a, a.map((n) => n * 3)), 0);
    const test = chiSquared(a, a);
    if (test !== null) assert.deepEqual([test.statistic, test.p], [0, 1]);
  }));
});

Deno.test("jensenShannon() of disjoint histograms is 1, populationStability() is finite", () => {
  close(jensenShannon([5, 0], [0, 7]), 1);
  assert.ok(Number.isFinite(populationStability([1000, 0], [0, 1000])));
});

Deno.test("chiSquared() does not care which sample comes first, and leaves no row out", () => {
  fc.assert(fc.property(pair, ([a, b]) => {
    const test = chiSquared(a, b), turned = chiSquared(b, a);
    assert.equal(test === null, turned === null);
    if (test === null || turned === null) return;
    close(test.statistic, turned.statistic, 1e-6);
    assert.ok(test.p >= 0 && test.p <= 1 && test.df >= 1);
  }));
});

// By hand: 2 x (7.5^2 / 37.5 + 5^2 / 45 + 2.5^2 / 17.5); with 2 degrees of freedom the tail is exp(-x / 2).
Deno.test("chiSquared() is what it is by hand of a table of 2 x 3", () => {
  const test = chiSquared([30, 50, 20], [45, 40, 15])!;
  close(test.statistic, 4.8254, 1e-4);
  assert.equal(test.df, 2);
  close(test.p, Math.exp(-test.statistic / 2), 1e-12);
});

Deno.test("chiSquaredTail() agrees with tables of the distribution", () => {
  for (
    const [x, df, p] of [[3.841459, 1, 0.05], [18.30704, 10, 0.05], [37.56623, 20, 0.01], [
      124.3421,
      100,
      0.05,
    ], [0.001, 5, 0.9999999946]] as const
  ) close(chiSquaredTail(x, df), p, 1e-6);
  assert.equal(chiSquaredTail(0, 3), 1);
});
