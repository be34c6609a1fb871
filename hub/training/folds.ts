/**
 * Folds for out-of-fold choices: no content group in two of them, every class spread evenly.
 *
 * @module
 */
import { rng, shuffle } from "@aisle/shared/random";

/** What folds are made of. */
export interface FoldRows {
  /** Content group by row. */
  readonly groups: readonly string[];
  /** Class by row. */
  readonly labels: Int32Array;
  readonly classes: number;
}

/** Fold (0 to folds - 1) by row; fewer folds where there are fewer groups. The order of rows does not matter. */
export function assignFolds(
  { groups, labels, classes }: FoldRows,
  options: { readonly folds: number; readonly seed: number },
): { folds: number; foldOf: Int32Array } {
  const rowsOf = new Map<string, number[]>();
  groups.forEach((group, row) => {
    const rows = rowsOf.get(group);
    if (rows === undefined) rowsOf.set(group, [row]);
    else rows.push(row);
  });
  const folds = Math.min(options.folds, rowsOf.size);
  const names = shuffle([...rowsOf.keys()].sort(), rng(options.seed));
  const inFold = new Int32Array(folds), ofClass = new Int32Array(folds * classes);
  const foldOf = new Int32Array(labels.length);
  for (const name of names) {
    const rows = rowsOf.get(name)!;
    const label = commonest(rows.map((row) => labels[row]!));
    let best = 0;
    for (let fold = 1; fold < folds; fold++) {
      const byClass = ofClass[fold * classes + label]! - ofClass[best * classes + label]!;
      if (byClass < 0 || (byClass === 0 && inFold[fold]! < inFold[best]!)) best = fold;
    }
    for (const row of rows) {
      foldOf[row] = best;
      ofClass[best * classes + labels[row]!]!++;
      inFold[best]!++;
    }
  }
  return { folds, foldOf };
}

/** The commonest of `labels`, the smallest of equals. */
function commonest(labels: readonly number[]): number {
  if (labels.length === 1) return labels[0]!;
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts].sort(([a, n], [b, m]) => m - n || a - b)[0]![0];
}

/**
 * How many of `folds` are fitted: as many as stay within `maxRows` scored rows, and one at least.
 * A few thousand rows fix two numbers of a calibration and three thresholds well enough.
 */
export function foldsToFit(rows: number, folds: number, maxRows: number): number {
  return Math.max(1, Math.min(folds, Math.floor(maxRows / Math.max(1, rows / folds))));
}
