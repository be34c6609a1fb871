/**
 * Made-up products with made-up picture features: the picture tells the class where the words do not.
 *
 * @module
 */
import { rng } from "@aisle/shared/random";
import type { Params } from "../../params.ts";
import type { TrainFusedInput } from "../train_fused.ts";
import { madeUpProducts } from "./made_up_products.ts";

/** Params that make tests quick. */
export const FUSED_PARAMS: Pick<Params, "text" | "train" | "evaluate" | "fusion" | "cascade"> = {
  text: {
    words: [1, 2],
    chars: [2, 5],
    hashBits: 14,
    titleRepeat: 2,
    charWeight: 1,
    charDigitsToZero: true,
    encoder: "tfidf",
    encoderTokens: 128,
  },
  train: {
    c: 1,
    passes: 8,
    tolerance: 0.1,
    folds: 5,
    oofMaxRows: 20_000,
    warmStart: true,
    labelErrorConfidence: 0.9,
    seed: 1,
  },
  evaluate: {
    calibrationBins: 15,
    bootstraps: 100,
    precisions: [0.9, 0.95, 0.99],
    autoPrecision: 0.95,
    latencySamples: 10,
    wasmPictures: 4,
    seed: 1,
  },
  fusion: {
    c: [0.1, 1, 10],
    passes: 10,
    tolerance: 0.1,
    ridges: [10, 100],
    stacks: [0.3],
    dropout: 0.1,
    maxHeadClasses: 100,
    minRows: 20,
    seed: 1,
  },
  cascade: { maxLoss: 0.002, keepGain: 0.8 },
};

/** What to make. */
export interface FusedInputOptions {
  readonly rows?: number;
  readonly classes?: number;
  /** Share of a text's words that tell its class. */
  readonly telling?: number;
  /** How far apart the classes' pictures lie; 0: they say nothing. */
  readonly strength?: number;
  /** Every so manieth row has no picture. */
  readonly missing?: number;
}

/** An input for `trainFused`; equal options give equal inputs. */
export function fusedInput(options: FusedInputOptions = {}): TrainFusedInput {
  const { rows: count = 240, classes = 4, telling = 0.25, strength = 1, missing = 6 } = options;
  const rows = madeUpProducts({ rows: count, classes, words: 4, telling });
  const random = rng(99), dims = 20, embedding = 16;
  const centres = Float64Array.from({ length: classes * dims }, () => random());
  const values = new Float16Array(count * dims);
  for (let row = 0; row < count; row++) {
    for (let d = 0; d < dims; d++) {
      values[row * dims + d] = strength * centres[(row % classes) * dims + d]! + random();
    }
  }
  return {
    rows,
    params: FUSED_PARAMS,
    warm: null,
    resume: null,
    pictures: {
      encoder: { name: "made-up", id: "e".repeat(64), dims: embedding },
      handmade: { version: 1, dims: dims - embedding },
      dims,
      values,
      pictureOf: Int32Array.from({ length: count }, (_, row) => row % missing === 0 ? -1 : row),
      learned: null,
    },
  };
}
