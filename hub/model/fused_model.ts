/**
 * What training gives beside the text model where pictures pay: the picture's head, how both are joined, and where the
 * text suffices.
 *
 * @module
 */
import type { Calibration } from "@aisle/shared/bundle";
import type { DenseModel } from "./dense.ts";
import type { Fusion } from "./fusion.ts";
import type { OutOfFold, Threshold } from "./text_model.ts";

/** See the module's note. */
export interface FusedModel {
  readonly encoder: { readonly name: string; readonly id: string; readonly dims: number };
  /** Version of the hand-made features and their number; null for none. */
  readonly handmade: { readonly version: number; readonly dims: number } | null;
  /** Over the embedding, then the hand-made features. */
  readonly image: DenseModel;
  /** Whether the head reads the roots of the embedding; not where it was trained with its encoder. */
  readonly roots: boolean;
  readonly imageCalibration: Calibration;
  readonly fusion: Fusion;
  /** Of the fused log-probabilities. */
  readonly fusionCalibration: Calibration;
  readonly cascade: {
    readonly confidence: number | null;
    readonly skipped: number;
    readonly maxLoss: number;
  };
  /** From which confidence on the picture alone stands without review. */
  readonly autoConfidence: number | null;
  /** Of the answers as they are served: the cascade on, products without a picture by their text. */
  readonly thresholds: readonly Threshold[];
  readonly oof: OutOfFold;
}
