import assert from "node:assert/strict";
import fc from "fast-check";
import { contradicted, disagreement, drifted, labelError, lowMargin } from "./reasons.ts";

const guess = (code: string, confidence: number) => ({ code, confidence });
const share = fc.double({ min: 0, max: 1, noNaN: true });

Deno.test("every reason scores from 0 to 1 and says why", () => {
  fc.assert(fc.property(share, share, share, (a, b, bound) => {
    const reasons = [
      lowMargin([guess("a", Math.max(a, b)), guess("b", Math.min(a, b))]),
      disagreement(guess("a", a), guess("b", b)),
      labelError(guess("a", a), guess("b", b)),
      contradicted("a", guess("b", b), "user@edge-1"),
      drifted(a, bound, null),
    ];
    for (const why of reasons) {
      if (why === null) continue;
      assert.ok(why.score >= 0 && why.score <= 1, JSON.stringify(why));
      assert.ok(why.detail.length > 0);
    }
  }));
});

Deno.test("lowMargin() is highest where two guesses are equal and nothing where one is sure", () => {
  assert.equal(lowMargin([guess("a", 0.4), guess("b", 0.4)])!.score, 1);
  assert.equal(lowMargin([guess("a", 1), guess("b", 0)])!.score, 0);
  assert.equal(lowMargin([]), null);
});

Deno.test("disagreement() is none where both say the same, and strongest where both are sure", () => {
  assert.equal(disagreement(guess("a", 0.9), guess("a", 0.2)), null);
  assert.equal(disagreement(guess("a", 0.9), undefined), null);
  assert.ok(disagreement(guess("a", 0.9), guess("b", 0.9))!.score > 0.89);
});

Deno.test("drifted() looks at words first, then at the class", () => {
  assert.match(drifted(0.8, 0.5, "class")!.detail, /80 %/);
  assert.equal(drifted(0.4, 0.5, "class")!.detail, "class");
  assert.equal(drifted(null, 0.5, null), null);
});
