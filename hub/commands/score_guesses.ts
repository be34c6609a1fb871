/**
 * Scores bulk predictions against a codes file that `predict --y` names.
 *
 * Rows are joined by id, as training joins them; what cannot be joined is counted, never guessed.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { Codes } from "../data/codes.ts";
import {
  type ClassMetrics,
  classMetrics,
  countAll,
  intern,
  type Scores,
  scoresOf,
} from "../evaluation/metrics.ts";

/** What was guessed. */
export interface Guesses {
  /** Guessed code of each row, in input order; null where it could not be read. */
  readonly guesses: readonly { readonly id: string; readonly code: string | null }[];
  /** Whether rows are named by a column of the input, not by their place. */
  readonly byIndex: boolean;
}

/** How good the guesses are. */
export interface GuessScores extends Scores {
  /** Rows with a guess and a code. */
  readonly scored: number;
  /** Rows and codes without a counterpart. */
  readonly unscored: number;
  readonly classes: readonly ClassMetrics[];
}

/**
 * Compares guesses with the codes of a y.csv, joined as training joins them: by index, by place only where neither
 * file has one. True codes that were merged count as the codes of now, as guesses do.
 *
 * @throws {AppError} `data-invalid` where they cannot be joined
 */
export function scoreGuesses(
  { guesses, byIndex }: Guesses,
  truth: Codes,
  merges: Readonly<Record<string, string>> = {},
): GuessScores {
  const wrong = (why: string) =>
    new AppError("data-invalid", `The predictions are written, but cannot be scored: ${why}`);
  if (!truth.byIndex && byIndex) {
    throw wrong("the codes file has no index column and the products have one");
  }
  if (!truth.byIndex && truth.size !== guesses.length) {
    throw wrong(`${guesses.length} products and ${truth.size} codes, without an index to join by`);
  }
  const joined: { guess: string; code: string }[] = [];
  let codeless = 0;
  guesses.forEach(({ id, code: guess }, place) => {
    if (guess === null) return;
    const { value } = truth.take(truth.byIndex ? id : String(place));
    if (value === null) codeless++;
    else joined.push({ guess, code: merges[value] ?? value });
  });
  if (joined.length === 0) {
    throw wrong(`none of ${truth.size} codes is of a product that has a prediction`);
  }
  const interned = intern(joined.map(({ code }) => code), joined.map(({ guess }) => guess));
  const counts = countAll(interned);
  return {
    scored: joined.length,
    unscored: codeless + Array.from(truth.left()).length,
    ...scoresOf(counts),
    classes: classMetrics(interned.codes, counts),
  };
}
