/**
 * The steps a fit is made of, as data: they run in this thread or in a Worker, with the same bits.
 *
 * @module
 */
import { documentFrequencies } from "@aisle/shared/features";
import { idfOf } from "../features/fit.ts";
import type { Arena } from "../model/arena.ts";
import type { Kernel } from "../model/kernel.ts";
import { wasmKernel } from "../model/wasm_kernel.ts";
import { countedAt, type FitPlace, weighRows } from "../model/fit_place.ts";
import { LinearFit, type LinearOptions, type PassResult } from "../model/linear.ts";

/** One step of a fit; everything it reads and writes lies in the arena. */
export type FitTask =
  /**
   * Fits idf on the fit's own rows and weighs all rows by it: a held-out row must not make its words look known.
   */
  | { readonly type: "weigh"; readonly place: FitPlace }
  | {
    readonly type: "pass";
    readonly place: FitPlace;
    readonly pass: number;
    readonly options: LinearOptions;
  }
  /** Starts from the model at `former`, whose weights and idf are in place already and which knows some of the classes. */
  | {
    readonly type: "warm";
    readonly place: FitPlace;
    readonly options: LinearOptions;
    readonly former: FitPlace;
    readonly known: readonly boolean[];
  }
  /** Scores `count` rows whose numbers lie at `rows` (i32) into `out` (f32 [count x stride]). */
  | {
    readonly type: "score";
    readonly place: FitPlace;
    readonly options: LinearOptions;
    readonly rows: number;
    readonly count: number;
    readonly out: number;
  };

/** Rows between two yields: a few milliseconds. */
const SLICE_ROWS = 128;

/** Runs tasks in one arena; keeps the kernels, because the machine optimises their code as it runs. */
export class FitTasks {
  readonly #arena: Arena;
  /** By the address of the weights they were made for. */
  readonly #kernels = new Map<number, Kernel>();

  constructor(arena: Arena) {
    this.#arena = arena;
  }

  /** Runs `task`, yielding now and then; passes give their result, other tasks null. */
  *run(task: FitTask): Generator<void, PassResult | null> {
    const arena = this.#arena, { place } = task;
    if (task.type === "weigh") {
      const counted = countedAt(arena, place.rows);
      const train = arena.i32(place.train, place.trainCount);
      const frequencies = documentFrequencies(counted, place.rows.features, train);
      yield;
      weighRows(arena, place, idfOf(frequencies, place.trainCount));
      return null;
    }
    const fit = this.#fitAt(place, task.options);
    if (task.type === "pass") return yield* steps(fit.pass(task.pass, SLICE_ROWS));
    if (task.type === "warm") {
      const { tables, rows } = task.former;
      weighRows(arena, task.former, arena.f32(tables.idf, rows.features));
      const former = this.#fitAt(task.former, task.options);
      yield* steps(fit.startFrom(former, task.known, SLICE_ROWS));
      return null;
    }
    const { stride } = place.tables;
    const rows = arena.i32(task.rows, task.count), out = arena.f32(task.out, task.count * stride);
    for (let i = 0; i < task.count; i++) {
      if (i % SLICE_ROWS === 0) yield;
      out.set(fit.scoresOf(rows[i]!), i * stride);
    }
    return null;
  }

  #fitAt(place: FitPlace, options: LinearOptions): LinearFit {
    let kernel = this.#kernels.get(place.tables.weights);
    if (kernel === undefined) {
      kernel = wasmKernel(this.#arena, place.tables);
      this.#kernels.set(place.tables.weights, kernel);
    }
    return new LinearFit(this.#arena, place, kernel, options);
  }
}

/** `work` without what it yields. */
function* steps<R>(work: Generator<unknown, R>): Generator<void, R> {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    yield;
  }
}
