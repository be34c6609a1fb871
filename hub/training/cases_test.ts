import assert from "node:assert/strict";
import { encode } from "@aisle/shared/features";
import { parseParams } from "../params.ts";
import type { TextModel } from "../model/text_model.ts";
import { scoresOf } from "./out_of_fold.ts";
import { readCase } from "./testing/case_folder.ts";
import type { TrainRow } from "./train_input.ts";
import { trainText } from "./train_text.ts";

/** Weighted F1 on the test rows that default params must reach. */
const BARS = { flipkart: 0.935, fashion10k: 0.983, pricerunner: 0.987 } as const;
const cases = Deno.env.get("AISLE_CASES");

function weightedF1(model: TextModel, rows: readonly TrainRow[]): number {
  const { offsets, indices, weights } = encode(model.spec, rows.map((row) => row.text));
  const classes = model.classes.length;
  const predicted = Int32Array.from(rows, (_, r) => {
    const scores = Float64Array.from(model.bias);
    for (let i = offsets[r]!; i < offsets[r + 1]!; i++) {
      for (let k = 0; k < classes; k++) {
        scores[k]! += weights[i]! * model.weights[indices[i]! * classes + k]!;
      }
    }
    return scores.indexOf(Math.max(...scores));
  });
  const labels = Int32Array.from(rows, (row) => model.classes.indexOf(row.code));
  return scoresOf(predicted, labels, classes).weightedF1;
}

for (const [name, bar] of Object.entries(BARS)) {
  const why = cases === undefined ? " (ignored: AISLE_CASES names no folder of cases)" : "";
  Deno.test({
    name: `trainText() reaches weighted F1 ${bar} on ${name}${why}`,
    ignore: cases === undefined,
    fn: async () => {
      const file = new URL("../../params.yaml", import.meta.url);
      const params = parseParams(await Deno.readTextFile(file));
      const read = (part: string) =>
        readCase(
          `${name}/${part}`,
          params.text.titleRepeat,
          async (key) => (await Deno.open(`${cases}/${key}`)).readable,
        );
      const run = trainText({ rows: await read("train"), params, warm: null, resume: null }, {
        signal: new AbortController().signal,
        nowMs: () => performance.now(),
      });
      let next = await run.next();
      while (!next.done) next = await run.next();
      const { model } = next.value;
      const f1 = weightedF1(model, await read("test"));
      assert.ok(f1 >= bar, `weighted F1 ${f1}`);
      assert.ok(Math.abs(model.oof.weightedF1 - f1) < 0.03, "out-of-fold misleads");
    },
  });
}
