/**
 * What a bundle says of one product, in codes and names: for people who try it.
 *
 * @module
 */
import type { Guess, Heatmap } from "@aisle/shared/contract";
import { AppError } from "@aisle/shared/errors";
import type { TrialProduct } from "../trial/mod.ts";
import type { HubDeps } from "./ports.ts";

/** A word with what it adds to the score of the first guess. */
export interface TrialWord {
  readonly word: string;
  readonly count: number;
  readonly contribution: number;
}

/** One bundle's answer. */
export interface Trial {
  readonly digest: string;
  /** Best first. */
  readonly top: readonly Guess[];
  readonly confidence: number;
  readonly decision: "auto" | "review";
  readonly route: "text" | "image" | "fused";
  readonly picture: "none" | "skipped" | "used" | "invalid";
  /** Why the picture is `invalid`; else null. */
  readonly pictureProblem: string | null;
  /** Words that weigh most, for or against, first; empty where there was no text. */
  readonly words: readonly TrialWord[];
  /** Null where no picture was read. */
  readonly heatmap: Heatmap | null;
  readonly ms: number;
}

/** What to try. */
export interface TrialInput {
  readonly catalogue: string;
  /** The champion where absent. */
  readonly digest?: string | undefined;
  readonly product: TrialProduct;
}

/** Tries a product. @throws {AppError} `not-found`, `not-ready`, `overloaded`, `bundle-invalid` */
export async function tryProduct(
  hub: HubDeps,
  { catalogue, digest: asked, product }: TrialInput,
): Promise<Trial> {
  const { registry, trial } = hub;
  if (trial === undefined) {
    throw new AppError("not-ready", "Cannot try a product: this process opens no bundles");
  }
  const digest = asked ?? (await registry.aliases.get(catalogue)).champion;
  if (digest === null) {
    throw new AppError("not-found", `Cannot try a product: ${catalogue} has no champion yet`);
  }
  if (await registry.models.get(digest, { catalogue }) === null) {
    throw new AppError("not-found", `Cannot try a product: ${catalogue} has no bundle ${digest}`);
  }
  const begunMs = hub.now();
  const { scored, classes, fit } = await trial.score(digest, product);
  const ms = hub.now() - begunMs;
  const { labels } = await registry.labels.list(catalogue);
  const names = new Map(labels.map(({ code, name }) => [code, name]));
  const { heatmap, why } = scored;
  return {
    digest,
    top: scored.top.map(({ index, confidence }) => {
      const code = classes[index]!;
      return { code, label: names.get(code) ?? code, confidence };
    }),
    confidence: scored.confidence,
    decision: scored.decision,
    route: scored.route,
    picture: scored.picture,
    pictureProblem: scored.pictureProblem ?? null,
    words: (why?.words ?? []).map(({ word, count, contribution }) => ({
      word,
      count,
      contribution,
    })),
    heatmap: heatmap === undefined ? null : {
      fit: fit ?? "stretch",
      width: heatmap.width,
      height: heatmap.height,
      values: [...heatmap.values],
    },
    ms,
  };
}
