/**
 * The richest way to join text and picture: one-vs-rest squared hinge over both branches' log-probabilities.
 *
 * Where there are thousands of rows it errs less than weights that maximise likelihood; where there are hundreds it
 * loses, so that it is only one of the candidates (`choose_fusion.ts` of `hub/training`).
 *
 * @module
 */
import { DenseFit } from "./dense.ts";
import { type Fusion, fusionInputs, type FusionRows } from "./fusion.ts";

/** Settings of {@linkcode fitStack}. */
export interface StackOptions {
  /** Inverse strength of regularisation. */
  readonly c: number;
  readonly seed: number;
}

const PASSES = 30, TOLERANCE = 0.05;

/** Margins by the rows `train`; yields between passes. */
export function* fitStack(
  rows: FusionRows,
  train: Int32Array,
  options: StackOptions,
): Generator<void, Fusion> {
  const { classes, labels } = rows, dims = 2 * classes;
  const fit = new DenseFit({ dims, classes, values: fusionInputs(rows), labels }, train, options);
  for (let pass = 0; pass < PASSES; pass++) {
    const work = fit.pass(pass);
    let step = work.next();
    while (!step.done) step = work.next();
    yield;
    if (step.value.violation < TOLERANCE) break;
  }
  const { weights, bias } = fit.model();
  const square = classes * classes;
  return {
    classes,
    textWeight: 0,
    imageWeight: 0,
    head: { texts: weights.slice(0, square), images: weights.slice(square), bias },
    margins: true,
  };
}
