/**
 * One-vs-rest squared hinge over dense features, all classes at once, by dual coordinate descent.
 *
 * The same optimisation as `linear.ts` (whose kernel it borrows: a dense row is one with an entry for every feature),
 * for pictures: some 1,000 features a row, z-scored on the fit's own rows and scaled so that the length of each block of a
 * row is about 1. That makes C mean about the same whatever the number of features.
 *
 * @module
 */
import { rng, shuffle } from "@aisle/shared/random";
import { Arena } from "./arena.ts";
import { strideOf } from "./fit_place.ts";
import { halfReader, type HalfValues } from "./half_values.ts";
import { ENTRY_BYTES, type Kernel, type LoadTables } from "./kernel.ts";
import type { LinearOptions, PassResult } from "./linear.ts";
import { wasmKernel } from "./wasm_kernel.ts";

/** Dense features and classes by row. */
export interface DenseRows {
  readonly dims: number;
  readonly classes: number;
  /** Number of the first of `classes`, where a fit is of some of them; 0 where nothing is said. */
  readonly firstClass?: number;
  /** [pictures x dims] */
  readonly values: Float32Array | HalfValues;
  /** Class by row. */
  readonly labels: Int32Array;
  /** Which of `values` a row has; without it row i has row i. */
  readonly at?: Int32Array;
  /** Features that belong together, in order; each block has the length `weight`, 1 where nothing is said. */
  readonly blocks?: readonly { readonly dims: number; readonly weight: number }[];
}

/** score_k = bias_k + sum over d of weights[d][k] x values[d]; standardisation is folded in. */
export interface DenseModel {
  readonly dims: number;
  readonly classes: number;
  /** [dims x classes] */
  readonly weights: Float32Array;
  /** [classes] */
  readonly bias: Float32Array;
}

/** Features that hardly vary say nothing and would be blown up. */
const LEAST_DEVIATION = 1e-6;

/** A fit at work over the rows `train` of `rows`. */
export class DenseFit {
  readonly #rows: DenseRows;
  readonly #train: Int32Array;
  readonly #options: LinearOptions;
  readonly #kernel: Kernel;
  readonly #tables: LoadTables;
  readonly #read: (row: number) => Float32Array;
  readonly #entries: number;
  readonly #scoresAt: number;
  readonly #deltasAt: number;
  /** Values of the entries, every second 32-bit word of them. */
  readonly #loaded: Float32Array;
  readonly #weights: Float32Array;
  readonly #bias: Float32Array;
  readonly #scores: Float32Array;
  readonly #deltas: Float32Array;
  readonly #alpha: Float32Array;
  readonly #mean: Float32Array;
  /** weight / (deviation x square root of the block's dims), by feature. */
  readonly #scale: Float32Array;

  /** @param makeKernel for the test that holds the wasm kernel against its plain twin */
  constructor(
    rows: DenseRows,
    train: Int32Array,
    options: LinearOptions,
    makeKernel: (arena: Arena, tables: LoadTables) => Kernel = wasmKernel,
  ) {
    const arena = new Arena(), stride = strideOf(rows.classes), { dims } = rows;
    this.#rows = rows;
    this.#train = train;
    this.#options = options;
    this.#read = rowReader(rows);
    const weights = arena.take(dims * stride * 4);
    this.#entries = arena.take(dims * ENTRY_BYTES);
    this.#scoresAt = arena.take(stride * 4);
    this.#deltasAt = arena.take(stride * 4);
    this.#tables = { idf: 0, logCount: 0, weights, stride };
    this.#kernel = makeKernel(arena, this.#tables);
    this.#weights = arena.f32(weights, dims * stride);
    this.#scores = arena.f32(this.#scoresAt, stride);
    this.#deltas = arena.f32(this.#deltasAt, stride);
    this.#loaded = arena.f32(this.#entries, dims * 2);
    const addresses = arena.i32(this.#entries, dims * 2);
    for (let d = 0; d < dims; d++) addresses[2 * d] = weights + d * stride * 4;
    this.#bias = new Float32Array(stride);
    this.#alpha = new Float32Array(train.length * stride);
    [this.#mean, this.#scale] = standards(rows, train, this.#read);
  }

  /** Makes pass number `pass` (from 0), yielding every `chunkRows` rows; the order of rows follows from seed and pass. */
  *pass(pass: number, chunkRows = Infinity): Generator<number, PassResult> {
    const count = this.#train.length;
    const order = Int32Array.from({ length: count }, (_, i) => i);
    shuffle(order, rng(this.#options.seed + Math.imul(pass + 1, 0x9e3779b1)));
    let violation = 0, loss = 0;
    for (let done = 0; done < count; done++) {
      if (done > 0 && done % chunkRows === 0) yield done;
      const at = order[done]!, row = this.#train[at]!;
      const step = this.#step(at, this.#rows.labels[row]!, this.#score(row));
      loss += step.loss;
      if (step.violation > violation) violation = step.violation;
    }
    return { violation, loss: count === 0 ? 0 : loss / count };
  }

  /** Scores of `row` for all classes; a view that the next call overwrites. */
  scoresOf(row: number): Float32Array {
    this.#score(row);
    return this.#scores;
  }

  /** The model as it stands, over values as they are before standardising. */
  model(): DenseModel {
    const { dims, classes } = this.#rows, { stride } = this.#tables;
    const weights = new Float32Array(dims * classes);
    const bias = Float64Array.from(this.#bias.subarray(0, classes));
    for (let d = 0; d < dims; d++) {
      for (let k = 0; k < classes; k++) {
        const weight = this.#weights[d * stride + k]! * this.#scale[d]!;
        weights[d * classes + k] = weight;
        bias[k]! -= weights[d * classes + k]! * this.#mean[d]!;
      }
    }
    return { dims, classes, weights, bias: Float32Array.from(bias) };
  }

  /** Loads `row`, scores it into the scratch and gives |x|^2. */
  #score(row: number): number {
    const { dims } = this.#rows, loaded = this.#loaded, values = this.#read(row);
    const mean = this.#mean, scale = this.#scale;
    let square = 0;
    for (let d = 0; d < dims; d++) {
      const value = (values[d]! - mean[d]!) * scale[d]!;
      loaded[2 * d + 1] = value;
      square += value * value;
    }
    this.#scores.set(this.#bias);
    this.#kernel.score(this.#entries, dims, this.#scoresAt);
    return square;
  }

  /** One dual step of every class on the scored row at `at` of the order. */
  #step(at: number, label: number, square: number): PassResult {
    const { classes, dims, firstClass = 0 } = this.#rows, { stride } = this.#tables;
    const scores = this.#scores, deltas = this.#deltas, alpha = this.#alpha, bias = this.#bias;
    // |x|^2 with the bias's constant feature, plus the diagonal 1 / 2C of the squared hinge's dual
    const diagonal = 1 / (2 * this.#options.c), curvature = square + 1 + diagonal;
    const own = label - firstClass;
    let loss = 0, violation = 0, moved = false;
    for (let k = 0; k < classes; k++) {
      const y = k === own ? 1 : -1, slot = at * stride + k, before = alpha[slot]!;
      const margin = 1 - y * scores[k]!;
      if (margin > 0) loss += margin * margin;
      const gradient = before * diagonal - margin;
      const size = Math.abs(before === 0 ? Math.min(gradient, 0) : gradient);
      if (size > violation) violation = size;
      deltas[k] = 0;
      if (size < 1e-6) continue;
      alpha[slot] = Math.max(before - gradient / curvature, 0);
      deltas[k] = y * (alpha[slot]! - before);
      if (deltas[k] !== 0) moved = true;
    }
    if (moved) {
      this.#kernel.update(this.#entries, dims, this.#deltasAt);
      for (let k = 0; k < classes; k++) bias[k]! += deltas[k]!;
    }
    return { violation, loss };
  }
}

/** Values of a row; a view that the next call may overwrite. */
function rowReader({ at, dims, values }: DenseRows): (row: number) => Float32Array {
  const placeOf = (row: number) => at === undefined ? row : at[row]!;
  if (!(values instanceof Float32Array)) {
    const read = halfReader(values);
    return (row) => read(placeOf(row));
  }
  return (row) => {
    const from = placeOf(row) * dims;
    return values.subarray(from, from + dims);
  };
}

/** Mean, and weight / (deviation x square root of its block's dims), of every feature over the rows `train`. */
function standards(
  rows: DenseRows,
  train: Int32Array,
  read: (row: number) => Float32Array,
): [Float32Array, Float32Array] {
  const { dims } = rows;
  const sums = new Float64Array(dims), squares = new Float64Array(dims);
  for (const row of train) {
    const values = read(row);
    for (let d = 0; d < dims; d++) sums[d]! += values[d]!;
  }
  const count = Math.max(1, train.length);
  const mean = Float32Array.from(sums, (sum) => sum / count);
  for (const row of train) {
    const values = read(row);
    for (let d = 0; d < dims; d++) squares[d]! += (values[d]! - mean[d]!) ** 2;
  }
  const lengths = (rows.blocks ?? [{ dims, weight: 1 }]).flatMap((block) =>
    new Array<number>(block.dims).fill(block.weight / Math.sqrt(block.dims))
  );
  const scale = Float32Array.from(squares, (square, d) => {
    const deviation = Math.sqrt(square / count);
    return deviation < LEAST_DEVIATION ? 0 : lengths[d]! / deviation;
  });
  return [mean, scale];
}
