import assert from "node:assert/strict";
import fc from "fast-check";
import { parseParams } from "../params.ts";
import { gate } from "./gate.ts";
import type { LeftOut } from "./one_source.ts";
import { evaluationOf, plantedRows } from "./testing/planted.ts";
import { Verdict } from "./verdict.ts";

const params = parseParams(
  await Deno.readTextFile(new URL("../../params.yaml", import.meta.url)),
).gate;

/** Evaluations on the same rows, each right where a draw is below its accuracy. */
const of = (accuracy: number, n = 200) => evaluationOf(plantedRows(n, accuracy));
const source = (changes: Partial<LeftOut> = {}): LeftOut => ({
  name: "eve@edge-1",
  rows: 60,
  share: 0.6,
  without: null,
  ownGold: new Set(),
  keepGain: 0.2,
  ...changes,
});
const found = (
  candidate: ReturnType<typeof of>,
  champion: ReturnType<typeof of>,
  leftOut: readonly LeftOut[],
) => {
  const verdict = gate(candidate, champion, params, leftOut);
  Verdict.parse(JSON.parse(JSON.stringify(verdict)));
  return { verdict, rule: verdict.rules.find(({ id }) => id === "one-source") };
};

Deno.test("one-source: a gain that stays when a heavy source is left out passes, with its numbers told", () => {
  const { verdict, rule } = found(of(0.9), of(0.7), [source({ without: of(0.86) })]);
  assert.equal(verdict.accept, true);
  assert.equal(rule!.ok, true);
  assert.ok(rule!.numbers["eve@edge-1: gain"]! > rule!.numbers["eve@edge-1: gainWithout"]!);
});

Deno.test("one-source: a gain that vanishes when a source is left out is stopped and explained", () => {
  const { verdict, rule } = found(of(0.9), of(0.7), [source({ without: of(0.71) })]);
  assert.equal(verdict.accept, false);
  assert.match(rule!.message, /the gain vanishes without eve@edge-1 \(60 new rows, 60\.0 %/);
});

Deno.test("one-source: what makes the candidate worse is stopped even where the whole still gains", () => {
  const { verdict, rule } = found(of(0.8), of(0.7), [source({ without: of(0.95) })]);
  assert.equal(verdict.accept, false);
  assert.match(rule!.message, /makes the candidate worse/);
});

Deno.test("one-source: nobody is his own judge: a gain on gold rows of the source alone is none", () => {
  const champion = plantedRows(200, 0.8);
  const own = champion.slice(0, 60).map(({ id }) => id);
  const candidate = champion.map((row, i) =>
    i < 60
      ? { ...row, predicted: row.code }
      : i % 9 === 0
      ? { ...row, predicted: row.code === "10" ? "40" : "10" }
      : row
  );
  const [ours, theirs] = [evaluationOf(candidate), evaluationOf(champion)];
  assert.ok(ours.scores.weightedF1 >= theirs.scores.weightedF1 - 0.02);
  const { rule } = found(ours, theirs, [source({ share: 1, ownGold: new Set(own) })]);
  assert.equal(rule!.ok, false);
  assert.match(rule!.message, /gains only on gold rows that eve@edge-1/);
  assert.equal(rule!.numbers["eve@edge-1: judges"], 140);
});

Deno.test("one-source: the only source of new rows passes where others' gold confirms the gain", () => {
  const own = plantedRows(20, 1).map(({ id }) => id);
  const { verdict } = found(of(0.9), of(0.7), [source({ share: 1, ownGold: new Set(own) })]);
  assert.equal(verdict.accept, true);
});

Deno.test("one-source: without enough gold rows of others nobody can confirm it", () => {
  const own = plantedRows(190, 1).map(({ id }) => id);
  const { rule } = found(of(0.9), of(0.7), [source({ ownGold: new Set(own) })]);
  assert.match(rule!.message, /only 10 gold rows are not of eve@edge-1/);
});

Deno.test("one-source: sources that change nothing never stop a candidate that the gate accepts", () => {
  const accuracy = fc.double({ min: 0.5, max: 1, noNaN: true });
  fc.assert(
    fc.property(accuracy, accuracy, fc.nat(3), (a, b, n) => {
      const candidate = of(a, 120), champion = of(b, 120);
      const alone = gate(candidate, champion, params);
      const leftOut = Array.from({ length: n }, () => source({ without: candidate }));
      const { verdict, rule } = found(candidate, champion, leftOut);
      assert.equal(rule === undefined, n === 0 || alone.comparison === null);
      if (alone.accept) assert.equal(verdict.accept, true);
    }),
    { numRuns: 30 },
  );
});
