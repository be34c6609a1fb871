import assert from "node:assert/strict";
import fc from "fast-check";
import { confidences } from "@aisle/shared/bundle";
import { parseParams } from "../params.ts";
import { modelToBytes } from "../model/model_bytes.ts";
import { strideOf } from "../model/fit_place.ts";
import { likelyLabelErrors } from "./label_errors.ts";
import { readCase } from "./testing/case_folder.ts";
import { madeUpProducts } from "./testing/made_up_products.ts";
import { plantErrors } from "./testing/planted_errors.ts";
import type { TrainRow } from "./train_input.ts";
import { type Trained, trainText } from "./train_text.ts";

const PARAMS = parseParams(
  await Deno.readTextFile(new URL("../../params.yaml", import.meta.url)),
);

async function train(rows: readonly TrainRow[], minConfidence = 0.9): Promise<Trained> {
  const params = {
    ...PARAMS,
    train: { ...PARAMS.train, labelErrorConfidence: minConfidence },
  };
  const run = trainText({ rows, params, warm: null, resume: null }, {
    signal: new AbortController().signal,
    nowMs: () => performance.now(),
  });
  for (;;) {
    const next = await run.next();
    if (next.done) return next.value;
  }
}

/** How much of what was planted is listed, and how much of what is listed was planted. */
function found({ labelErrors }: Trained, planted: ReadonlySet<number>) {
  const hits = labelErrors.filter(({ row }) => planted.has(row)).length;
  return { recall: hits / planted.size, precision: hits / labelErrors.length };
}

Deno.test("trainText() lists most of the wrong labels planted in a catalogue, and little else", async () => {
  const clean = madeUpProducts({ rows: 1000, classes: 8, words: 10 });
  const { rows, planted } = plantErrors(clean, 0.05);
  const trained = await train(rows);
  const { recall, precision } = found(trained, planted);
  assert.ok(recall > 0.7, `recall ${recall}`);
  assert.ok(precision > 0.95, `precision ${precision}`);
  for (const { row, code, likely } of trained.labelErrors) {
    assert.equal(code, rows[row]!.code);
    if (planted.has(row)) assert.equal(likely, clean[row]!.code);
  }
});

Deno.test("trainText() lists label errors worst first, fewer for a higher bar, and none for 1", async () => {
  const { rows } = plantErrors(madeUpProducts({ rows: 400, classes: 5, words: 10 }), 0.1);
  const [low, high, none] = [await train(rows, 0.5), await train(rows, 0.9), await train(rows, 1)];
  const sure = low.labelErrors.map(({ confidence }) => confidence);
  assert.deepEqual(sure, sure.toSorted((a, b) => b - a));
  assert.deepEqual(high.labelErrors, low.labelErrors.filter((e) => e.confidence > 0.9));
  assert.ok(high.labelErrors.length > 0 && high.labelErrors.length < low.labelErrors.length);
  assert.deepEqual(none.labelErrors, []);
});

Deno.test("trainText() gives the same model whatever the bar of label errors", async () => {
  const { rows } = plantErrors(madeUpProducts({ rows: 200, classes: 4 }), 0.1);
  const [low, high] = [await train(rows, 0.5), await train(rows, 0.95)];
  assert.deepEqual(modelToBytes(low.model), modelToBytes(high.model));
});

Deno.test("trainText() lists no label errors where no row is scored out-of-fold, or none has text", async () => {
  const row = (text: string, code: string) => ({ text, code, group: `${text} ${code}` });
  const one = madeUpProducts({ rows: 20, classes: 2 }).map((r) => ({ ...r, group: "one" }));
  assert.deepEqual((await train(one, 0.5)).labelErrors, []);
  const bare = Array.from({ length: 60 }, (_, i) => ({
    ...row("", i % 20 === 0 ? "rare" : "common"),
    group: `${i}`,
  }));
  assert.deepEqual((await train(bare, 0.5)).labelErrors, []);
});

Deno.test("trainText() works where every label is chance, and lists few label errors", async () => {
  const clean = madeUpProducts({ rows: 300, classes: 3 });
  const { rows } = plantErrors(clean, 0.667);
  assert.ok((await train(rows)).labelErrors.length <= 3);
});

Deno.test("likelyLabelErrors() never lists a row whose code is the first guess, nor one below the bar", () => {
  const score = fc.float({ min: -2, max: 2, noNaN: true });
  const made = fc.integer({ min: 2, max: 6 }).chain((classes) =>
    fc.record({
      classes: fc.constant(classes),
      held: fc.array(
        fc.record({
          scores: fc.array(score, { minLength: classes, maxLength: classes }),
          label: fc.integer({ min: 0, max: classes - 1 }),
        }),
        { maxLength: 20 },
      ),
      bar: fc.double({ min: 0, max: 1, noNaN: true }),
      a: fc.double({ min: 0.05, max: 50, noNaN: true }),
      b: fc.double({ min: -30, max: 30, noNaN: true }),
    })
  );
  fc.assert(fc.property(made, ({ classes, held, bar, a, b }) => {
    const stride = strideOf(classes), calibration = { a, b };
    const scores = new Float32Array(held.length * stride);
    held.forEach((row, i) => scores.set(row.scores, i * stride));
    const labels = Int32Array.from(held, (row) => row.label);
    const rows = Int32Array.from(held, (_, i) => held.length - 1 - i);
    const names = Array.from({ length: classes }, (_, k) => `c${k}`);
    const listed = likelyLabelErrors(
      { rows, scored: { scores, stride, classes, labels } },
      { texts: held.map(() => "text"), classes: names },
      calibration,
      bar,
    );
    const byRow = new Map(listed.map((error) => [error.row, error]));
    assert.equal(byRow.size, listed.length);
    held.forEach((row, i) => {
      const p = new Float64Array(classes);
      confidences(scores, calibration, p, i * stride);
      const best = row.scores.indexOf(Math.max(...row.scores));
      const error = byRow.get(rows[i]!);
      assert.equal(error !== undefined, best !== row.label && p[best]! > bar);
      if (error === undefined) return;
      assert.deepEqual(
        [error.code, error.likely, error.confidence, error.codeConfidence],
        [names[row.label], names[best], p[best], p[row.label]],
      );
    });
  }));
});

const cases = Deno.env.get("AISLE_CASES");
for (const name of ["flipkart", "fashion10k", "pricerunner"]) {
  const why = cases === undefined ? " (ignored: AISLE_CASES names no folder of cases)" : "";
  Deno.test({
    name:
      `trainText() finds wrong labels planted in ${name}, and lists few rows without them${why}`,
    ignore: cases === undefined,
    fn: async () => {
      const clean = await readCase(
        `${name}/train`,
        PARAMS.text.titleRepeat,
        async (key) => (await Deno.open(`${cases}/${key}`)).readable,
      );
      const asIs = await train(clean);
      assert.ok(asIs.labelErrors.length < 0.05 * asIs.model.oof.rows);
      const { rows, planted } = plantErrors(clean, 0.05);
      const { recall, precision } = found(await train(rows), planted);
      console.log(
        `${name}: ${asIs.labelErrors.length} of ${asIs.model.oof.rows} rows listed; of planted errors ` +
          `${recall.toFixed(3)} found, ${precision.toFixed(3)} of those listed are planted`,
      );
      assert.ok(recall > 0.5 && precision > 0.8);
    },
  });
}
