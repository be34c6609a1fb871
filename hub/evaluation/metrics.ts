/**
 * How right a list of guesses is, as scikit-learn counts it.
 *
 * Classes are all codes that occur as truth or as guess, so that a code the model does not know counts against it.
 * A class that is never guessed has precision 0, and F1 is 0 where precision and recall are.
 *
 * @module
 */

/** Figures of one class. */
export interface ClassMetrics {
  readonly code: string;
  /** Rows that are of this class. */
  readonly rows: number;
  /** Rows that were guessed to be. */
  readonly predicted: number;
  readonly right: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** The three figures that models are compared by. */
export interface Scores {
  readonly accuracy: number;
  /** F1 by class, weighted by the class's rows. */
  readonly weightedF1: number;
  /** F1 by class, every class counting the same. */
  readonly macroF1: number;
}

/** Codes as numbers: both lists index `codes`, which is sorted by code unit. */
export interface Interned {
  readonly codes: readonly string[];
  readonly truth: Int32Array;
  readonly guesses: Int32Array;
}

/** Numbers for codes, so that resampling counts without hashing strings. */
export function intern(truth: readonly string[], guesses: readonly string[]): Interned {
  const codes = [...new Set([...truth, ...guesses])].sort((a, b) => a < b ? -1 : 1);
  const index = new Map(codes.map((code, i) => [code, i]));
  const numbers = (list: readonly string[]) => Int32Array.from(list, (code) => index.get(code)!);
  return { codes, truth: numbers(truth), guesses: numbers(guesses) };
}

/** Counts by class: rows of it, guesses of it, right guesses of it. */
export interface ClassCounts {
  readonly rows: Float64Array;
  readonly predicted: Float64Array;
  readonly right: Float64Array;
}

/** Room for counts of `classes` classes. */
export function emptyCounts(classes: number): ClassCounts {
  return {
    rows: new Float64Array(classes),
    predicted: new Float64Array(classes),
    right: new Float64Array(classes),
  };
}

/** Adds `times` rows of class `truth` that were guessed to be `guess`, in place. */
export function countRow(counts: ClassCounts, truth: number, guess: number, times = 1): void {
  counts.rows[truth]! += times;
  counts.predicted[guess]! += times;
  if (truth === guess) counts.right[truth]! += times;
}

/** Scores of `counts`; all 0 where there are no rows. Classes without rows and guesses count nowhere. */
export function scoresOf(counts: ClassCounts): Scores {
  let rows = 0, right = 0, weighted = 0, macro = 0, present = 0;
  for (let k = 0; k < counts.rows.length; k++) {
    const n = counts.rows[k]!, guessed = counts.predicted[k]!, hits = counts.right[k]!;
    if (n + guessed === 0) continue;
    const f1 = 2 * hits / (n + guessed);
    rows += n;
    right += hits;
    weighted += n * f1;
    macro += f1;
    present++;
  }
  if (rows === 0) return { accuracy: 0, weightedF1: 0, macroF1: 0 };
  return { accuracy: right / rows, weightedF1: weighted / rows, macroF1: macro / present };
}

/** Counts of all rows. */
export function countAll({ codes, truth, guesses }: Interned): ClassCounts {
  const counts = emptyCounts(codes.length);
  for (let r = 0; r < truth.length; r++) countRow(counts, truth[r]!, guesses[r]!);
  return counts;
}

/** The report by class, in the order of `codes`. */
export function classMetrics(codes: readonly string[], counts: ClassCounts): ClassMetrics[] {
  return codes.map((code, k) => {
    const rows = counts.rows[k]!, predicted = counts.predicted[k]!, right = counts.right[k]!;
    return {
      code,
      rows,
      predicted,
      right,
      precision: predicted === 0 ? 0 : right / predicted,
      recall: rows === 0 ? 0 : right / rows,
      f1: rows + predicted === 0 ? 0 : 2 * right / (rows + predicted),
    };
  });
}

/** The filled cells of the confusion matrix: class, guess, rows; sorted by class, then guess. */
export function confusion({ truth, guesses, codes }: Interned): [number, number, number][] {
  const cells = new Map<number, number>();
  for (let r = 0; r < truth.length; r++) {
    const cell = truth[r]! * codes.length + guesses[r]!;
    cells.set(cell, (cells.get(cell) ?? 0) + 1);
  }
  return [...cells].sort(([a], [b]) => a - b).map(([cell, rows]) => [
    Math.floor(cell / codes.length),
    cell % codes.length,
    rows,
  ]);
}
