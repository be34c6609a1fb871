import assert from "node:assert/strict";
import { rng, shuffle } from "@aisle/shared/random";
import { verify } from "@aisle/shared/bundle";
import { createPredictor, readWasmBinary } from "@aisle/shared/serving";
import type { ProductRow } from "../data/row.ts";
import { packText } from "../export/pack_text.ts";
import { TINY_PACKING, tinyModel } from "../export/testing/tiny_model.ts";
import { parseParams } from "../params.ts";
import { evaluateBundle, evaluatePair, goldDigest } from "./evaluate.ts";
import { Evaluation, headlineMetrics } from "./evaluation.ts";
import { gate } from "./gate.ts";
import { findLeaks } from "./leaks.ts";

const all = parseParams(await Deno.readTextFile(new URL("../../params.yaml", import.meta.url)));
const params = { ...all.evaluate, bootstraps: 50, latencySamples: 5 };
const wasmBinary = await readWasmBinary();
const open = (seed = 1) =>
  createPredictor(verify(packText(tinyModel({ seed }), TINY_PACKING), null), { wasmBinary });
/** Every reading is half a millisecond after the one before: each try takes that long. */
const clock = (() => {
  let ms = 0;
  return () => ms += 0.5;
})();

function rowOf(id: string, designation: string, code: string): ProductRow {
  return {
    id,
    designation,
    description: "",
    code,
    productId: "",
    imageId: "",
    image: "",
    picture: "",
    origin: "raw",
  };
}

/** Rows labelled by the model itself, but for every fifth, which has the next class, and one of an unknown code. */
async function goldRows(count = 300): Promise<ProductRow[]> {
  await using predictor = await open();
  const bare = Array.from({ length: count }, (_, i) => rowOf(`r${i}`, `produit ${i} ${i * 7}`, ""));
  const scored = await predictor.predict(bare.map((row) => ({ ...row, picture: null })));
  return bare.map((row, i) => {
    const best = scored[i]!.top[0]!.index;
    const code = predictor.classes[i % 5 === 0 ? (best + 1) % predictor.classes.length : best]!;
    return { ...row, code: i === 1 ? "unheard of" : code };
  });
}
const gold = await goldRows();

Deno.test("evaluateBundle() scores every row through the predictor and keeps each guess with its id", async () => {
  await using predictor = await open();
  const trained = [rowOf("t1", "something else", "10")];
  const found = await evaluateBundle(predictor, gold, { params, clock, trained });
  assert.deepEqual(Evaluation.parse(JSON.parse(JSON.stringify(found))), found);
  assert.equal(found.bundle, predictor.digest);
  assert.equal(found.scores.accuracy, (300 - 60 - 1) / 300);
  assert.equal(found.predictions.length, 300);
  assert.equal(new Set(found.predictions.map((p) => p.id)).size, 300);
  assert.deepEqual(found.classes.filter((c) => !c.known).map((c) => c.code), ["unheard of"]);
  assert.deepEqual(found.leaks, { trainedRows: 1, rows: 0, ids: [] });
  assert.equal(found.majority.code, "0060");
  assert.deepEqual(found.latency, { samples: 5, p50Ms: 0.5, p95Ms: 0.5 });
  assert.ok(found.intervals.accuracy.low < found.scores.accuracy);
  assert.ok(found.intervals.accuracy.high > found.scores.accuracy);
  assert.equal(gate(found, null, all.gate).accept, true);
});

Deno.test("evaluateBundle() gives the same figures whatever the order of the rows", async () => {
  await using predictor = await open();
  const one = await evaluateBundle(predictor, gold, { params, clock });
  const other = await evaluateBundle(predictor, shuffle([...gold], rng(4)), { params, clock });
  assert.deepEqual({ ...other, latency: one.latency }, {
    ...one,
    // Confidences may move by float32 rounding: a row's company in its run is another
    calibration: other.calibration,
    predictions: other.predictions,
  });
  other.predictions.forEach((p, i) => {
    assert.equal(p.id, one.predictions[i]!.id);
    assert.equal(p.predicted, one.predictions[i]!.predicted);
    assert.ok(Math.abs(p.confidence - one.predictions[i]!.confidence) < 1e-6);
  });
});

Deno.test("evaluateBundle() finds training rows among the gold rows, by id and by text", async () => {
  await using predictor = await open();
  const trained = [
    rowOf("r7", "another text", "10"),
    rowOf("t2", `  <b>PRODUIT</b>   9&nbsp;63 `, "10"),
    rowOf("t3", "harmless", "10"),
  ];
  const found = await evaluateBundle(predictor, gold, { params, clock, trained });
  assert.deepEqual(found.leaks, { trainedRows: 3, rows: 2, ids: ["r7", "r9"] });
  assert.equal(gate(found, null, all.gate).accept, false);
});

Deno.test("findLeaks() finds a gold row whose picture trained, unless that is a placeholder", () => {
  const [one, other, same] = ["p1", "p2", "p1"].map((picture, i) => ({
    ...rowOf(`g${i}`, `gold ${i}`, "10"),
    picture,
  }));
  const trained = [{ ...rowOf("t1", "another text", "10"), picture: "p1" }, rowOf("t2", "x", "10")];
  const bare = rowOf("g9", "gold 9", "10");
  assert.deepEqual(findLeaks([one!, other!, same!, bare], trained, new Set()), {
    trainedRows: 2,
    rows: 2,
    ids: ["g0", "g2"],
  });
  assert.equal(findLeaks([one!, other!, same!, bare], trained, new Set(["p1"])).rows, 0);
});

Deno.test("evaluateBundle() of no rows gives an evaluation that no gate accepts", async () => {
  await using predictor = await open();
  const found = await evaluateBundle(predictor, [], { params, clock, trained: [] });
  Evaluation.parse(JSON.parse(JSON.stringify(found)));
  assert.equal(gate(found, null, all.gate).accept, false);
});

Deno.test("evaluatePair() judges both on the same rows and measures them in turns", async () => {
  await using candidate = await open(1);
  await using champion = await open(2);
  const order: string[] = [];
  const spy = (name: string, predictor: typeof candidate) =>
    new Proxy(predictor, {
      get(target, key) {
        if (key === "predict") {
          return (products: Parameters<typeof target.predict>[0]) => {
            if (products.length === 1) order.push(name);
            return target.predict(products);
          };
        }
        const value = Reflect.get(target, key) as unknown;
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  const pair = await evaluatePair(
    { candidate: spy("a", candidate), champion: spy("b", champion) },
    gold,
    { params, clock, trained: [], championTrained: [] },
  );
  assert.equal(pair.candidate.gold, pair.champion.gold);
  assert.equal(order.slice(0, 12).join(""), "abababbababa");
  const verdict = gate(pair.candidate, pair.champion, all.gate);
  assert.equal(verdict.accept, true);
  assert.equal(gate(pair.champion, pair.candidate, all.gate).accept, false);
});

Deno.test("evaluateBundle() tells its progress", async () => {
  await using predictor = await open();
  const told: number[] = [];
  await evaluateBundle(predictor, gold, { params, clock, onProgress: (done) => told.push(done) });
  assert.deepEqual(told, [256, 300]);
});

Deno.test("goldDigest() names rows whatever their order, and changes with any content", () => {
  assert.equal(goldDigest(gold.toReversed()), goldDigest(gold));
  assert.notEqual(goldDigest(gold.slice(1)), goldDigest(gold));
  assert.notEqual(goldDigest(gold.with(3, { ...gold[3]!, code: "x" })), goldDigest(gold));
});

Deno.test("headlineMetrics() names figures that release documents can carry", async () => {
  await using predictor = await open();
  const metrics = headlineMetrics(await evaluateBundle(predictor, gold, { params, clock }));
  assert.equal(metrics["goldRows"], 300);
  assert.ok("coverageAt95" in metrics && "precisionAt99" in metrics && "weightedF1" in metrics);
  assert.ok(Object.values(metrics).every(Number.isFinite));
});
