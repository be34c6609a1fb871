/**
 * Why a product got its first guess: the score taken apart into its words.
 *
 * A linear score is a sum over features, and each feature came from characters of the text (`trace.ts` of
 * `shared/features`), so that bias and words add up to the score. Scores, not confidences: the calibration and the
 * other classes' scores make a confidence of them.
 *
 * @module
 */
import {
  type FeatureSpec,
  type ProductLayout,
  productLayout,
  type ProductTexts,
  type TracedText,
  type Tracer,
} from "../features/mod.ts";
import type { TextWeights } from "./text_weights.ts";

/** Words and n-grams told at most; what the others add is told as one sum. */
export const WHY_WORDS = 20, WHY_GRAMS = 10;
/** Places of one word told at most. */
const PLACES = 5;
/** Punctuation around a word; `c++`, `3,5` and emoji stay whole. */
const AROUND = /^[.,;:!?()[\]{}"'«»“”‘’…]+|[.,;:!?()[\]{}"'«»“”‘’…]+$/g;

/** What something adds to the score of the first guess, and to its lead over the second (null without a second). */
export interface Contribution {
  readonly contribution: number;
  readonly margin: number | null;
}

/** Where a word stands: `[start, end)` in UTF-16 units of the field's normalised text. */
export interface WordPlace {
  readonly field: keyof ProductTexts;
  readonly start: number;
  readonly end: number;
}

/** A word as it stands in the normalised text, with everything that lies in it: itself, its characters, its pairs. */
export interface WordShare extends Contribution {
  readonly word: string;
  /** How often it stands in designation and description together. */
  readonly count: number;
  /** The first of its places. */
  readonly places: readonly WordPlace[];
}

/** One feature; characters show the spaces around a word. Another view of the same sum: words contain these. */
export interface GramShare extends Contribution {
  readonly kind: "words" | "characters";
  readonly text: string;
}

/** bias + words + rest = score, and the same for the margins. */
export interface Explanation {
  /** Class explained, and the one it is compared with; null where there is only one class. */
  readonly first: number;
  readonly second: number | null;
  readonly score: Contribution;
  readonly bias: Contribution;
  /** Those that weigh most, for or against, first. */
  readonly words: readonly WordShare[];
  /** All words that are not listed, together. */
  readonly rest: Contribution & { readonly words: number };
  readonly ngrams: readonly GramShare[];
}

/** What {@linkcode explain} explains by. */
export interface ExplainBy {
  readonly spec: FeatureSpec;
  readonly tracer: Tracer;
  readonly weights: TextWeights;
  readonly rowOfBucket: Int32Array;
  /** Scores of the product by a sentence encoder, one a class. */
  readonly sentences?: Float32Array | null;
}

/** Two sums that grow together. */
class Sum {
  contribution = 0;
  margin = 0;

  add(contribution: number, margin: number): void {
    this.contribution += contribution;
    this.margin += margin;
  }
}

/**
 * Takes the score of class `first` for `product` apart, and its lead over class `second`.
 *
 * @param by its `sentences` are what a sentence encoder adds to this product's scores: they count as bias, because no
 *   word carries them
 */
export function explain(
  by: ExplainBy,
  product: ProductTexts,
  first: number,
  second: number | null,
): Explanation {
  const { weights, rowOfBucket, sentences } = by;
  const layout = productLayout(by.spec, product);
  const traced = by.tracer.trace(layout.text);
  const told = ({ contribution, margin }: Sum): Contribution => ({
    contribution,
    margin: second === null ? null : margin,
  });

  const entries = Array.from(traced.encoded.indices, (bucket, e) => {
    const sum = new Sum(), row = rowOfBucket[bucket]!;
    if (row !== 0) {
      const value = traced.encoded.weights[e]!;
      const ours = weights.contribution(row, value, first);
      sum.add(ours, second === null ? 0 : ours - weights.contribution(row, value, second));
    }
    return sum;
  });
  const { words, wordAt } = wordsOf(layout);
  const sums = words.map(() => new Sum());
  traced.owners.forEach((entry, j) => {
    const { contribution, margin } = entries[entry]!, part = traced.parts[j]!;
    sums[wordAt[traced.positions[j]!]!]!.add(contribution * part, margin * part);
  });

  const bias = new Sum(), score = new Sum(), rest = new Sum();
  const biasOf = (k: number) => weights.bias[k]! + (sentences?.[k] ?? 0);
  bias.add(biasOf(first), second === null ? 0 : biasOf(first) - biasOf(second));
  const order = heaviest(sums);
  for (const i of order.slice(WHY_WORDS)) rest.add(sums[i]!.contribution, sums[i]!.margin);
  for (const { contribution, margin } of [bias, ...sums]) score.add(contribution, margin);
  return {
    first,
    second,
    score: told(score),
    bias: told(bias),
    words: order.slice(0, WHY_WORDS).map((i) => ({ ...words[i]!, ...told(sums[i]!) })),
    rest: { words: Math.max(0, words.length - WHY_WORDS), ...told(rest) },
    ngrams: heaviest(entries).slice(0, WHY_GRAMS)
      .filter((e) => entries[e]!.contribution !== 0)
      .map((e) => ({ ...gram(traced, layout.text, e), ...told(entries[e]!) })),
  };
}

/** Numbers of `sums`, the largest contribution of either sign first; of equal ones the earlier first. */
function heaviest(sums: readonly Sum[]): number[] {
  const weight = (i: number) => Math.abs(sums[i]!.contribution);
  return [...sums.keys()].sort((a, b) => weight(b) - weight(a));
}

/** The distinct words of a product, and which of them stands at each unit of its text. */
function wordsOf({ text, parts }: ProductLayout) {
  const words: { word: string; count: number; places: WordPlace[] }[] = [];
  const numbers = new Map<string, number>();
  const wordAt = new Int32Array(text.length);
  const seen = new Set<keyof ProductTexts>();
  for (const { field, start, length } of parts) {
    const repeated = seen.has(field);
    seen.add(field);
    for (const { 0: token, index } of text.slice(start, start + length).matchAll(/\S+/g)) {
      const bare = token.replace(AROUND, "");
      const word = bare === "" ? token : bare;
      let number = numbers.get(word);
      if (number === undefined) {
        numbers.set(word, number = words.length);
        words.push({ word, count: 0, places: [] });
      }
      wordAt.fill(number, start + index, start + index + token.length);
      if (repeated) continue;
      const found = words[number]!;
      const from = index + token.indexOf(word);
      found.count++;
      if (found.places.length < PLACES) {
        found.places.push({ field, start: from, end: from + word.length });
      }
    }
  }
  return { words, wordAt };
}

/** Entry `e` as a person reads it. */
function gram(traced: TracedText, text: string, e: number): Pick<GramShare, "kind" | "text"> {
  const padded = ` ${text} `.slice(traced.starts[e]! + 1, traced.ends[e]! + 1);
  return { kind: e < traced.wordEnd ? "words" : "characters", text: padded };
}
