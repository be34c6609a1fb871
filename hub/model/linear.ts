/**
 * One-vs-rest squared hinge by dual coordinate descent, all classes at once.
 *
 * Minimises for every class k: 1/2 |w_k|^2 + C sum_i max(0, 1 - y_ik (w_k . x_i))^2, bias as a constant feature
 * (C.-J. Hsieh et al., "A dual coordinate descent method for large-scale linear SVM", ICML 2008, algorithm 1).
 * One row is scored for all classes in one walk over its n-grams, because weights lie as [feature][class].
 *
 * Not a trainer: it makes passes over rows when told. All state lies in an arena, so that a fit can move to a
 * Worker, be saved between two passes and go on with the same bits.
 *
 * @module
 */
import { rng, shuffle } from "@aisle/shared/random";
import type { Arena } from "./arena.ts";
import { type FitPlace, stateOf } from "./fit_place.ts";
import { ENTRY_BYTES, type Kernel } from "./kernel.ts";

/** Settings of the optimisation. */
export interface LinearOptions {
  readonly c: number;
  readonly seed: number;
}

/** How far a pass got. */
export interface PassResult {
  /** Largest projected gradient met; below the tolerance the fit has converged. */
  readonly violation: number;
  /** Mean over rows of the squared hinges of all classes, each met before its row's step. */
  readonly loss: number;
}

/** A fit at work: views on its place and the kernel that walks its rows. */
export class LinearFit {
  readonly place: FitPlace;
  readonly #kernel: Kernel;
  readonly #options: LinearOptions;
  readonly #offsets: Int32Array;
  readonly #wordEnds: Int32Array;
  readonly #labels: Int32Array;
  readonly #train: Int32Array;
  readonly #alpha: Float32Array;
  readonly #weights: Float32Array;
  readonly #bias: Float32Array;
  readonly #scales: Float32Array;
  readonly #scores: Float32Array;
  readonly #deltas: Float32Array;

  /** The arena must not grow while the fit is used. */
  constructor(arena: Arena, place: FitPlace, kernel: Kernel, options: LinearOptions) {
    this.place = place;
    this.#kernel = kernel;
    this.#options = options;
    const { rows, tables: { stride }, trainCount } = place;
    this.#offsets = arena.i32(rows.offsets, rows.rows + 1);
    this.#wordEnds = arena.i32(rows.wordEnds, rows.rows);
    this.#labels = arena.i32(rows.labels, rows.rows);
    this.#train = arena.i32(place.train, trainCount);
    const state = stateOf(arena, place);
    this.#weights = state.weights;
    this.#alpha = state.alpha;
    this.#bias = state.bias;
    this.#scales = arena.f32(place.scales, rows.rows * 2);
    this.#scores = arena.f32(place.scores, stride);
    this.#deltas = arena.f32(place.deltas, stride);
  }

  /**
   * Makes pass number `pass` (from 0) in steps of `chunkRows` rows; yields between them, so that a caller on an
   * event loop can breathe. The order of rows follows from seed and pass alone.
   */
  *pass(pass: number, chunkRows = Infinity): Generator<number, PassResult> {
    const count = this.place.trainCount;
    const order = Int32Array.from({ length: count }, (_, i) => i);
    shuffle(order, rng(this.#options.seed + Math.imul(pass + 1, 0x9e3779b1)));
    let violation = 0, loss = 0;
    for (let done = 0; done < count; done++) {
      if (done > 0 && done % chunkRows === 0) yield done;
      const at = order[done]!;
      const length = this.#score(this.#train[at]!);
      loss += this.#step(at, length);
      violation = Math.max(violation, this.#violation);
    }
    return { violation, loss: count === 0 ? 0 : loss / count };
  }

  /** Scores of `row` for all classes; a view that the next call overwrites. */
  scoresOf(row: number): Float32Array {
    this.#score(row);
    return this.#scores;
  }

  /**
   * Starts from another model's opinion of the rows instead of from zero.
   *
   * At the optimum alpha = 2C max(0, 1 - y s), so the scores of a model that is near it give alphas near it. The
   * weights follow from the alphas, and each class is scaled so that its dual objective is the best along that
   * line: never worse than starting from zero, and the optimum stays the same one.
   *
   * @param former scores the same rows; its fit shares the arena
   * @param known  whether `former` knows the class
   */
  *startFrom(
    former: LinearFit,
    known: readonly boolean[],
    chunkRows = Infinity,
  ): Generator<number, void> {
    const { trainCount, entries, deltas: deltasAt, tables: { stride } } = this.place;
    const alpha = this.#alpha, deltas = this.#deltas, bias = this.#bias;
    const sums = new Float64Array(stride), squares = new Float64Array(stride);
    for (let at = 0; at < trainCount; at++) {
      if (at > 0 && at % chunkRows === 0) yield at;
      const row = this.#train[at]!, label = this.#labels[row]!;
      const scores = former.scoresOf(row);
      for (let k = 0; k < known.length; k++) {
        const y = k === label ? 1 : -1, slot = at * stride + k;
        const margin = known[k] ? 1 - y * scores[k]! : 0;
        alpha[slot] = 2 * this.#options.c * Math.max(0, margin);
        deltas[k] = y * alpha[slot]!;
        bias[k]! += deltas[k]!;
        sums[k]! += alpha[slot]!;
        squares[k]! += alpha[slot]! ** 2;
      }
      this.#kernel.update(entries, this.#score(row), deltasAt);
    }
    deltas.fill(0);
    this.#rescale(sums, squares);
  }

  /** Scales each class by the factor that minimises its dual objective along the line through zero. */
  #rescale(alphaSums: Float64Array, alphaSquares: Float64Array): void {
    const { stride } = this.place.tables, weights = this.#weights;
    const lengths = new Float64Array(stride), factors = new Float64Array(stride);
    for (let i = 0; i < weights.length; i++) lengths[i % stride]! += weights[i]! ** 2;
    for (let k = 0; k < stride; k++) {
      const bend = lengths[k]! + this.#bias[k]! ** 2 + alphaSquares[k]! / (2 * this.#options.c);
      factors[k] = bend > 0 ? alphaSums[k]! / bend : 0;
      this.#bias[k]! *= factors[k]!;
    }
    for (let i = 0; i < weights.length; i++) weights[i]! *= factors[i % stride]!;
    for (let i = 0; i < this.#alpha.length; i++) this.#alpha[i]! *= factors[i % stride]!;
  }

  /** Loads `row`, scores it into the scratch and gives the number of its entries. */
  #score(row: number): number {
    const { place } = this, kernel = this.#kernel;
    const begin = this.#offsets[row]!,
      wordEnd = this.#wordEnds[row]!,
      end = this.#offsets[row + 1]!;
    const { packed } = place.rows;
    kernel.load(packed + begin * 4, wordEnd - begin, this.#scales[2 * row]!, place.entries);
    const charEntries = place.entries + (wordEnd - begin) * ENTRY_BYTES;
    kernel.load(packed + wordEnd * 4, end - wordEnd, this.#scales[2 * row + 1]!, charEntries);
    this.#scores.set(this.#bias);
    kernel.score(place.entries, end - begin, place.scores);
    return end - begin;
  }

  #violation = 0;

  /** One dual step of every class on the scored row at `at` of the order; gives the row's loss before it. */
  #step(at: number, length: number): number {
    const { place } = this, row = this.#train[at]!, label = this.#labels[row]!;
    const { stride } = place.tables, { classes } = place.rows;
    const scores = this.#scores, deltas = this.#deltas, alpha = this.#alpha;
    // |x|^2 of the row, bias included, plus the diagonal 1 / 2C of the squared hinge's dual
    const diagonal = 1 / (2 * this.#options.c);
    const curvature = 1 + diagonal +
      (this.#scales[2 * row]! > 0 ? 1 : 0) + (this.#scales[2 * row + 1]! > 0 ? 1 : 0);
    let moved = false, loss = 0, violation = 0;
    for (let k = 0; k < classes; k++) {
      const y = k === label ? 1 : -1, slot = at * stride + k, before = alpha[slot]!;
      const margin = 1 - y * scores[k]!;
      if (margin > 0) loss += margin * margin;
      const gradient = before * diagonal - margin;
      const projected = before === 0 ? Math.min(gradient, 0) : gradient;
      const size = Math.abs(projected);
      if (size > violation) violation = size;
      deltas[k] = 0;
      // Smaller moves than the last digits of a float32 score would only add rounding
      if (size < 1e-6) continue;
      alpha[slot] = Math.max(before - gradient / curvature, 0);
      deltas[k] = y * (alpha[slot]! - before);
      if (deltas[k] !== 0) moved = true;
    }
    this.#violation = violation;
    if (moved) {
      this.#kernel.update(place.entries, length, place.deltas);
      for (let k = 0; k < classes; k++) this.#bias[k]! += deltas[k]!;
    }
    return loss;
  }
}
