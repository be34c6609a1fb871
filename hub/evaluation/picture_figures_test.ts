import assert from "node:assert/strict";
import * as native from "onnxruntime-node";
import { goldenPictureFile, verify } from "@aisle/shared/bundle";
import { sha256 } from "@aisle/shared/hash";
import { pictureReader } from "@aisle/shared/images";
import { readPictureBinaries, wasmDecoder } from "@aisle/shared/images_wasm";
import {
  createPredictor,
  openPredictor,
  type OrtLike,
  ortRuntime,
  type Predictor,
  readWasmBinary,
} from "@aisle/shared/serving";
import type { ProductRow } from "../data/row.ts";
import { packFused } from "../export/pack_fused.ts";
import { tinyEncoder, tinyFused } from "../export/testing/tiny_fused.ts";
import { TINY_PACKING, tinyModel } from "../export/testing/tiny_model.ts";
import { parseParams } from "../params.ts";
import { evaluateBundle } from "./evaluate.ts";
import { Evaluation, headlineMetrics } from "./evaluation.ts";
import { gate } from "./gate.ts";
import { pictureRules } from "./picture_rules.ts";
import { reportHtml } from "./report_html.ts";

const all = parseParams(await Deno.readTextFile(new URL("../../params.yaml", import.meta.url)));
const params = { ...all.evaluate, bootstraps: 50, latencySamples: 3 };
const runtime = ortRuntime("native", native as unknown as OrtLike);
const readPixels = pictureReader(wasmDecoder(await readPictureBinaries()));
const text = tinyModel();
const cascade = 0.6;
const bundle = verify(
  await packFused(text, tinyFused(text, { cascade }), {
    ...TINY_PACKING,
    encoder: tinyEncoder(),
    handmade: null,
    open: async (onnx) => {
      const session = await runtime.openFull(onnx);
      return (inputs) => session.run({ ...inputs, rows: 1 }, ["image", "fused"]);
    },
  }),
  null,
);
const files = new Map<string, Uint8Array<ArrayBuffer>>();
const rows: ProductRow[] = Array.from({ length: 60 }, (_, i) => {
  const file = goldenPictureFile({ seed: i, width: 20, height: 20 });
  const digest = sha256(file);
  if (i % 7 !== 3) files.set(digest, i % 7 === 5 ? file.slice(0, 50) : file);
  return {
    id: `r${i}`,
    designation: `produit ${i} ${i * 7}`,
    description: "",
    code: text.classes[i % 4]!,
    productId: "",
    imageId: "",
    image: "",
    picture: digest,
    origin: "raw",
  };
});
const read = (row: ProductRow) => Promise.resolve(files.get(row.picture) ?? null);
async function evaluated(edge: Predictor | null): Promise<Evaluation> {
  await using predictor = await openPredictor(bundle, runtime, { readPixels });
  const pictures = { read, edge, sample: 10 };
  return Evaluation.parse(
    await evaluateBundle(predictor, rows, {
      params,
      clock: () => performance.now(),
      pictures,
      trained: [],
    }),
  );
}

Deno.test("evaluateBundle() judges what is served, and each branch beside it", async () => {
  await using edge = await createPredictor(bundle, {
    wasmBinary: await readWasmBinary(),
    readPixels,
  });
  const evaluation = await evaluated(edge);
  const { use, rows: both, branches, skipped, agreement, latency } = evaluation.pictures!;
  assert.equal(use.none + use.used + use.skipped + use.invalid, 60);
  assert.equal(use.none, rows.filter((_, i) => i % 7 === 3).length);
  assert.equal(use.invalid, rows.filter((_, i) => i % 7 === 5).length);
  assert.equal(both, use.used + use.skipped);
  assert.ok(use.skipped > 0 && use.used > 0);
  assert.ok(Math.abs(skipped - use.skipped / both) < 1e-12);
  assert.ok(agreement!.rows === 10 && agreement!.maxDifference < 1e-4);
  assert.ok(latency.samples > 0);
  // Served is what an edge answers, the cascade on
  const products = await Promise.all(
    rows.map(async (row) => ({ ...row, picture: await read(row) })),
  );
  const answers = await edge.predict(products);
  const byId = new Map(evaluation.predictions.map((p) => [p.id, p]));
  rows.forEach((row, i) => {
    const { predicted, route, confidence } = byId.get(row.id)!;
    assert.equal(predicted, text.classes[answers[i]!.top[0]!.index]);
    assert.equal(route, answers[i]!.route);
    assert.ok(Math.abs(confidence - answers[i]!.confidence) < 1e-4);
  });
  const metrics = headlineMetrics(evaluation);
  assert.equal(metrics["fusedWeightedF1"], branches.fused.weightedF1);
  assert.equal(metrics["picturesSkipped"], skipped);
  const verdict = gate(evaluation, null, all.gate);
  assert.ok(verdict.rules.some((rule) => rule.id === "runtimes-agree" && rule.ok));
  assert.match(reportHtml({ title: "t", evaluation, verdict }), /Text and picture/);
});

Deno.test("pictureRules() refuse a cascade that loses for sure, and runtimes that differ", async () => {
  const evaluation = await evaluated(null), pictures = evaluation.pictures!;
  const failing = (changes: Partial<typeof pictures>) =>
    pictureRules({ ...evaluation, pictures: { ...pictures, ...changes } })
      .filter((rule) => !rule.ok && rule.severity === "error").map((rule) => rule.id);
  const loss = { value: -0.05, low: -0.08, high: -0.02 };
  assert.deepEqual(
    failing({ cascade: { ...pictures.cascade, accuracy: loss, weightedF1: loss } }),
    ["cascade-loss"],
  );
  const luck = { value: -0.05, low: -0.12, high: 0.01 };
  assert.deepEqual(
    failing({ cascade: { ...pictures.cascade, accuracy: luck, weightedF1: luck } }),
    [],
  );
  const agreement = { runtime: "wasm", rows: 5, maxDifference: 0.2, otherGuesses: 0 };
  assert.deepEqual(failing({ agreement }), ["runtimes-agree"]);
});
