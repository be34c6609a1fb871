/**
 * The steps of a fit over dense rows, as data: they run in this thread or in a Worker, with the same bits.
 *
 * @module
 */
import { DenseFit, type DenseRows } from "../model/dense.ts";
import type { LinearOptions } from "../model/linear.ts";

/** One step; all but the first are of the fit that was started last. */
export type DenseTask =
  | { readonly type: "start"; readonly train: Int32Array; readonly options: LinearOptions }
  | { readonly type: "pass"; readonly pass: number }
  /** Scores of rows, [rows x classes]. */
  | { readonly type: "score"; readonly rows: Int32Array }
  /** Weights [dims x classes] and bias. */
  | { readonly type: "model" };

/** What a step gives. */
export interface DenseResult {
  /** Of a pass; 0 of any other. */
  readonly violation: number;
  readonly arrays: readonly Float32Array[];
}

/** Rows between two yields: a few milliseconds. */
const SLICE_ROWS = 128;

/** Runs tasks over `rows`. */
export class DenseTasks {
  readonly #rows: DenseRows;
  #fit: DenseFit | null = null;

  constructor(rows: DenseRows) {
    this.#rows = rows;
  }

  /** Runs `task`, yielding now and then. */
  *run(task: DenseTask): Generator<void, DenseResult> {
    if (task.type === "start") {
      this.#fit = new DenseFit(this.#rows, task.train, task.options);
      return { violation: 0, arrays: [] };
    }
    const fit = this.#fit;
    if (fit === null) throw new TypeError("A fit begins with its start");
    if (task.type === "pass") {
      const work = fit.pass(task.pass, SLICE_ROWS);
      for (let step = work.next();; step = work.next()) {
        if (step.done) return { violation: step.value.violation, arrays: [] };
        yield;
      }
    }
    if (task.type === "model") {
      const { weights, bias } = fit.model();
      return { violation: 0, arrays: [weights, bias] };
    }
    const { classes } = this.#rows, scores = new Float32Array(task.rows.length * classes);
    for (const [i, row] of task.rows.entries()) {
      if (i % SLICE_ROWS === 0) yield;
      scores.set(fit.scoresOf(row).subarray(0, classes), i * classes);
    }
    return { violation: 0, arrays: [scores] };
  }
}
