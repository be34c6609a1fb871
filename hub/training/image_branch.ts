/**
 * The picture's own opinion: a linear head on an encoder's features, its strength chosen and its scores taken
 * out-of-fold, by the same folds as the text's.
 *
 * @module
 */
import type { DenseModel, DenseRows } from "../model/dense.ts";
import { fitCalibration, meanLoss } from "../model/calibration.ts";
import { halfValues } from "../model/half_values.ts";
import type { Params } from "../params.ts";
import type { FitCheckpoint } from "./checkpoint.ts";
import { type DenseLaneOptions, DenseLanes } from "./dense_lanes.ts";
import type { HeldOut } from "./label_errors.ts";
import type { TrainPictures } from "./train_pictures.ts";

/** A head and what it said of rows it had not seen. */
export interface ImageBranch {
  readonly model: DenseModel;
  /** Whether the head reads the roots of the embedding. */
  readonly roots: boolean;
  readonly heldOut: HeldOut;
  /** The strength taken; null for a branch that came trained. */
  readonly c: number | null;
}

/** What {@linkcode fitImageBranch} works on. */
export interface ImageBranchInput {
  readonly pictures: TrainPictures;
  readonly labels: Int32Array;
  readonly classes: number;
  /** Numbers of the rows trained on and scored, by fold. */
  readonly folds: readonly { readonly train: Int32Array; readonly held: Int32Array }[];
  readonly params: Params["fusion"];
  /** Fits that an earlier process has finished. */
  readonly saved: readonly FitCheckpoint[];
}

/** A finished fit, to be kept; or how far the fits are, in rows. */
export type ImageBranchStep =
  | { readonly type: "fit"; readonly fit: FitCheckpoint }
  | { readonly type: "progress"; readonly done: number; readonly total: number };

/** Length of the hand-made features beside the embedding's 1; at 1 they drown it on small catalogues (docs/study.md). */
const HANDMADE_WEIGHT = 0.6;
/** Strengths that are tried, as a rule: the middle one and its neighbours. */
const STRENGTHS_TRIED = 3;
/** With more rows one fold tells the strengths apart. */
const ONE_FOLD_ROWS = 4_000;

type Steps<R> = AsyncGenerator<ImageBranchStep, R>;

/** Fits the head of pictures by an encoder that has not learned from these rows. @throws {AppError} `cancelled` */
export async function* fitImageBranch(
  input: ImageBranchInput,
  options: DenseLaneOptions,
): Steps<ImageBranch> {
  const { pictures, classes, folds, params } = input;
  const rows = denseRows(input);
  const withPicture = (numbers: Int32Array) =>
    numbers.filter((row) => pictures.pictureOf[row]! >= 0);
  const parts = folds.map(({ train, held }) => ({
    train: withPicture(train),
    held: withPicture(held),
  })).filter(({ train, held }) => train.length > 0 && held.length > 0);
  const tuning = parts.slice(0, rows.labels.length > ONE_FOLD_ROWS ? 1 : parts.length);
  using lanes = new DenseLanes(rows, options);
  // What is fitted as a rule, the final fit among them; one that was fitted for its strength is not fitted again
  const expected = STRENGTHS_TRIED * tuning.length + (parts.length - tuning.length) + 1;
  const fits = new Fits(lanes, input, expected);
  const lossOf = async function* (c: number): Steps<number> {
    const scores: Float32Array[] = [];
    for (const [f, part] of tuning.entries()) scores.push(yield* fits.held(f, part, c));
    return calibratedLoss(gather(tuning, scores, rows, classes));
  };
  const c = yield* climb([...params.c].sort((a, b) => a - b), lossOf);
  const scores: Float32Array[] = [];
  for (const [f, part] of parts.entries()) scores.push(yield* fits.held(f, part, c));
  const all = Int32Array.from(pictures.pictureOf, (_, row) => row);
  return {
    model: yield* fits.final(withPicture(all), c),
    roots: true,
    heldOut: gather(parts, scores, rows, classes),
    c,
  };
}

/** The branch that came with a trained encoder, its classes in the order of `classes`. */
export function learnedImageBranch(
  pictures: TrainPictures,
  rows: { readonly labels: Int32Array; readonly classes: readonly string[] },
): ImageBranch {
  const learned = pictures.learned!, { dims } = pictures.encoder;
  const classes = rows.classes.length, from = learned.classes.length;
  const column = rows.classes.map((code) => learned.classes.indexOf(code));
  // A class that it never saw gets what no other class ever falls to
  const pick = (values: Float32Array, count: number) =>
    Float32Array.from({ length: count * classes }, (_, i) => {
      const at = column[i % classes]!;
      return at < 0 ? 0 : values[Math.floor(i / classes) * from + at]!;
    });
  const lowest = learned.heldOut.logits.reduce((a, b) => Math.min(a, b), 0) - 1;
  const bias = pick(learned.bias, 1).map((b, k) => column[k]! < 0 ? lowest : b);
  const count = learned.heldOut.rows.length;
  const scores = pick(learned.heldOut.logits, count)
    .map((s, i) => column[i % classes]! < 0 ? lowest : s);
  return {
    model: { dims, classes, weights: pick(learned.weights, dims), bias },
    roots: false,
    heldOut: {
      rows: learned.heldOut.rows,
      scored: {
        scores,
        stride: classes,
        classes,
        labels: learned.heldOut.rows.map((row) => rows.labels[row]!),
      },
    },
    c: null,
  };
}

/** Fits one after the other, those that are kept already aside. */
class Fits {
  readonly #lanes: DenseLanes;
  readonly #input: ImageBranchInput;
  readonly #known: Map<string, FitCheckpoint>;
  /** Fits there will be, as far as one can tell. */
  readonly #expected: number;
  #finished = 0;

  constructor(lanes: DenseLanes, input: ImageBranchInput, expected: number) {
    this.#lanes = lanes;
    this.#input = input;
    this.#known = new Map(input.saved.map((fit) => [fit.id, fit]));
    this.#expected = expected;
  }

  /** Scores [held x classes] by a fit on `train`. */
  async *held(
    fold: number,
    { train, held }: { train: Int32Array; held: Int32Array },
    c: number,
  ): Steps<Float32Array> {
    const id = `image fold${fold + 1} c=${c}`;
    const [scores] = yield* this.#once(id, train, c, async (lanes) => [await lanes.scores(held)]);
    return scores!;
  }

  async *final(train: Int32Array, c: number): Steps<DenseModel> {
    const { pictures: { dims }, classes } = this.#input;
    const [weights, bias] = yield* this.#once(`image final c=${c}`, train, c, async (lanes) => {
      const model = await lanes.model();
      return [model.weights, model.bias];
    });
    return { dims, classes, weights: weights!, bias: bias! };
  }

  async *#once(
    id: string,
    train: Int32Array,
    c: number,
    outcome: (lanes: DenseLanes) => Promise<Float32Array[]>,
  ): Steps<readonly Float32Array[]> {
    const known = this.#known.get(id);
    if (known !== undefined) return known.arrays;
    const { passes, tolerance, seed } = this.#input.params;
    await this.#lanes.start(train, { c, seed });
    let pass = 0;
    for (; pass < passes; pass++) {
      yield this.#progress(train.length, pass / passes);
      if (await this.#lanes.pass(pass) < tolerance) break;
    }
    const fit = { id, passes: pass, done: true, arrays: await outcome(this.#lanes) };
    this.#known.set(id, fit);
    this.#finished++;
    yield { type: "fit", fit };
    return fit.arrays;
  }

  /** A fit that ends early counts as whole. */
  #progress(rows: number, share: number): ImageBranchStep {
    const total = Math.max(this.#expected, this.#finished + 1);
    const done = Math.round((this.#finished + share) * rows);
    return { type: "progress", done, total: total * rows };
  }
}

/** The strength with the least loss, walking the grid from its middle as long as it gets better. */
async function* climb(
  grid: readonly number[],
  lossOf: (c: number) => Steps<number>,
): Steps<number> {
  let at = Math.floor(grid.length / 2);
  if (grid.length === 1) return grid[0]!;
  let best = yield* lossOf(grid[at]!);
  for (const way of [1, -1]) {
    const start = at;
    while (grid[at + way] !== undefined) {
      const loss = yield* lossOf(grid[at + way]!);
      if (!(loss < best)) break;
      best = loss;
      at += way;
    }
    if (at !== start) break;
  }
  return grid[at]!;
}

/** Features as the head sees them, for every train row; rows without a picture are never looked at. */
function denseRows({ pictures, labels, classes }: ImageBranchInput): DenseRows {
  const { dims, encoder, handmade, pictureOf } = pictures;
  const values = halfValues(pictures.values, dims, encoder.dims);
  // Rows share pictures: features lie by picture, and the fit finds them by row
  const blocks = [
    { dims: encoder.dims, weight: 1 },
    ...(handmade === null ? [] : [{ dims: handmade.dims, weight: HANDMADE_WEIGHT }]),
  ];
  return { dims, classes, values, labels, at: pictureOf, blocks };
}

/** The folds' scores side by side. */
function gather(
  parts: readonly { readonly held: Int32Array }[],
  scores: readonly Float32Array[],
  { labels }: DenseRows,
  classes: number,
): HeldOut {
  const held = Int32Array.from(parts.flatMap((part) => Array.from(part.held)));
  const out = new Float32Array(held.length * classes);
  let at = 0;
  for (const part of scores) {
    out.set(part, at);
    at += part.length;
  }
  return {
    rows: held,
    scored: { scores: out, stride: classes, classes, labels: held.map((row) => labels[row]!) },
  };
}

/** Mean negative log-likelihood of the true classes after the scores' best calibration. */
function calibratedLoss({ scored }: HeldOut): number {
  return meanLoss(scored, fitCalibration(scored));
}
