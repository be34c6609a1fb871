import assert from "node:assert/strict";
import { modelFromBytes, modelToBytes } from "./model_bytes.ts";
import type { TextModel } from "./text_model.ts";

Deno.test("modelFromBytes(modelToBytes(model)) is model", () => {
  const weights = new Float32Array((1 << 10) * 3);
  weights.set([1, -2, 0.5], 3 * 17);
  weights[3 * 1023 + 1] = 4;
  const model: TextModel = {
    classes: ["0060", "60", "é"],
    spec: {
      version: 1,
      words: [1, 2],
      chars: [2, 5],
      hashBits: 10,
      titleRepeat: 2,
      charWeight: 1,
      charDigitsToZero: true,
      documents: 7,
      idf: Float32Array.from({ length: 1 << 10 }, (_, i) => 1 + (i % 5)),
    },
    weights,
    bias: Float32Array.of(0.1, -0.2, 0),
    calibration: { a: 8, b: 1 },
    thresholds: [{ precision: 0.9, confidence: null, coverage: 0 }],
    oof: {
      rows: 3,
      accuracy: 1,
      weightedF1: 1,
      macroF1: 1,
      ece: 0,
      histogram: { counts: [3], correct: [3] },
    },
  };
  const bytes = modelToBytes(model);
  assert.deepEqual(modelFromBytes(bytes), model);
  assert.deepEqual(modelToBytes(modelFromBytes(bytes)), bytes);
  const sentences = {
    encoder: { id: "e", name: "hf:tiny", dims: 2 },
    weights: Float32Array.of(1, 2, 3, 4, 5, 6),
    bias: Float32Array.of(-1, 0, 1),
  };
  const both = { ...model, sentences };
  assert.deepEqual(modelFromBytes(modelToBytes(both)), both);
});
