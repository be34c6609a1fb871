import assert from "node:assert/strict";
import type { Evaluation } from "../evaluation/evaluation.ts";
import { cardMarkdown } from "./card_markdown.ts";
import { modelCard, type ModelCardInput } from "./model_card.ts";
import { cardManifest, storedEvaluation } from "./stored.ts";

const DIGEST = "a".repeat(64);
const interval = { low: 0.8, high: 0.9 };

const EVALUATION: Evaluation = {
  format: "aisle-evaluation/1",
  bundle: DIGEST,
  gold: "b".repeat(64),
  runtime: "wasm",
  rows: 100,
  scores: { accuracy: 0.85, weightedF1: 0.85, macroF1: 0.7 },
  intervals: { accuracy: interval, weightedF1: interval, macroF1: interval },
  majority: { code: "10", accuracy: 0.4 },
  classes: [
    {
      code: "10",
      known: true,
      rows: 60,
      predicted: 60,
      right: 55,
      precision: 0.92,
      recall: 0.92,
      f1: 0.92,
    },
    {
      code: "20",
      known: true,
      rows: 30,
      predicted: 12,
      right: 10,
      precision: 0.8,
      recall: 0.33,
      f1: 0.47,
    },
    { code: "30", known: false, rows: 10, predicted: 0, right: 0, precision: 0, recall: 0, f1: 0 },
  ],
  confusion: [],
  calibration: { bins: [], ece: 0.03, chanceQuantiles: Array(101).fill(0.02) },
  coverage: [{
    precision: 0.95,
    confidence: 0.6,
    accepted: 66,
    right: 63,
    coverage: 0.66,
    achieved: 0.955,
    achievedLow: 0.9,
    achievedHigh: 0.99,
  }],
  latency: { samples: 10, p50Ms: 1.5, p95Ms: 2.5 },
  leaks: { trainedRows: 900, rows: 0, ids: [] },
  predictions: [],
  options: { calibrationBins: 15, bootstraps: 100, seed: 1 },
};

const INPUT: ModelCardInput = {
  catalogue: { name: "shop", title: "The <b>shop</b>" },
  model: {
    digest: DIGEST,
    version: 3,
    createdAt: "2026-01-01T00:00:00.000Z",
    sizeBytes: 2_000_000,
    manifest: {
      kind: "text",
      classes: ["10", "20"],
      decision: { autoPrecision: 0.95, confidence: 0.6 },
      golden: [{ designation: "Lampe | de *bureau*", description: "" }],
    },
  },
  aliases: ["champion"],
  names: new Map([["10", "Lamps"], ["20", "Toys"]]),
  dataset: {
    digest: "c".repeat(64),
    parent: null,
    rows: 1000,
    classes: { "10": 600, "20": 400 },
    setAside: 7,
    createdAt: "2026-01-01T00:00:00.000Z",
    feedback: 42,
  },
  evaluation: EVALUATION,
  verdict: null,
  run: { id: "r1", by: "ann", codeVersion: null, device: "cpu", params: { "text.c": 1 } },
  intendedUse: "For the shop's own listings.",
};

Deno.test("modelCard() tells use, signature, data, figures by class and limits", () => {
  const card = modelCard(INPUT);
  assert.equal(card.intendedUse[0], "For the shop's own listings.");
  assert.match(card.intendedUse[2]!, /from 60 % confidence on .* 95 % of those were right/);
  assert.deepEqual(card.signature.inputs.map((field) => field.name), [
    "designation",
    "description",
  ]);
  assert.deepEqual(card.classes.map(({ name, dataRows, goldRows }) => [name, dataRows, goldRows]), [
    ["Lamps", 600, 60],
    ["Toys", 400, 30],
    ["30", 0, 10],
  ]);
  const limits = card.limits.join("\n");
  assert.match(limits, /1 classes are in the gold rows and unknown to it.*: 30\./);
  assert.match(limits, /misses more than half of 1 classes: Toys \(20\)\./);
  assert.match(limits, /1 classes have fewer than 20 gold rows.*: 30\./);
  assert.match(limits, /between 80\.0 % and 90\.0 %/);
  assert.match(limits, /7 rows of the source were set aside/);
  assert.doesNotMatch(limits, /flatter|no better/);
});

Deno.test("a model that was not judged, or badly, says so", () => {
  assert.deepEqual(modelCard({ ...INPUT, evaluation: null }).limits, [
    "It was never judged on gold rows: how good it is, nobody knows.",
  ]);
  const bad = modelCard({
    ...INPUT,
    evaluation: {
      ...EVALUATION,
      scores: { ...EVALUATION.scores, accuracy: 0.4 },
      leaks: { trainedRows: 900, rows: 5, ids: [] },
    },
  });
  assert.match(bad.limits[0]!, /5 of the 100 rows it was judged on also trained it/);
  assert.match(bad.limits[1]!, /no better than always answering 10/);
  const shy = modelCard({
    ...INPUT,
    model: {
      ...INPUT.model,
      manifest: { ...INPUT.model.manifest, decision: { autoPrecision: 0.95, confidence: null } },
    },
  });
  assert.match(shy.intendedUse.join(), /Every answer is for a person to review/);
});

Deno.test("cardMarkdown() shows what users wrote as text, on one line of its table", () => {
  const markdown = cardMarkdown(modelCard(INPUT));
  assert.match(markdown, /^# The &lt;b\\>shop&lt;\/b\\>, version 3$/m);
  assert.match(markdown, /^Example: Lampe \\\| de \\\*bureau\\\*$/m);
  assert.match(markdown, /^\| Toys \(20\) \| 400 \| 30 \| 80\.0 % \| 33\.0 % \| 47\.0 % \|$/m);
  assert.match(markdown, /66\.0 % can be accepted automatically at 95\.0 % precision/);
  assert.match(markdown, /42 rows came from feedback, 7 were set aside/);
  assert.doesNotMatch(markdown, /<b>/);
});

Deno.test("stored JSON of another kind makes no card, and no error", () => {
  assert.equal(cardManifest({ format: "other" }), null);
  assert.equal(cardManifest({ ...INPUT.model.manifest, more: 1 })?.kind, "text");
  assert.equal(storedEvaluation({ accuracy: 1 }), null);
  assert.equal(storedEvaluation(EVALUATION)?.rows, 100);
});
