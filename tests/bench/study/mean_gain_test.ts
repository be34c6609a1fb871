import assert from "node:assert/strict";
import { meanGain } from "./mean_gain.ts";

const options = { replicates: 200, seed: 1, significance: 0.05 };

Deno.test("the mean gain of equal guesses is 0, its interval too", () => {
  const codes = ["a", "b", "a", "b"], same = [["a", "a", "a", "b"]];
  assert.deepEqual(meanGain(codes, same, same, options), { value: 0, low: 0, high: 0 });
});

Deno.test("the mean gain is the mean of each cross-validation's, inside its interval", () => {
  const codes = Array.from({ length: 40 }, (_, i) => "abcd"[i % 4]!);
  const wrong = codes.map((code, i) => i % 8 === 0 ? "b" : code);
  const one = meanGain(codes, [codes], [wrong], options).value;
  const { value, low, high } = meanGain(codes, [codes, codes], [wrong, codes], options);
  assert.ok(Math.abs(value - one / 2) < 1e-12);
  assert.ok(low <= value && value <= high && low < high);
});
