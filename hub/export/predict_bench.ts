/**
 * Times of serving: products a second and milliseconds of one product, in wasm (as an edge) and native.
 *
 * One thread and nothing to wait for, so that time is CPU time.
 *
 * @module
 */
import * as native from "onnxruntime-node";
import { verify } from "@aisle/shared/bundle";
import {
  createPredictor,
  openPredictor,
  type OrtLike,
  ortRuntime,
  readWasmBinary,
} from "@aisle/shared/serving";
import { packText } from "./pack_text.ts";
import { TINY_PACKING, tinyModel } from "./testing/tiny_model.ts";

const classes = Array.from({ length: 27 }, (_, i) => String(i));
const bytes = packText(tinyModel({ classes, hashBits: 18, used: 0.9 }), TINY_PACKING);
const bundle = verify(bytes, null);
const predictors = {
  wasm: await createPredictor(bundle, { wasmBinary: await readWasmBinary() }),
  native: await openPredictor(bundle, ortRuntime("native", native as unknown as OrtLike)),
};

const words = "table chaise jardin bois métal rouge console jeu livre piscine lampe sac figurine"
  .split(" ");
/** A product with a description of `length` words, all different enough to have features of their own. */
function productOf(length: number): { designation: string; description: string } {
  const description = Array.from({ length }, (_, i) => {
    return words[i * 7 % words.length]! + (i * 37 % 1000).toString(36);
  });
  return { designation: "Table de jardin en bois 120x80", description: description.join(" ") };
}
const title = productOf(0), long = productOf(370);
const batch = Array.from({ length: 256 }, (_, i) => productOf(i % 60));

for (const [name, predictor] of Object.entries(predictors)) {
  for (let i = 0; i < 50; i++) await predictor.predict([long, title]);
  Deno.bench(`predict: a title (${name})`, { group: "title" }, async () => {
    await predictor.predict([title]);
  });
  Deno.bench(
    `predict: about 2,500 features x 27 classes (${name})`,
    { group: "long" },
    async () => {
      await predictor.predict([long]);
    },
  );
  Deno.bench(`predict: 256 mixed products (${name})`, { group: "batch" }, async () => {
    await predictor.predict(batch);
  });
}
Deno.bench(`verify: a bundle of ${(bytes.length / 1e6).toFixed(1)} MB`, { group: "open" }, () => {
  verify(bytes, null);
});
