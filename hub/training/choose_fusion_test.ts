import assert from "node:assert/strict";
import { rng } from "@aisle/shared/random";
import { fitHead, fitLate, type FusionRows } from "../model/fusion.ts";
import { chooseCascade } from "./cascade.ts";
import { chooseFusion, type FusionChoice, type FusionOptions } from "./choose_fusion.ts";

const OPTIONS: FusionOptions = {
  folds: 5,
  seed: 1,
  ridges: [30, 300],
  stacks: [0.3],
  dropout: 0.1,
  maxHeadClasses: 50,
};

/** Log-probabilities of branches that point at the true class with these strengths. */
function rowsOf(
  options: { count: number; text: number; image: number; twist?: boolean },
): FusionRows {
  const { count, twist = false } = options, classes = 4, random = rng(11);
  const labels = Int32Array.from({ length: count }, () => Math.floor(random() * classes));
  const branch = (strength: number, shift: number) => {
    const logs = new Float32Array(count * classes);
    labels.forEach((label, row) => {
      const z = Array.from(
        { length: classes },
        (_, k) => strength * (k === (label + shift) % classes ? 1 : 0) + 3 * random(),
      );
      const log = Math.log(z.reduce((sum, x) => sum + Math.exp(x), 0));
      z.forEach((x, k) => logs[row * classes + k] = x - log);
    });
    return logs;
  };
  return {
    classes,
    text: branch(options.text, 0),
    image: branch(options.image, twist ? 1 : 0),
    labels,
  };
}
const groupsOf = (rows: FusionRows) => Array.from(rows.labels, (_, row) => `g${row}`);
function choose(rows: FusionRows, options = OPTIONS): FusionChoice {
  for (const work = chooseFusion(rows, groupsOf(rows), options);;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

Deno.test("chooseFusion() joins two branches that both know something", () => {
  const rows = rowsOf({ count: 400, text: 1.5, image: 1.5 });
  const { chosen, trials } = choose(rows);
  assert.ok(chosen !== null);
  assert.ok(chosen.fusion.imageWeight > 0.5);
  const [text, late] = trials;
  assert.ok(late!.weightedF1 > text!.weightedF1 + 0.05);
});

Deno.test("chooseFusion() keeps to the text where the picture knows nothing", () => {
  const rows = rowsOf({ count: 400, text: 2.5, image: 0 });
  const { chosen, trials } = choose(rows);
  if (chosen !== null) assert.ok(trials[1]!.weightedF1 > trials[0]!.weightedF1);
  const late = fitLate(rows, Int32Array.from(rows.labels, (_, r) => r));
  assert.ok(Math.abs(late.imageWeight) < late.textWeight / 5, String(late.imageWeight));
});

Deno.test("chooseFusion() takes a richer way only where classes must listen to others", () => {
  // The picture points at the class after the true one: two weights cannot use it
  const twisted = choose(rowsOf({ count: 600, text: 1, image: 4, twist: true }));
  assert.match(twisted.chosen!.name, /^(head|stack)/);
  // A head that its ridge holds to two weights is no better than these
  const plain = choose(rowsOf({ count: 100, text: 1.5, image: 1.5 }), {
    ...OPTIONS,
    ridges: [1e7],
  });
  assert.equal(plain.chosen!.name, "late");
});

Deno.test("chooseFusion() does not depend on chance outside its seed, and needs two groups", () => {
  const rows = rowsOf({ count: 200, text: 1, image: 2 });
  assert.deepEqual(choose(rows), choose(rows));
  const one = chooseFusion(rows, Array.from(rows.labels, () => "same"), OPTIONS).next();
  assert.equal((one.value as FusionChoice).chosen, null);
});

Deno.test("fitHead() becomes two weights as its ridge grows", () => {
  const rows = rowsOf({ count: 200, text: 1, image: 2 });
  const all = Int32Array.from(rows.labels, (_, row) => row);
  const work = fitHead(rows, all, fitLate(rows, all), {
    ridge: 1e9,
    dropout: 0.1,
    seed: 1,
    steps: 40,
  });
  let step = work.next();
  while (!step.done) step = work.next();
  const { texts, images, bias } = step.value.head!;
  for (const w of [...texts, ...images, ...bias]) assert.ok(Math.abs(w) < 1e-3);
});

Deno.test("chooseCascade() skips pictures only as far as nothing more than the loss let pass is lost", () => {
  const labels = Int32Array.from({ length: 100 }, () => 0);
  // The text is right in the 60 surest rows, then wrong; both together are right always
  const text = {
    predicted: labels.map((_, row) => row < 60 ? 0 : 1),
    confidence: Float64Array.from({ length: 100 }, (_, row) => 1 - row / 200),
  };
  const fused = { predicted: labels, confidence: new Float64Array(100).fill(0.9) };
  const strict = chooseCascade(text, fused, { labels, classes: 2 }, { maxLoss: 0, keepGain: 0 });
  assert.deepEqual([strict.skipped, strict.confidence], [0.6, text.confidence[59]]);
  const loose = chooseCascade(text, fused, { labels, classes: 2 }, { maxLoss: 0.05, keepGain: 0 });
  assert.equal(loose.skipped, 0.65);
  // Pictures gain .4; nine tenths of that must be left
  const kept = chooseCascade(text, fused, { labels, classes: 2 }, { maxLoss: 1, keepGain: 0.9 });
  assert.equal(kept.skipped, 0.64);
  const wrong = { ...text, predicted: labels.map(() => 1) };
  assert.deepEqual(
    chooseCascade(wrong, fused, { labels, classes: 2 }, { maxLoss: 0.005, keepGain: 0 }),
    {
      confidence: null,
      skipped: 0,
    },
  );
});
