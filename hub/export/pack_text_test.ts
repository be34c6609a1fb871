import assert from "node:assert/strict";
import * as native from "onnxruntime-node";
import { bundleDigest, confidences, verify } from "@aisle/shared/bundle";
import { encode, productText } from "@aisle/shared/features";
import {
  createPredictor,
  openPredictor,
  type OrtLike,
  ortRuntime,
  type Predictor,
  readWasmBinary,
} from "@aisle/shared/serving";
import type { TextModel } from "../model/text_model.ts";
import { packText } from "./pack_text.ts";
import { TINY_PACKING, tinyModel } from "./testing/tiny_model.ts";
import { unpackText } from "./unpack_text.ts";

const wasmBinary = await readWasmBinary();
const goldenUrl = (weights: string) =>
  new URL(`../../tests/golden/tiny_${weights}.bundle`, import.meta.url);
const packed = (model: TextModel, weights: "int8" | "float32") =>
  packText(model, {
    ...TINY_PACKING,
    params: { ...TINY_PACKING.params, export: { weights, goldenSamples: 8 } },
  });
const products = Array.from({ length: 40 }, (_, i) => ({
  designation: `Produit n°${i} ${"été ".repeat(i % 5)}`,
  description: i % 3 === 0 ? "" : `Description <b>${i * 37}</b> &eacute; ${"mot ".repeat(i)}`,
}));

Deno.test("packText() gives the golden bytes: write tests/golden anew only when the format is meant to change", async () => {
  for (const weights of ["int8", "float32"] as const) {
    const golden = await Deno.readFile(goldenUrl(weights));
    assert.equal(bundleDigest(packed(tinyModel(), weights)), bundleDigest(golden), weights);
  }
});

Deno.test("packText() gives the same digest for the same model, another for any other input", () => {
  const base = bundleDigest(packText(tinyModel(), TINY_PACKING));
  assert.equal(bundleDigest(packText(tinyModel(), TINY_PACKING)), base);
  const { provenance } = TINY_PACKING;
  for (
    const other of [
      packText(tinyModel({ seed: 2 }), TINY_PACKING),
      packText(tinyModel(), { ...TINY_PACKING, provenance: { ...provenance, device: "gpu" } }),
      packText(tinyModel(), {
        ...TINY_PACKING,
        provenance: { ...provenance, data: "4".repeat(64) },
      }),
      packText({ ...tinyModel(), calibration: { a: 3, b: -0.49 } }, TINY_PACKING),
    ]
  ) assert.notEqual(bundleDigest(other), base);
});

/** Confidences straight from the model's float32 weights in double precision: what the trainer means. */
function trainerConfidences(
  model: Pick<TextModel, "weights" | "bias" | "spec" | "classes">,
): Float64Array {
  const classes = model.classes.length;
  const out = new Float64Array(products.length * classes);
  products.forEach((product, r) => {
    const { indices, weights } = encode(model.spec, [productText(model.spec, product)]);
    const scores = Float64Array.from(model.bias);
    indices.forEach((bucket, i) => {
      for (let k = 0; k < classes; k++) {
        scores[k]! += weights[i]! * model.weights[bucket * classes + k]!;
      }
    });
    confidences(scores, tinyModel().calibration, out.subarray(r * classes, (r + 1) * classes));
  });
  return out;
}

function largestDifference(a: Float64Array, b: Float64Array): number {
  return a.reduce((most, p, i) => Math.max(most, Math.abs(p - b[i]!)), 0);
}

async function predictors(bytes: Uint8Array<ArrayBuffer>): Promise<[Predictor, Predictor]> {
  const bundle = verify(bytes, bundleDigest(bytes));
  return [
    await createPredictor(bundle, { wasmBinary }),
    await openPredictor(bundle, ortRuntime("native", native as unknown as OrtLike)),
  ];
}

Deno.test("trainer, native runtime and wasm agree within float32 rounding", async () => {
  const model = tinyModel();
  const [wasm, node] = await predictors(packed(model, "float32"));
  const expected = trainerConfidences(model);
  assert.ok(largestDifference(await wasm.confidencesOf(products), expected) < 2e-6);
  assert.ok(largestDifference(await node.confidencesOf(products), expected) < 2e-6);
  await wasm[Symbol.asyncDispose]();
  await node[Symbol.asyncDispose]();
});

Deno.test("int8 weights round no weight by more than half a step of its row", async () => {
  const model = tinyModel();
  const bytes = packed(model, "int8");
  const rounded = unpackText(verify(bytes, null));
  const classes = model.classes.length;
  for (let from = 0; from < model.weights.length; from += classes) {
    const row = model.weights.subarray(from, from + classes);
    const step = Math.max(...row.map(Math.abs)) / 127;
    row.forEach((w, k) => {
      assert.ok(Math.abs(w - rounded.weights[from + k]!) <= step / 2 + 1e-7);
    });
  }
  // And what is served is exactly what the rounded weights say
  const [wasm, node] = await predictors(bytes);
  const expected = trainerConfidences(rounded);
  assert.ok(largestDifference(await wasm.confidencesOf(products), expected) < 2e-6);
  assert.ok(largestDifference(await node.confidencesOf(products), expected) < 2e-6);
  await wasm[Symbol.asyncDispose]();
  await node[Symbol.asyncDispose]();
});

Deno.test("unpackText() gives float32 weights back bit by bit", () => {
  const model = tinyModel();
  const back = unpackText(verify(packed(model, "float32"), null));
  assert.deepEqual(back, {
    classes: [...model.classes],
    spec: model.spec,
    weights: model.weights,
    bias: model.bias,
  });
});

Deno.test("packText() leaves out buckets without weights and opens even when none has any", async () => {
  const model = tinyModel({ used: 0 });
  const bytes = packText(model, TINY_PACKING);
  const bundle = verify(bytes, null);
  assert.equal(bundle.manifest.model.rows, 1);
  await using predictor = await createPredictor(bundle, { wasmBinary });
  assert.equal((await predictor.selfTest()).ok, true);
  assert.ok(packText(tinyModel({ used: 0.9 }), TINY_PACKING).length > bytes.length + 2000);
});

Deno.test("packText() keeps codes byte for byte and states priors by class", () => {
  const { manifest } = verify(packText(tinyModel(), TINY_PACKING), null);
  assert.deepEqual(manifest.classes, ["0060", "10", "Jeux, d'occasion", "Été"]);
  assert.deepEqual(manifest.reference.prior, [0.4, 0.3, 0.2, 0.1]);
  assert.deepEqual(manifest.decision, { autoPrecision: 0.95, confidence: 0.7 });
});

Deno.test("packText() carries no run id, date, figure or signature", () => {
  const { manifest } = verify(packText(tinyModel(), TINY_PACKING), null);
  assert.deepEqual(Object.keys(manifest).sort(), [
    "calibration",
    "classes",
    "decision",
    "features",
    "files",
    "format",
    "golden",
    "kind",
    "model",
    "provenance",
    "reference",
    "thresholds",
  ]);
  assert.deepEqual(Object.keys(manifest.provenance).sort(), ["code", "data", "device", "params"]);
});

Deno.test("packText() refuses weights that are no numbers", () => {
  const model = tinyModel();
  model.weights[5] = NaN;
  assert.throws(() => packText(model, TINY_PACKING), /a weight is no finite number/);
  const bias = Float32Array.of(0, 0, Infinity, 0);
  assert.throws(() => packText({ ...tinyModel(), bias }, TINY_PACKING), /a bias is no finite/);
});

Deno.test("golden samples let as many classes win as can, and use every part of the road", () => {
  const { golden } = verify(packText(tinyModel(), TINY_PACKING), null).manifest;
  const winners = new Set(golden.map((g) => g.confidences.indexOf(Math.max(...g.confidences))));
  assert.ok(winners.size >= 3, `${winners.size} classes`);
  assert.ok(golden.some((g) => g.description === ""));
  assert.ok(golden.some((g) => g.designation === ""));
  assert.ok(golden.some((g) => /[^\x20-\x7e]/.test(g.designation + g.description)));
  assert.ok(golden.some((g) => g.description.length > 500));
});
