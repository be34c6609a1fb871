import assert from "node:assert/strict";
import { verify } from "@aisle/shared/bundle";
import { createPredictor, readWasmBinary } from "@aisle/shared/serving";
import { countAll, intern, scoresOf } from "../evaluation/metrics.ts";
import { parseParams } from "../params.ts";
import { readCase } from "../training/testing/case_folder.ts";
import { trainText } from "../training/train_text.ts";
import { packText } from "./pack_text.ts";
import { TINY_PACKING } from "./testing/tiny_model.ts";

const params = parseParams(await Deno.readTextFile(new URL("../../params.yaml", import.meta.url)));
const cases = Deno.env.get("AISLE_CASES");
const why = cases === undefined ? " (ignored: AISLE_CASES names no folder of cases)" : "";

for (const name of ["flipkart", "fashion10k", "pricerunner"]) {
  Deno.test({
    name: `int8 halves the bundle of ${name} and costs at most .1 points of weighted F1${why}`,
    ignore: cases === undefined,
    fn: async () => {
      const rowsOf = (part: string) =>
        readCase(
          `${name}/${part}`,
          params.text.titleRepeat,
          async (key) => (await Deno.open(`${cases}/${key}`)).readable,
        );
      const signal = new AbortController().signal, nowMs = () => performance.now();
      const run = trainText({ rows: await rowsOf("train"), params, warm: null, resume: null }, {
        signal,
        nowMs,
      });
      let step = await run.next();
      while (!step.done) step = await run.next();
      const { model } = step.value, test = await rowsOf("test");
      const wasmBinary = await readWasmBinary();
      const score = async (weights: "int8" | "float32") => {
        const exporting = { ...params.export, weights };
        const bytes = packText(model, {
          ...TINY_PACKING,
          params: { export: exporting, evaluate: params.evaluate },
        });
        await using predictor = await createPredictor(verify(bytes, null), { wasmBinary });
        assert.equal((await predictor.selfTest()).ok, true);
        // A case's text is made already; as a title alone it is taken as it is
        const scored = await predictor.predict(
          test.map((row) => ({ designation: row.text, description: "" })),
        );
        const guesses = scored.map(({ top }) => predictor.classes[top[0]!.index]!);
        const { weightedF1 } = scoresOf(countAll(intern(test.map((row) => row.code), guesses)));
        console.log(
          `${name} ${weights}: ${bytes.length} bytes, weighted F1 ${weightedF1.toFixed(4)}`,
        );
        return { sizeBytes: bytes.length, weightedF1 };
      };
      const rounded = await score("int8"), exact = await score("float32");
      assert.ok(rounded.weightedF1 >= exact.weightedF1 - 0.001);
      assert.ok(rounded.sizeBytes < exact.sizeBytes / 2);
    },
  });
}
