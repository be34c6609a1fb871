/**
 * Runs one fit after another in the same room, pass by pass, until each has converged.
 *
 * @module
 */
import type { FeatureSpec } from "@aisle/shared/features";
import { documentFrequencies } from "@aisle/shared/features";
import type { Arena } from "../model/arena.ts";
import { countedAt, type FitPlace, placeFit, startFit, stateOf } from "../model/fit_place.ts";
import { idfOf } from "../features/fit.ts";
import type { WarmStart } from "../model/text_model.ts";
import type { Params } from "../params.ts";
import type { PlannedFit } from "./fit_plan.ts";
import type { FitRunner } from "./fit_runner.ts";
import type { PreparedRows } from "./prepare.ts";
import type { TrainEvent } from "./train_input.ts";

/** What all lanes of a run share. */
export interface LaneContext {
  readonly arena: Arena;
  readonly prepared: PreparedRows;
  readonly classes: readonly string[];
  readonly params: Params["train"];
  readonly warm: WarmStart | null;
  readonly emit: (event: TrainEvent) => void;
  /** Told after every pass; `save` brings the fit's saved state up to date. */
  readonly onPass: (save: () => void) => void;
}

/** A place to fit in, with its runner. */
export class FitLane {
  readonly #context: LaneContext;
  readonly #runner: FitRunner;
  readonly #room: FitPlace;
  readonly #former: FitPlace | null;
  readonly #held: number;
  readonly #out: number;

  /** Takes all its memory now, for the largest of `fits`. */
  constructor(context: LaneContext, runner: FitRunner, fits: readonly PlannedFit[]) {
    this.#context = context;
    this.#runner = runner;
    const { arena, prepared: { place } } = context;
    const largest = (size: (fit: PlannedFit) => number) => Math.max(...fits.map(size));
    this.#room = placeFit(arena, place, largest((fit) => fit.train.length));
    const held = largest((fit) => fit.held.length);
    this.#held = arena.take(held * 4);
    this.#out = arena.take(held * this.#room.tables.stride * 4);
    const needsFormer = context.warm !== null &&
      fits.some((fit) => fit.id === "final" && fit.passes === 0);
    this.#former = needsFormer ? placeFit(arena, place, 0) : null;
  }

  /** Runs `fit` to its end; it has saved [weights, bias] then, or [scores] of the held-out rows. */
  async run(fit: PlannedFit): Promise<void> {
    const { arena, params } = this.#context;
    const place = await this.#start(fit);
    const options = { c: params.c, seed: params.seed };
    while (fit.passes < params.passes) {
      const result = await this.#runner.run({ type: "pass", place, pass: fit.passes, options });
      fit.passes++;
      if (result === null) throw new TypeError("A pass gives a result");
      this.#report(fit, result);
      if (result.violation < params.tolerance) break;
      this.#context.onPass(() => {
        const { weights, bias, alpha } = stateOf(arena, place);
        const arrays = [weights.slice(), bias.slice(), alpha.slice()];
        fit.saved = { id: fit.id, passes: fit.passes, done: false, arrays };
      });
    }
    const arrays = await this.#outcome(fit, place);
    fit.saved = { id: fit.id, passes: fit.passes, done: true, arrays };
    this.#context.onPass(() => {});
  }

  /** A place with the fit's rows weighed, at zero, at the former model, or where a checkpoint left it. */
  async #start(fit: PlannedFit): Promise<FitPlace> {
    const { arena, prepared, params } = this.#context;
    const place = startFit(arena, this.#room, fit.train);
    await this.#runner.run({ type: "weigh", place });
    const state = stateOf(arena, place);
    const [weights, bias, alpha] = fit.saved.arrays;
    if (weights !== undefined && bias !== undefined && alpha !== undefined) {
      state.weights.set(weights);
      state.bias.set(bias);
      state.alpha.set(alpha);
    } else if (this.#former !== null && this.#context.warm !== null && fit.id === "final") {
      const { former, known } = this.#placeFormer(this.#former, this.#context.warm, prepared);
      const options = { c: params.c, seed: params.seed };
      await this.#runner.run({ type: "warm", place, former, known, options });
    }
    return place;
  }

  #report(fit: PlannedFit, result: { readonly violation: number; readonly loss: number }): void {
    const { emit } = this.#context;
    for (const name of ["loss", "violation"] as const) {
      emit({ type: "metric", name: `${fit.id}.${name}`, step: fit.passes, value: result[name] });
    }
  }

  async #outcome(fit: PlannedFit, place: FitPlace): Promise<Float32Array[]> {
    const { arena, params } = this.#context;
    const state = stateOf(arena, place);
    if (fit.id === "final") return [state.weights.slice(), state.bias.slice()];
    const count = fit.held.length, options = { c: params.c, seed: params.seed };
    arena.i32(this.#held, count).set(fit.held);
    await this.#runner.run({
      type: "score",
      place,
      options,
      rows: this.#held,
      count,
      out: this.#out,
    });
    return [arena.f32(this.#out, count * place.tables.stride).slice()];
  }

  /** Puts the former model's weights into `room`, by the features and classes of this run. */
  #placeFormer(
    room: FitPlace,
    warm: WarmStart,
    { buckets }: PreparedRows,
  ): { former: FitPlace; known: boolean[] } {
    const { arena, classes } = this.#context;
    const idf = Float32Array.from(buckets, (bucket) => warm.spec.idf[bucket]!);
    const former = startFit(arena, room, new Int32Array(0));
    arena.f32(former.tables.idf, idf.length).set(idf);
    const { weights, bias } = stateOf(arena, former);
    const { stride } = former.tables;
    const columns = classes.map((code) => warm.classes.indexOf(code));
    buckets.forEach((bucket, feature) => {
      columns.forEach((column, k) => {
        if (column < 0) return;
        weights[feature * stride + k] = warm.weights[bucket * warm.classes.length + column]!;
      });
    });
    columns.forEach((column, k) => bias[k] = column < 0 ? 0 : warm.bias[column]!);
    return { former, known: columns.map((column) => column >= 0) };
  }
}

/** The spec whose idf stands in the final model: by bucket, unseen ones included. */
export function finalSpec(
  recipe: Omit<FeatureSpec, "idf" | "documents">,
  { arena, prepared }: Pick<LaneContext, "arena" | "prepared">,
): FeatureSpec {
  const { place, buckets } = prepared;
  const counted = countedAt(arena, place);
  const byFeature = documentFrequencies(counted, place.features);
  const frequencies = new Int32Array(1 << recipe.hashBits);
  buckets.forEach((bucket, feature) => frequencies[bucket] = byFeature[feature]!);
  return { ...recipe, documents: place.rows, idf: idfOf(frequencies, place.rows) };
}
