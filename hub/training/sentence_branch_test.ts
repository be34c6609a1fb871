import assert from "node:assert/strict";
import { rng } from "@aisle/shared/random";
import { sentenceScores } from "../model/sentence_head.ts";
import { fitSentenceBranch, type SentenceBranch } from "./sentence_branch.ts";

const CLASSES = 3, COUNT = 150, DIMS = 4;
const labels = Int32Array.from({ length: COUNT }, (_, row) => row % CLASSES);
const all = Array.from(labels.keys());
const folds = [0, 1, 2].map((f) => ({
  train: Int32Array.from(all.filter((row) => Math.floor(row / 3) % 3 !== f)),
  held: Int32Array.from(all.filter((row) => Math.floor(row / 3) % 3 === f)),
}));

/** Vectors that know the class, or are noise; scores of n-grams that know a little. */
function fit(knows: boolean): SentenceBranch {
  const random = rng(5);
  const values = Float32Array.from({ length: COUNT * DIMS }, (_, i) => {
    const row = Math.floor(i / DIMS), own = i % DIMS === labels[row]!;
    return random() + (knows && own ? 0.8 : 0);
  });
  const rows = Int32Array.from(folds.flatMap(({ held }) => [...held]));
  const scores = Float32Array.from({ length: COUNT * CLASSES }, (_, i) => {
    const own = i % CLASSES === labels[rows[Math.floor(i / CLASSES)]!]!;
    return random() - 0.8 + (own ? 0.4 : 0);
  });
  const work = fitSentenceBranch({
    sentences: { encoder: { id: "e", name: "hf:tiny", dims: DIMS }, values },
    labels,
    classes: CLASSES,
    folds,
    heldOut: {
      rows,
      scored: {
        scores,
        stride: CLASSES,
        classes: CLASSES,
        labels: rows.map((row) => labels[row]!),
      },
    },
    seed: 1,
  });
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

/** Share of rows whose best score is that of their class. */
function accuracy({ heldOut: { scored } }: SentenceBranch): number {
  let right = 0;
  scored.labels.forEach((label, row) => {
    const own = [...scored.scores.subarray(row * CLASSES, (row + 1) * CLASSES)];
    if (own.indexOf(Math.max(...own)) === label) right++;
  });
  return right / COUNT;
}

Deno.test("fitSentenceBranch() joins an encoder that knows more than the n-grams", () => {
  const found = fit(true), without = fit(false);
  assert.ok(found.head !== null && found.weight > 0);
  assert.ok(found.loss.both < found.loss.ngrams);
  assert.ok(accuracy(found) > accuracy(without) + 0.05, `${accuracy(found)}`);
  assert.equal(found.head.weights.length, DIMS * CLASSES);
  const vector = new Float32Array(DIMS);
  vector[1] = 2;
  const scores = [...sentenceScores(found.head, vector)];
  assert.equal(scores.indexOf(Math.max(...scores)), 1);
});

Deno.test("fitSentenceBranch() leaves out an encoder that knows nothing", () => {
  const found = fit(false);
  assert.equal(found.head, null);
  assert.equal(found.weight, 0);
});
