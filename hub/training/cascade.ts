/**
 * From which confidence on a text is answered without its picture, so that hardly anything is lost.
 *
 * @module
 */
import type { Judged } from "../model/calibration.ts";
import { scoresOf } from "./out_of_fold.ts";

/** Where the text suffices. */
export interface Cascade {
  /** Null: nowhere. */
  readonly confidence: number | null;
  /** Share of the rows that it answers. */
  readonly skipped: number;
}

/** Keeps a loss of exactly what may be lost from failing by rounding. */
const ROUNDING = 1e-12;
/** Thresholds that are tried, by share of the rows. */
const STEPS = 200;

/** What leaving pictures unread may cost. */
export interface CascadeOptions {
  /** Of accuracy and of weighted F1. */
  readonly maxLoss: number;
  /** Share of what pictures gain over the text, in either figure, that must be left. */
  readonly keepGain: number;
}

/**
 * The lowest confidence of the text at which, and above which, leaving pictures unread costs no more than it may. All
 * rows have a picture; both opinions are out-of-fold.
 */
export function chooseCascade(
  text: Judged,
  fused: Judged,
  rows: { readonly labels: Int32Array; readonly classes: number },
  { maxLoss, keepGain }: CascadeOptions,
): Cascade {
  const { labels, classes } = rows, count = labels.length;
  const full = scoresOf(fused.predicted, labels, classes);
  const bare = scoresOf(text.predicted, labels, classes);
  const allowed = (figure: "accuracy" | "weightedF1") =>
    Math.min(maxLoss, (1 - keepGain) * Math.max(0, full[figure] - bare[figure])) + ROUNDING;
  const may = { accuracy: allowed("accuracy"), weightedF1: allowed("weightedF1") };
  // From the surest row down; rows of equal confidence come together
  const order = Array.from(labels.keys()).sort((a, b) => text.confidence[b]! - text.confidence[a]!);
  const said = fused.predicted.slice();
  const every = Math.max(1, Math.ceil(count / STEPS));
  let best: Cascade = { confidence: null, skipped: 0 };
  for (let i = 0; i < count; i++) {
    const row = order[i]!, next = order[i + 1];
    said[row] = text.predicted[row]!;
    if (next !== undefined && text.confidence[next] === text.confidence[row]) continue;
    if ((i + 1) % every !== 0 && i + 1 < count) continue;
    const cut = scoresOf(said, labels, classes);
    const loses = full.accuracy - cut.accuracy > may.accuracy ||
      full.weightedF1 - cut.weightedF1 > may.weightedF1;
    // No going on past a threshold that loses: what a luckier, lower one promises is chance
    if (loses) break;
    best = { confidence: text.confidence[row]!, skipped: (i + 1) / count };
  }
  return best;
}
