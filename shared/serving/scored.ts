/**
 * What goes into a prediction and what comes out of it.
 *
 * @module
 */
import type { ProductTexts } from "../features/mod.ts";
import type { Explanation } from "./explain.ts";
import type { Heatmap } from "./heatmap.ts";

/** Guesses given for each product (fewer where there are fewer classes). */
export const TOP = 5;

/** The texts of a product, and whether the answer shall say why. */
export interface ProductText extends ProductTexts {
  readonly explain?: boolean | undefined;
}

/** Milliseconds of one run, which its products share: texts to numbers, pictures to pixels, the model itself. */
export interface Took {
  encodeMs: number;
  decodeMs: number;
  inferMs: number;
}

/** Nothing yet. */
export const tookNothing = (): Took => ({ encodeMs: 0, decodeMs: 0, inferMs: 0 });

/** A product as models read it. */
export interface ProductContent extends ProductText {
  /** The picture file's bytes; they are decoded only where the text leaves a doubt, or to explain. */
  readonly picture?: Uint8Array<ArrayBuffer> | null | undefined;
  /** SHA-256 of the picture's file, where who asks knows it: by it the picture is known again. */
  readonly pictureDigest?: string | undefined;
  /** Whether the answer shall bring the confidence of every class. */
  readonly everyClass?: boolean | undefined;
}

/** What an answer rests on. */
export type Route = "text" | "image" | "fused";

/**
 * What became of the picture: there was none, the answer needed none (a sure text, a bundle that reads no pictures), it
 * was used, or it could not be read.
 */
export type PictureUse = "none" | "skipped" | "used" | "invalid";

/** One guess; `index` counts in the bundle's classes. */
export interface ScoredGuess {
  readonly index: number;
  readonly confidence: number;
}

/** The first guess of each branch that was asked; null for one that was not. */
export interface Branches {
  readonly text: ScoredGuess | null;
  readonly image: ScoredGuess | null;
  readonly fused: ScoredGuess | null;
}

/** The answer to one product. */
export interface Scored {
  /** Best first; of equal ones the smaller index first. */
  readonly top: readonly ScoredGuess[];
  /** Confidence of the first guess. */
  readonly confidence: number;
  /** `auto` where the confidence reaches the bundle's threshold. */
  readonly decision: "auto" | "review";
  readonly route: Route;
  readonly picture: PictureUse;
  /** Why the picture could not be read; only where it is `invalid`. */
  readonly pictureProblem?: string;
  /** Only where the picture was used and had been read before. */
  readonly pictureKnown?: true;
  readonly branches: Branches;
  /** Only where it was asked for: one a class. */
  readonly confidences?: Float32Array;
  /** Share of the text's n-grams that training never saw; absent where there are none. */
  readonly unseen?: number;
  /** Only where it was asked for: the words, of the first guess. */
  readonly why?: Explanation;
  /** Only where it was asked for and a picture was read: the places, of the first guess. */
  readonly heatmap?: Heatmap;
}

/** Confidences of one product, every class of every branch that was asked. */
export interface Assessed {
  readonly route: Route;
  readonly picture: PictureUse;
  readonly pictureProblem: string | null;
  /** Of the route; one a class. */
  readonly confidences: Float64Array;
  /** Null where the product has no text. */
  readonly text: Float64Array | null;
  /** Both null where no picture was read. */
  readonly image: Float64Array | null;
  readonly fused: Float64Array | null;
}

/** The first guesses of `confidences`, best first. @throws {RangeError} where one is no number */
export function topGuesses(confidences: Float64Array, most: number, digest: string): ScoredGuess[] {
  const top: ScoredGuess[] = [];
  for (let index = 0; index < confidences.length; index++) {
    const confidence = confidences[index]!;
    if (!(confidence >= 0)) {
      throw new RangeError(`Cannot score a product: bundle ${digest} gives no number`);
    }
    let at = top.length;
    while (at > 0 && top[at - 1]!.confidence < confidence) at--;
    if (at < most) top.splice(at, 0, { index, confidence });
    if (top.length > most) top.pop();
  }
  return top;
}

/** Whether a text that is this sure is answered without its picture. */
export function skipsPicture(textConfidence: number, threshold: number | null): boolean {
  return threshold !== null && textConfidence >= threshold;
}

/** Whether `texts` say anything at all. */
export function hasText({ designation, description }: ProductTexts): boolean {
  return designation.trim() !== "" || description.trim() !== "";
}
