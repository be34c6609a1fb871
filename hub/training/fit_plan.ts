/**
 * The fits of one training run and where each stands: the final one on all rows, and those of the folds.
 *
 * @module
 */
import type { Params } from "../params.ts";
import { assignFolds, foldsToFit } from "./folds.ts";
import type { FitCheckpoint } from "./checkpoint.ts";
import type { LabelledRows } from "./train_input.ts";

/** One fit and its progress, which the lane that runs it writes. */
export interface PlannedFit {
  /** `final`, or `fold1`, `fold2`, ... */
  readonly id: string;
  /** Rows trained on. */
  readonly train: Int32Array;
  /** Rows scored afterwards; none for the final fit. */
  readonly held: Int32Array;
  /** Passes made; `saved` may be older. */
  passes: number;
  /** The state that a checkpoint would hold; when done, what the fit was for. */
  saved: FitCheckpoint;
}

/** The final fit first: it is the longest, so lanes end together. Folds only where two groups exist. */
export function planFits(rows: LabelledRows, params: Params["train"]): PlannedFit[] {
  const count = rows.texts.length;
  const fit = (id: string, train: Int32Array, held: Int32Array): PlannedFit => ({
    id,
    train,
    held,
    passes: 0,
    saved: { id, passes: 0, done: false, arrays: [] },
  });
  const all = Int32Array.from({ length: count }, (_, row) => row);
  const fits = [fit("final", all, new Int32Array(0))];
  const { folds, foldOf } = assignFolds(
    { groups: rows.groups, labels: rows.labels, classes: rows.classes.length },
    params,
  );
  if (folds < 2) return fits;
  const used = foldsToFit(count, folds, params.oofMaxRows);
  for (let fold = 0; fold < used; fold++) {
    const train = all.filter((row) => foldOf[row] !== fold);
    fits.push(fit(`fold${fold + 1}`, train, all.filter((row) => foldOf[row] === fold)));
  }
  return fits;
}

/** Takes up `saved`, which came from a run of the same digest. */
export function resumeFits(fits: readonly PlannedFit[], saved: readonly FitCheckpoint[]): void {
  for (const state of saved) {
    const fit = fits.find(({ id }) => id === state.id);
    if (fit !== undefined) Object.assign(fit, { passes: state.passes, saved: state });
  }
}
