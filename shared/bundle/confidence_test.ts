import assert from "node:assert/strict";
import fc from "fast-check";
import { confidences } from "./confidence.ts";

const of = (scores: number[], a = 1, b = 0) => {
  const out = new Float64Array(scores.length);
  confidences(scores, { a, b }, out);
  return [...out];
};
const near = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-12, `${a} is not ${b}`);

Deno.test("confidences() are normalised sigmoids, as by hand", () => {
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  const [p, q] = of([1, -2], 2, 0.5);
  const sum = sigmoid(2.5) + sigmoid(-3.5);
  near(p!, sigmoid(2.5) / sum);
  near(q!, sigmoid(-3.5) / sum);
});

Deno.test("confidences() add up to 1 and keep the order of the scores, however extreme", () => {
  const score = fc.double({ min: -1e4, max: 1e4, noNaN: true });
  fc.assert(fc.property(fc.array(score, { minLength: 1, maxLength: 30 }), (scores) => {
    const found = of(scores, 3, -1);
    near(found.reduce((sum, p) => sum + p, 0), 1);
    const best = scores.indexOf(Math.max(...scores));
    assert.equal(Math.max(...found), found[best]);
  }));
});

Deno.test("confidences() tells far-off scores apart where every sigmoid underflows", () => {
  const [p, q] = of([-2000, -2001]);
  near(p! / q!, Math.E);
});

Deno.test("confidences() of one class is 1", () => assert.deepEqual(of([-5]), [1]));

Deno.test("confidences() reads one row of many", () => {
  const out = new Float64Array(2);
  confidences([9, 9, 9, 1, -2], { a: 2, b: 0.5 }, out, 3);
  assert.deepEqual([...out], of([1, -2], 2, 0.5));
});
