/**
 * Made-up products for tests and benchmarks: each class has its own words, and every product some common ones.
 *
 * @module
 */
import { rng } from "@aisle/shared/random";
import type { TrainRow } from "../train_input.ts";

/** What to make. */
export interface MadeUpOptions {
  readonly rows: number;
  readonly classes: number;
  readonly seed?: number;
  /** Words in a text. */
  readonly words?: number;
  /** Share of a text's words that tell its class. */
  readonly telling?: number;
}

const SYLLABLES =
  "ba be bi bo bu ca ce co da de di do fa fi ga go la le li lo ma me mi mo na ne ni no pa pe " +
  "pi po ra re ri ro sa se si so ta te ti to va ve vi vo";

/** Rows of made-up words, the same for the same options; classes take turns. */
export function madeUpProducts(options: MadeUpOptions): TrainRow[] {
  const { rows, classes, seed = 1, words = 6, telling = 0.5 } = options;
  const random = rng(seed), syllables = SYLLABLES.split(" ");
  const pick = (from: number) => Math.floor(random() * from);
  const word = (number: number) => {
    let text = "", rest = number * 7919 + 17;
    for (let i = 0; i < 3; i++) {
      text += syllables[rest % syllables.length]!;
      rest = Math.floor(rest / syllables.length) + number;
    }
    return text;
  };
  return Array.from({ length: rows }, (_, row) => {
    const label = row % classes;
    const text = Array.from(
      { length: words },
      () => word(random() < telling ? 10 * label + pick(10) : 10 * classes + pick(2000)),
    ).join(" ") + ` ${pick(100)}`;
    return { text, code: `code ${label}`, group: text };
  });
}
