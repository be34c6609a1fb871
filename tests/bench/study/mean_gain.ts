/**
 * The gain of one list of guesses over another, the mean over several cross-validations of the same rows, with its
 * interval: rows are drawn anew, each with what all cross-validations said of it.
 *
 * @module
 */
import { rng } from "@aisle/shared/random";
import { quantile } from "@aisle/shared/stats";
import { countRow, emptyCounts, intern, scoresOf } from "../../../hub/evaluation/metrics.ts";

/** By cross-validation, the guesses for each row, in the order of the rows. */
export type Guesses = readonly (readonly string[])[];

/** Mean gain in weighted F1 of `candidate` over `champion` and its percentile bootstrap interval. */
export function meanGain(
  codes: readonly string[],
  candidate: Guesses,
  champion: Guesses,
  options: { readonly replicates: number; readonly seed: number; readonly significance: number },
): { readonly value: number; readonly low: number; readonly high: number } {
  const rows = codes.length, lists = [...candidate, ...champion];
  const { codes: known, truth, guesses } = intern(lists.flatMap(() => codes), lists.flat());
  const f1 = (list: number, pick: (i: number) => number) => {
    const counts = emptyCounts(known.length);
    for (let i = 0; i < rows; i++) {
      countRow(counts, truth[pick(i)]!, guesses[list * rows + pick(i)]!);
    }
    return scoresOf(counts).weightedF1;
  };
  const gain = (pick: (i: number) => number) => {
    let sum = 0;
    lists.forEach((_, list) => sum += (list < candidate.length ? 1 : -1) * f1(list, pick));
    return sum / candidate.length;
  };
  const random = rng(options.seed), drawn = new Int32Array(rows);
  const replicates = Array.from({ length: options.replicates }, () => {
    for (let i = 0; i < rows; i++) drawn[i] = Math.floor(random() * rows);
    return gain((i) => drawn[i]!);
  });
  return {
    value: gain((i) => i),
    low: quantile(replicates, options.significance / 2),
    high: quantile(replicates, 1 - options.significance / 2),
  };
}
