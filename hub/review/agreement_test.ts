import assert from "node:assert/strict";
import fc from "fast-check";
import { agreementOf } from "./agreement.ts";

const repeat = (n: number, a: string, b: string) =>
  Array.from({ length: n }, (): [string, string] => [a, b]);

Deno.test("agreementOf() gives the kappa of a table worked out by hand", () => {
  // 20 both yes, 15 both no, 5 and 10 apart: observed .7, expected .5 * .6 + .5 * .4 = .5
  const pairs = [
    ...repeat(20, "yes", "yes"),
    ...repeat(5, "yes", "no"),
    ...repeat(10, "no", "yes"),
    ...repeat(15, "no", "no"),
  ];
  const found = agreementOf(pairs);
  assert.ok(Math.abs(found.observed - 0.7) < 1e-12 && Math.abs(found.expected - 0.5) < 1e-12);
  assert.ok(Math.abs(found.kappa! - 0.4) < 1e-12);
  assert.ok(found.low! < 0.4 && found.high! > 0.4);
});

Deno.test("agreementOf() says nothing of no pair, nor of two who know one word only", () => {
  assert.equal(agreementOf([]).kappa, null);
  assert.equal(agreementOf(repeat(9, "a", "a")).kappa, null);
});

Deno.test("agreementOf() is at most 1, holds its kappa in the interval, and does not care who was first", () => {
  const code = fc.constantFrom("a", "b", "c");
  fc.assert(fc.property(fc.array(fc.tuple(code, code), { minLength: 1 }), (pairs) => {
    const found = agreementOf(pairs);
    const turned = agreementOf(pairs.map(([a, b]) => [b, a] as const));
    if (found.kappa === null) return assert.equal(turned.kappa, null);
    assert.ok(found.kappa <= 1 + 1e-12);
    assert.ok(found.low! <= found.kappa + 1e-12 && found.kappa <= found.high! + 1e-12);
    assert.ok(Math.abs(turned.kappa! - found.kappa) < 1e-12);
  }));
});
