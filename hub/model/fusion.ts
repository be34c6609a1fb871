/**
 * Joins what the text says and what the picture says, class by class, into one opinion.
 *
 * Inputs are calibrated log-probabilities by models that have not seen the row, shifted so that a uniform guess is 0:
 * a branch that knows nothing adds nothing. One family from the plainest to the richest member:
 *
 * - `late`: z = wt t + wi i, two numbers fitted by likelihood;
 * - `head`: z = wt t + wi i + (T t + b_t) m_t + (I i + b_i) m_i, where T and I let every class listen to every other's
 *   score, m says which branch is present, and a ridge draws all of it back to `late`. It trains with whole modalities
 *   dropped at random, so that neither branch becomes a crutch of the other.
 *
 * Pure: seeds come in, nothing is read or written.
 *
 * @module
 */
import { rng } from "@aisle/shared/random";
import { minimise } from "./lbfgs.ts";

/** Log-probabilities of rows by both branches. */
export interface FusionRows {
  readonly classes: number;
  /** [rows x classes] */
  readonly text: Float32Array;
  readonly image: Float32Array;
  /** True class by row. */
  readonly labels: Int32Array;
}

/** Scores z = text x (textWeight + texts) + image x (imageWeight + images) + bias. */
export interface Fusion {
  readonly classes: number;
  readonly textWeight: number;
  readonly imageWeight: number;
  /** What `head` adds; null for `late`. Matrices [from class x to class]. */
  readonly head: {
    readonly texts: Float32Array;
    readonly images: Float32Array;
    readonly bias: Float32Array;
  } | null;
  /** Whether the scores are margins (`stack.ts`); else the softmax makes log-probabilities of them. */
  readonly margins: boolean;
}

/** Settings of {@linkcode fitHead}. */
export interface HeadOptions {
  /** Pull towards `late`, in rows. */
  readonly ridge: number;
  /** Share of the rows that lose a branch, one half each. */
  readonly dropout: number;
  readonly seed: number;
  readonly steps: number;
}

/** Log-probabilities below this say "no" as well as any. */
const LEAST_LOG = -15;
/** Rows that the prior of the two weights weighs as much as. */
const PRIOR_ROWS = 1;
/** What is kept of a weight that is nothing beside the other. */
const LEAST_KEPT = 2 / 3;

/**
 * The weaker branch's weight times 2/3 + (weaker / stronger)^2 / 3: equal ones stay. The likelihood pays for making right
 * answers surer, which asks for more of the weaker branch than is good for the answers (decision 19 has the figures).
 */
function drawWeakerBack(text: number, image: number): Pick<Fusion, "textWeight" | "imageWeight"> {
  const ratio = Math.min(text, image) / Math.max(text, image, Number.MIN_VALUE);
  const kept = LEAST_KEPT + (1 - LEAST_KEPT) * ratio ** 2;
  return text >= image
    ? { textWeight: text, imageWeight: image * Math.min(1, kept) }
    : { textWeight: text * Math.min(1, kept), imageWeight: image };
}

/** The two weights that make the rows `train` of `rows` most likely, the weaker branch's then drawn back. */
export function fitLate(rows: FusionRows, train: Int32Array): Fusion {
  const { classes } = rows, z = new Float64Array(classes);
  const smooth = (at: Float64Array, slope: Float64Array) => {
    // Around 1 and 1/2: a picture usually says less
    slope[0] = PRIOR_ROWS * (at[0]! - 1);
    slope[1] = PRIOR_ROWS * (at[1]! - 0.5);
    let value = (slope[0] ** 2 + slope[1] ** 2) / (2 * PRIOR_ROWS);
    for (const row of train) {
      const from = row * classes, label = rows.labels[row]!;
      for (let k = 0; k < classes; k++) {
        z[k] = at[0]! * input(rows.text, from + k, classes) +
          at[1]! * input(rows.image, from + k, classes);
      }
      value += softmaxLoss(z, label);
      for (let k = 0; k < classes; k++) {
        slope[0]! += z[k]! * input(rows.text, from + k, classes);
        slope[1]! += z[k]! * input(rows.image, from + k, classes);
      }
    }
    return value;
  };
  const [textWeight, imageWeight] = last(
    minimise(smooth, Float64Array.of(1, 0.5), { steps: 60, tolerance: 1e-9 }),
  );
  const drawn = drawWeakerBack(textWeight!, imageWeight!);
  return {
    classes,
    ...drawn,
    head: null,
    margins: false,
  };
}

/** A head around `late`, fitted on the rows `train`; yields between steps. */
export function* fitHead(
  rows: FusionRows,
  train: Int32Array,
  late: Fusion,
  options: HeadOptions,
): Generator<void, Fusion> {
  const { classes } = rows, square = classes * classes;
  const random = rng(options.seed);
  const present = Uint8Array.from(train, () => {
    const drawn = random();
    return drawn < options.dropout / 2 ? 1 : drawn < options.dropout ? 2 : 3;
  });
  const t = new Float64Array(classes), i = new Float64Array(classes), z = new Float64Array(classes);
  // Parameters: T [from x to], I [from x to], b_t, b_i
  const smooth = (at: Float64Array, slope: Float64Array) => {
    let value = 0;
    for (let p = 0; p < at.length; p++) {
      slope[p] = options.ridge * at[p]!;
      value += options.ridge * at[p]! * at[p]! / 2;
    }
    train.forEach((row, n) => {
      const from = row * classes, hasText = present[n]! & 1, hasImage = present[n]! & 2;
      for (let k = 0; k < classes; k++) {
        t[k] = hasText ? input(rows.text, from + k, classes) : 0;
        i[k] = hasImage ? input(rows.image, from + k, classes) : 0;
        z[k] = late.textWeight * t[k]! + late.imageWeight * i[k]! +
          (hasText ? at[2 * square + k]! : 0) + (hasImage ? at[2 * square + classes + k]! : 0);
      }
      addProduct(z, t, at, 0);
      addProduct(z, i, at, square);
      value += softmaxLoss(z, rows.labels[row]!);
      if (hasText) addOuter(slope, 0, t, z);
      if (hasImage) addOuter(slope, square, i, z);
      for (let k = 0; k < classes; k++) {
        if (hasText) slope[2 * square + k]! += z[k]!;
        if (hasImage) slope[2 * square + classes + k]! += z[k]!;
      }
    });
    return value;
  };
  const found = yield* minimise(smooth, new Float64Array(2 * square + 2 * classes), {
    steps: options.steps,
    tolerance: 1e-6,
  });
  const bias = Float32Array.from(
    { length: classes },
    // Both branches are there wherever this is served
    (_, k) => found[2 * square + k]! + found[2 * square + classes + k]!,
  );
  return {
    ...late,
    head: {
      texts: Float32Array.from(found.subarray(0, square)),
      images: Float32Array.from(found.subarray(square, 2 * square)),
      bias,
    },
  };
}

/** Log-probabilities (or margins) of row `row` by `fusion`, written to `out` [classes]. */
export function fuse(fusion: Fusion, rows: FusionRows, row: number, out: Float64Array): void {
  const { classes, head } = fusion, from = row * classes;
  const t = new Float64Array(classes), i = new Float64Array(classes);
  for (let k = 0; k < classes; k++) {
    t[k] = input(rows.text, from + k, classes);
    i[k] = input(rows.image, from + k, classes);
    out[k] = fusion.textWeight * t[k]! + fusion.imageWeight * i[k]! + (head?.bias[k] ?? 0);
  }
  if (head !== null) {
    addProduct(out, t, head.texts, 0);
    addProduct(out, i, head.images, 0);
  }
  if (fusion.margins) return;
  const highest = Math.max(...out);
  let sum = 0;
  for (let k = 0; k < classes; k++) sum += Math.exp(out[k]! - highest);
  const log = highest + Math.log(sum);
  for (let k = 0; k < classes; k++) out[k]! -= log;
}

/** What the fusion sees of every row: text, then picture, [rows x 2 classes]. */
export function fusionInputs({ text, image, classes }: FusionRows): Float32Array {
  return Float32Array.from({ length: 2 * text.length }, (_, i) => {
    const row = Math.floor(i / (2 * classes)), k = i % (2 * classes);
    return k < classes
      ? input(text, row * classes + k, classes)
      : input(image, row * classes + k - classes, classes);
  });
}

/** A log-probability as the fusion sees it; what the exported graph does too. */
function input(logs: Float32Array, at: number, classes: number): number {
  return Math.max(logs[at]!, LEAST_LOG) + Math.log(classes);
}
/** Bounds of {@linkcode input}, for the exported graph. */
export const FUSION_INPUT = { least: LEAST_LOG } as const;

/** Loss of class `label`; `z` becomes the slope by it, softmax - one-hot. */
function softmaxLoss(z: Float64Array, label: number): number {
  let highest = -Infinity, sum = 0;
  for (let k = 0; k < z.length; k++) if (z[k]! > highest) highest = z[k]!;
  const own = z[label]!;
  for (let k = 0; k < z.length; k++) sum += z[k] = Math.exp(z[k]! - highest);
  for (let k = 0; k < z.length; k++) z[k]! /= sum;
  z[label]! -= 1;
  return Math.log(sum) + highest - own;
}

/** out[to] += sum over from of x[from] m[from, to], the matrix at `offset`. */
function addProduct(
  out: Float64Array,
  x: Float64Array,
  m: Float64Array | Float32Array,
  offset: number,
): void {
  const size = out.length;
  for (let from = 0; from < size; from++) {
    const value = x[from]!, base = offset + from * size;
    if (value === 0) continue;
    for (let to = 0; to < size; to++) out[to]! += value * m[base + to]!;
  }
}

function addOuter(m: Float64Array, offset: number, x: Float64Array, z: Float64Array): void {
  const size = x.length;
  for (let from = 0; from < size; from++) {
    const value = x[from]!, base = offset + from * size;
    if (value === 0) continue;
    for (let to = 0; to < size; to++) m[base + to]! += value * z[to]!;
  }
}

/** What `work` returns, run without a break. */
function last<R>(work: Generator<unknown, R>): R {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}
