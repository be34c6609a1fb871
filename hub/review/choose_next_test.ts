import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type Candidate,
  chooseNext,
  REVIEW_REASONS,
  type ReviewMix,
  similarity,
  wordsOf,
} from "./choose_next.ts";

const MIX: ReviewMix = {
  "low-margin": 4,
  disagreement: 2,
  "label-error": 2,
  contradicted: 1,
  drifted: 1,
};
const words = fc.array(fc.constantFrom(..."abcdefghijkl"), { maxLength: 8 })
  .map((list) => new Set(list));
const candidates = fc.uniqueArray(
  fc.record<Candidate>({
    id: fc.uuid(),
    kind: fc.constantFrom(...REVIEW_REASONS),
    priority: fc.double({ min: 0, max: 1, noNaN: true }),
    words,
  }),
  { selector: ({ id }) => id, maxLength: 40 },
);
const candidate = (
  id: string,
  kind: Candidate["kind"],
  text: string,
  priority = 0.5,
): Candidate => ({
  id,
  kind,
  priority,
  words: wordsOf({ designation: text, description: "" }),
});

Deno.test("chooseNext() gives each at most once and as many as there are, whatever the order they come in", () => {
  fc.assert(fc.property(candidates, fc.nat(50), fc.nat(), (given, n, seed) => {
    const options = { n, mix: MIX, seed };
    const chosen = chooseNext(given, options);
    assert.equal(chosen.length, Math.min(n, given.length));
    assert.equal(new Set(chosen).size, chosen.length);
    assert.deepEqual(chooseNext(given.toReversed(), options), chosen);
  }));
});

Deno.test("chooseNext() goes on where it stopped: the first of many are those of few", () => {
  fc.assert(fc.property(candidates, fc.nat(20), fc.nat(20), (given, n, more) => {
    const few = chooseNext(given, { n, mix: MIX, seed: 1 });
    assert.deepEqual(chooseNext(given, { n: n + more, mix: MIX, seed: 1 }).slice(0, n), few);
  }));
});

Deno.test("chooseNext() keeps the mix where there is enough of everything, over several calls too", () => {
  const given = REVIEW_REASONS.flatMap((kind) =>
    Array.from({ length: 40 }, (_, i) => candidate(`${kind}-${i}`, kind, `${kind}${i} only${i}`))
  );
  const chosen = chooseNext(given, { n: 20, mix: MIX, seed: 3 });
  const by = new Map(given.map((one) => [one.id, one]));
  const recent = chosen.map((id) => by.get(id)!);
  const rest = given.filter(({ id }) => !chosen.includes(id));
  const all = [...chosen, ...chooseNext(rest, { n: 20, mix: MIX, seed: 3, recent })];
  for (const ids of [chosen, all]) {
    const shares = REVIEW_REASONS.map((kind) =>
      ids.filter((id) => by.get(id)!.kind === kind).length
    );
    assert.deepEqual(shares, [4, 2, 2, 1, 1].map((weight) => weight * ids.length / 10));
  }
});

Deno.test("chooseNext() gives one of fifty near-duplicates before something else, however sure they are", () => {
  const same = Array.from(
    { length: 50 },
    (_, i) =>
      candidate(`same-${i}`, "low-margin", `red garden lamp with solar panel number ${i}`, 0.99),
  );
  const others = Array.from(
    { length: 9 },
    (_, i) => candidate(`other-${i}`, "low-margin", `thing${i} of${i} its${i} own${i}`, 0.2),
  );
  const chosen = chooseNext([...same, ...others], { n: 10, mix: MIX, seed: 1 });
  assert.equal(chosen.filter((id) => id.startsWith("same")).length, 1);
});

Deno.test("chooseNext() leaves no share to a kind without weight while others have something", () => {
  const only = { ...MIX, drifted: 0 };
  const given = [candidate("d", "drifted", "x", 1), candidate("m", "low-margin", "y", 0)];
  assert.deepEqual(chooseNext(given, { n: 2, mix: only, seed: 1 }), ["m", "d"]);
});

Deno.test("similarity() is symmetric, 1 for the same words and 0 for none in common", () => {
  fc.assert(fc.property(words, words, (a, b) => {
    assert.equal(similarity(a, b), similarity(b, a));
    assert.equal(similarity(a, a), a.size === 0 ? 0 : 1);
    if (a.isDisjointFrom(b)) assert.equal(similarity(a, b), 0);
  }));
});
