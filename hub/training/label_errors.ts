/**
 * Which rows likely carry a wrong label: those that a model which has not seen them surely calls something else.
 *
 * Plain self-confidence on calibrated out-of-fold scores. The confident joint would say how many labels are wrong,
 * but where a model is weak it mostly counts the model's own errors.
 *
 * @module
 */
import { type Calibration, confidences } from "@aisle/shared/bundle";
import { judge, type ScoredRows } from "../model/calibration.ts";
import type { LabelledRows } from "./train_input.ts";

/** Scores of rows by models that were not trained on them. */
export interface HeldOut {
  /** Number of each scored row among all rows, in the order of the scores. */
  readonly rows: Int32Array;
  readonly scored: ScoredRows;
}

/** A row whose label is likely wrong. */
export interface LabelError {
  /** Number of the row among those that were trained on. */
  readonly row: number;
  /** The code that it has. */
  readonly code: string;
  /** The code that it likely should have. */
  readonly likely: string;
  /** Calibrated confidence for `likely`. */
  readonly confidence: number;
  /** Calibrated confidence for `code`. */
  readonly codeConfidence: number;
}

/**
 * The rows whose best class is not their own with a confidence above `minConfidence`, worst first: the surest, then
 * the least trusted code, then the order of the rows. 1 lists none.
 *
 * A row without text says nothing about its label and is never listed.
 */
export function likelyLabelErrors(
  { rows, scored }: HeldOut,
  { texts, classes }: Pick<LabelledRows, "texts" | "classes">,
  calibration: Calibration,
  minConfidence: number,
): LabelError[] {
  const { predicted, confidence } = judge(scored, calibration);
  const shares = new Float64Array(scored.classes);
  const found: LabelError[] = [];
  for (let i = 0; i < rows.length; i++) {
    const label = scored.labels[i]!, row = rows[i]!;
    if (predicted[i] === label || !(confidence[i]! > minConfidence)) continue;
    if (texts[row]!.trim() === "") continue;
    confidences(scored.scores, calibration, shares, i * scored.stride);
    found.push({
      row,
      code: classes[label]!,
      likely: classes[predicted[i]!]!,
      confidence: confidence[i]!,
      codeConfidence: shares[label]!,
    });
  }
  return found.sort((a, b) =>
    b.confidence - a.confidence || a.codeConfidence - b.codeConfidence || a.row - b.row
  );
}
