/**
 * A small text model made of seeded noise: for tests and benches, and for the golden bundle in `tests/golden/`.
 *
 * Not trained on anything; its guesses mean nothing.
 *
 * @module
 */
import { SPEC_VERSION } from "@aisle/shared/features";
import { rng } from "@aisle/shared/random";
import type { TextModel } from "../../model/text_model.ts";
import type { PackTextInput } from "../pack_text.ts";

/** Size of {@linkcode tinyModel}. */
export interface TinyModelOptions {
  readonly classes?: readonly string[];
  readonly hashBits?: number;
  /** Share of the buckets that have weights. */
  readonly used?: number;
  readonly seed?: number;
}

/** A model over `classes` with random weights; equal options give equal models. */
export function tinyModel(options: TinyModelOptions = {}): TextModel {
  const classes = options.classes ?? ["0060", "10", "Jeux, d'occasion", "Été"];
  const hashBits = options.hashBits ?? 10, used = options.used ?? 0.6;
  const random = rng(options.seed ?? 1);
  const buckets = 1 << hashBits;
  const idf = Float32Array.from({ length: buckets }, () => 1 + Math.floor(random() * 40) / 8);
  const weights = new Float32Array(buckets * classes.length);
  for (let bucket = 0; bucket < buckets; bucket++) {
    if (random() >= used) continue;
    for (let k = 0; k < classes.length; k++) {
      weights[bucket * classes.length + k] = 2 * random() - 1;
    }
  }
  return {
    classes,
    spec: {
      version: SPEC_VERSION,
      words: [1, 2],
      chars: [2, 5],
      hashBits,
      titleRepeat: 2,
      charWeight: 1,
      charDigitsToZero: true,
      documents: 100,
      idf,
    },
    weights,
    bias: Float32Array.from(classes, () => random() / 2 - 0.5),
    calibration: { a: 3, b: -0.5 },
    thresholds: [
      { precision: 0.9, confidence: 0.55, coverage: 0.9 },
      { precision: 0.95, confidence: 0.7, coverage: 0.6 },
      { precision: 0.99, confidence: null, coverage: 0 },
    ],
    oof: {
      rows: 100,
      accuracy: 0.8,
      weightedF1: 0.8,
      macroF1: 0.75,
      ece: 0.03,
      histogram: {
        counts: Array.from({ length: 20 }, (_, i) => i < 10 ? 3 : 7),
        correct: Array.from({ length: 20 }, (_, i) => i < 10 ? 1 : 6),
      },
    },
  };
}

/** What {@linkcode tinyModel} is packed with. */
export const TINY_PACKING: PackTextInput = {
  provenance: {
    data: "1".repeat(64),
    params: "2".repeat(64),
    code: "3".repeat(64),
    device: "cpu",
  },
  classRows: { "0060": 40, "10": 30, "Jeux, d'occasion": 20, "Été": 10 },
  params: {
    export: { weights: "int8", goldenSamples: 8 },
    evaluate: { autoPrecision: 0.95 },
  },
};
