/**
 * What a fused bundle would have answered to train rows by models that had not seen them: the rows that its
 * thresholds, its figures and its list of likely label errors come from.
 *
 * @module
 */
import type { Calibration } from "@aisle/shared/bundle";
import { confidences } from "@aisle/shared/bundle";
import type { ScoredRows } from "../model/calibration.ts";
import type { FusionRows } from "../model/fusion.ts";
import type { HeldOut } from "./label_errors.ts";

/** Scores that are log-probabilities already: far out, a sigmoid is an exponential. */
export const CALIBRATION_OF_LOGS: Calibration = { a: 1, b: -30 };
/** Log-probabilities below this are this: their sums stay numbers. */
const LEAST_LOG = -40;

/** Calibrated log-probabilities of scored rows, [rows x classes]. */
export function logsOf(rows: ScoredRows, calibration: Calibration): Float32Array {
  const { classes } = rows, count = rows.labels.length;
  const out = new Float32Array(count * classes), p = new Float64Array(classes);
  for (let row = 0; row < count; row++) {
    confidences(rows.scores, calibration, p, row * rows.stride);
    for (let k = 0; k < classes; k++) {
      out[row * classes + k] = Math.max(Math.log(p[k]!), LEAST_LOG);
    }
  }
  return out;
}

/** One branch out-of-fold: which train rows, and their log-probabilities. */
export interface Branch {
  readonly heldOut: HeldOut;
  readonly calibration: Calibration;
  readonly logs: Float32Array;
}

/** Rows that both branches have scored, by number of the train row. */
export interface SharedRows extends FusionRows {
  readonly rows: Int32Array;
}

/** The rows of `text` for which `image` has an opinion too and which `wanted` takes. */
export function sharedRows(
  text: Branch,
  image: Branch,
  wanted: (row: number) => boolean,
): SharedRows {
  const { classes, labels } = text.heldOut.scored;
  const place = new Map(Array.from(image.heldOut.rows, (row, i) => [row, i]));
  const kept = Array.from(text.heldOut.rows.keys()).filter((i) => {
    const row = text.heldOut.rows[i]!;
    return place.has(row) && wanted(row);
  });
  const pick = (logs: Float32Array, from: (i: number) => number) => {
    const out = new Float32Array(kept.length * classes);
    kept.forEach((i, n) => {
      const at = from(i) * classes;
      out.set(logs.subarray(at, at + classes), n * classes);
    });
    return out;
  };
  return {
    classes,
    rows: Int32Array.from(kept, (i) => text.heldOut.rows[i]!),
    labels: Int32Array.from(kept, (i) => labels[i]!),
    text: pick(text.logs, (i) => i),
    image: pick(image.logs, (i) => place.get(text.heldOut.rows[i]!)!),
  };
}

/**
 * All rows that the text has scored, each by its route: `fused` where it has an entry, else by `image` where the row
 * has no text, else by the text.
 *
 * @param fused log-probabilities by train row, of rows that are answered by both
 */
export function servedScores(
  text: Branch,
  image: Branch,
  options: {
    readonly fused: ReadonlyMap<number, Float32Array>;
    readonly hasText: (row: number) => boolean;
  },
): HeldOut {
  const { classes, labels } = text.heldOut.scored, { rows } = text.heldOut;
  const imagePlace = new Map(Array.from(image.heldOut.rows, (row, i) => [row, i]));
  const scores = new Float32Array(rows.length * classes);
  rows.forEach((row, i) => {
    const fused = options.fused.get(row);
    const alone = options.hasText(row) ? undefined : imagePlace.get(row);
    const own = fused ??
      (alone === undefined
        ? text.logs.subarray(i * classes, (i + 1) * classes)
        : image.logs.subarray(alone * classes, (alone + 1) * classes));
    scores.set(own, i * classes);
  });
  return { rows, scored: { scores, stride: classes, classes, labels } };
}
