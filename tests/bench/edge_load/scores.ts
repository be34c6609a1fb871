/**
 * How right the answers of a load were.
 *
 * @module
 */
import { countAll, intern, scoresOf } from "../../../hub/evaluation/metrics.ts";

/** Weighted F1 of `guesses`; one that is missing is wrong. */
export function classifierScores(
  codes: readonly string[],
  guesses: readonly (string | null)[],
): number {
  return scoresOf(countAll(intern(codes, guesses.map((code) => code ?? "")))).weightedF1;
}
