import assert from "node:assert/strict";
import fc from "fast-check";
import { classMetrics, confusion, countAll, intern, scoresOf } from "./metrics.ts";

const close = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-12, `${a} is not ${b}`);
const score = (truth: string[], guesses: string[]) => scoresOf(countAll(intern(truth, guesses)));

Deno.test("scoresOf() counts as by hand: accuracy, weighted and macro F1", () => {
  // a: 3 rows, 2 right, guessed 3 times -> F1 2*2/6; b: 2 rows, 1 right, guessed twice -> 1/2; c: 1 row, never guessed -> 0;
  // d: guessed once, no row -> 0
  const found = score(["a", "a", "a", "b", "b", "c"], ["a", "a", "b", "b", "a", "d"]);
  close(found.accuracy, 3 / 6);
  close(found.weightedF1, (3 * (4 / 6) + 2 * 0.5) / 6);
  close(found.macroF1, (4 / 6 + 0.5) / 4);
});

Deno.test("scoresOf() agrees with scikit-learn 1.2 on a fixed sample with an unknown class", () => {
  // accuracy_score and f1_score(average=..) of these very lists
  const truth = "a b c a b c a a d e b c a".split(" "),
    guesses = "a b a a c c b a a d b c e".split(" ");
  const found = score(truth, guesses);
  close(found.accuracy, 7 / 13);
  close(found.weightedF1, 0.5384615384615384);
  close(found.macroF1, 0.3866666666666666);
});

Deno.test("scoresOf() gives zeros without rows", () => {
  assert.deepEqual(score([], []), { accuracy: 0, weightedF1: 0, macroF1: 0 });
});

Deno.test("classMetrics() gives precision, recall and F1 by class, and 0 where a class is never guessed", () => {
  const interned = intern(["a", "a", "a", "b"], ["a", "a", "c", "a"]);
  assert.deepEqual(classMetrics(interned.codes, countAll(interned)), [
    { code: "a", rows: 3, predicted: 3, right: 2, precision: 2 / 3, recall: 2 / 3, f1: 4 / 6 },
    { code: "b", rows: 1, predicted: 0, right: 0, precision: 0, recall: 0, f1: 0 },
    { code: "c", rows: 0, predicted: 1, right: 0, precision: 0, recall: 0, f1: 0 },
  ]);
});

Deno.test("confusion() lists the filled cells by class, then guess", () => {
  const interned = intern(["b", "a", "a", "b", "a"], ["a", "a", "b", "a", "a"]);
  assert.deepEqual(confusion(interned), [[0, 0, 2], [0, 1, 1], [1, 0, 2]]);
});

Deno.test("scoresOf() does not depend on the order of the rows, and is 1 exactly when all are right", () => {
  const row = fc.tuple(
    fc.constantFrom("a", "b", "c", "0060"),
    fc.constantFrom("a", "b", "c", "0060"),
  );
  fc.assert(fc.property(fc.array(row, { minLength: 1 }), (rows) => {
    const one = score(rows.map(([t]) => t), rows.map(([, g]) => g));
    const back = rows.toReversed();
    assert.deepEqual(score(back.map(([t]) => t), back.map(([, g]) => g)), one);
    const perfect = rows.every(([t, g]) => t === g);
    assert.equal(one.accuracy === 1, perfect);
    if (perfect) close(one.macroF1, 1);
    assert.ok(one.weightedF1 >= 0 && one.weightedF1 <= 1 + 1e-12);
  }));
});
