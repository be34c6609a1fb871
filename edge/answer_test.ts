import assert from "node:assert/strict";
import { Prediction } from "@aisle/shared/contract";
import { answerOf, type Naming } from "./answer.ts";
import type { Scored } from "./model_port.ts";

const NAMING: Naming = {
  digest: "a".repeat(64),
  classes: ["10", "20"],
  names: new Map([["20", "Toys"]]),
  fit: "contain",
};
const share = (contribution: number) => ({ contribution, margin: null });
const SCORED: Scored = {
  top: [{ index: 1, confidence: 0.75 }, { index: 0, confidence: 0.25 }],
  confidence: 0.75,
  decision: "review",
  route: "fused",
  picture: "used",
  branches: {
    text: null,
    image: { index: 0, confidence: 0.5 },
    fused: { index: 1, confidence: 0.75 },
  },
};

Deno.test("answerOf() names classes, those without a name by their code, and leaves out what was not asked", () => {
  const answer = answerOf(SCORED, NAMING);
  assert.deepEqual(answer.top.map(({ code, label }) => [code, label]), [["20", "Toys"], [
    "10",
    "10",
  ]]);
  assert.deepEqual(Object.keys(answer.branches), ["image", "fused"]);
  assert.equal("why" in answer || "heatmap" in answer || "pictureProblem" in answer, false);
});

Deno.test("answerOf() gives an answer that fits the contract, why and heat map included", () => {
  const answer = answerOf({
    ...SCORED,
    texts: { designation: "un jouet", description: "" },
    why: {
      first: 1,
      second: null,
      score: share(0.5),
      bias: share(0.1),
      words: [{
        word: "jouet",
        count: 1,
        places: [{ field: "designation", start: 3, end: 8 }],
        ...share(0.4),
      }],
      rest: { words: 1, ...share(0) },
      ngrams: [{ kind: "words", text: "jouet", ...share(0.4) }],
    },
    heatmap: {
      first: 1,
      width: 2,
      height: 1,
      values: [1 / 3, 1],
      contributions: [1, 3],
      constant: 0,
      score: 4,
    },
  }, NAMING);
  const sent = Prediction.parse(
    JSON.parse(JSON.stringify({ requestId: "r", catalogue: "demo", ...answer })),
  );
  assert.deepEqual([sent.why?.code, sent.why?.against], ["20", null]);
  assert.deepEqual(sent.heatmap, { fit: "contain", width: 2, height: 1, values: [0.333, 1] });
});

Deno.test("answerOf() refuses a class that the bundle does not have", () => {
  const top = [{ index: 2, confidence: 1 }];
  assert.throws(() => answerOf({ ...SCORED, top }, NAMING), RangeError);
  assert.throws(() => answerOf({ ...SCORED, top: [] }, NAMING), RangeError);
});
