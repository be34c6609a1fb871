/**
 * What products look like, as counts that add up and say nothing about any one of them: the same for the rows that a
 * model was trained on and for those that edges are asked about, so that the two compare.
 *
 * No language is assumed: lengths are in UTF-16 units, and unknown is what the model's own table has never seen.
 *
 * @module
 */
import { z } from "zod";

/** Bins of text lengths: none, 1, 2-3, 4-7, and so on by powers of two. */
export const LENGTH_BINS = 17;
/** Bins of the share of unknown n-grams: ten equal ones. */
export const UNKNOWN_BINS = 10;
/** Bins of picture files: under 1 KiB, 1-2 KiB, and so on by powers of two. */
export const PICTURE_BINS = 16;

const count = z.int().nonnegative();

/** See the module's note. */
export const InputStats = z.strictObject({
  products: count,
  /** By length of title and description together; bin 0 counts the products without a text. */
  length: z.array(count).length(LENGTH_BINS),
  /** Products with n-grams, by the share of them that the model has never seen. */
  unknown: z.array(count).length(UNKNOWN_BINS),
  /** Products with a picture, by the size of its file. */
  pictures: z.array(count).length(PICTURE_BINS),
});
/** Parsed form of {@linkcode InputStats}. */
export type InputStats = z.infer<typeof InputStats>;

/** One product as the counts see it. */
export interface InputFacts {
  readonly designation: string;
  readonly description: string;
  /** Share of its n-grams that the model has never seen; undefined where nobody looked, or there are none. */
  readonly unknown?: number | undefined;
  /** Bytes of the picture's file; null without one. */
  readonly pictureBytes: number | null;
}

/** Counts of no product. */
export function noInputs(): InputStats {
  const zeros = (bins: number) => new Array<number>(bins).fill(0);
  return {
    products: 0,
    length: zeros(LENGTH_BINS),
    unknown: zeros(UNKNOWN_BINS),
    pictures: zeros(PICTURE_BINS),
  };
}

/** Counts one product, in place. */
export function addInput(stats: InputStats, facts: InputFacts): void {
  stats.products++;
  stats.length[binOfPower(facts.designation.length + facts.description.length, LENGTH_BINS)]!++;
  const { unknown, pictureBytes } = facts;
  if (unknown !== undefined) {
    stats.unknown[Math.min(UNKNOWN_BINS - 1, Math.floor(unknown * UNKNOWN_BINS))]!++;
  }
  if (pictureBytes !== null) {
    stats.pictures[binOfPower(Math.floor(pictureBytes / 1024), PICTURE_BINS)]!++;
  }
}

/** Both together; neither changes. */
export function mergeInputs(a: InputStats, b: InputStats): InputStats {
  const sum = (x: readonly number[], y: readonly number[]) => x.map((value, i) => value + y[i]!);
  return {
    products: a.products + b.products,
    length: sum(a.length, b.length),
    unknown: sum(a.unknown, b.unknown),
    pictures: sum(a.pictures, b.pictures),
  };
}

/** 0 for 0, else 1 + the exponent of the power of two below; the last bin takes all that is larger. */
function binOfPower(value: number, bins: number): number {
  return value < 1 ? 0 : Math.min(bins - 1, 1 + Math.floor(Math.log2(value)));
}
