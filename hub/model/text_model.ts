/**
 * What training a text model gives: everything that export, packing and a later warm start need.
 *
 * @module
 */
import type { Calibration } from "@aisle/shared/bundle";
import type { FeatureSpec } from "@aisle/shared/features";
import type { SentenceHead } from "./sentence_head.ts";

/** From which confidence on a prediction is right in `precision` of the cases, out-of-fold. */
export interface Threshold {
  readonly precision: number;
  /** Null where no confidence reaches the precision. */
  readonly confidence: number | null;
  /** Share of the out-of-fold rows at or above `confidence`. */
  readonly coverage: number;
}

/** How the recipe did on rows that the scoring fold had not seen. */
export interface OutOfFold {
  /** 0 where the rows were too few for folds; the figures are NaN-free zeros then. */
  readonly rows: number;
  readonly accuracy: number;
  readonly weightedF1: number;
  readonly macroF1: number;
  /** Expected calibration error with `params.evaluate.calibrationBins` bins. */
  readonly ece: number;
  /** Rows by confidence in 20 equal bins of [0, 1], and how many of them were right. */
  readonly histogram: { readonly counts: readonly number[]; readonly correct: readonly number[] };
  /** Guesses by class; absent from models that were made before they were counted. */
  readonly predicted?: readonly number[];
}

/** A linear one-vs-rest text classifier; score_k = bias_k + sum over buckets of weight x weights[bucket][k]. */
export interface TextModel {
  /** Label codes in the order of the columns, sorted by code unit. */
  readonly classes: readonly string[];
  readonly spec: FeatureSpec;
  /** [buckets x classes], row-major; rows of buckets that no training row touched are zero. */
  readonly weights: Float32Array;
  /** [classes] */
  readonly bias: Float32Array;
  readonly calibration: Calibration;
  readonly thresholds: readonly Threshold[];
  readonly oof: OutOfFold;
  /** What a sentence encoder adds to the scores; absent where there is none or it did not help. */
  readonly sentences?: SentenceHead;
}

/** A former model to start from; its weights may be rounded (int8). */
export type WarmStart = Pick<TextModel, "classes" | "spec" | "weights" | "bias">;
