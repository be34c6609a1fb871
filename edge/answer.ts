/**
 * A model's answer in codes and names: class numbers become what a release calls them.
 *
 * @module
 */
import type { Guess, Heatmap, PictureUse, Route, Why } from "@aisle/shared/contract";
import type { Scored, ScoredGuess, Took } from "./model_port.ts";

/** One product's answer, with the digest of the bundle that gave it. */
export interface Answer {
  readonly digest: string;
  readonly code: string;
  readonly label: string;
  readonly confidence: number;
  readonly decision: "auto" | "review";
  readonly top: Guess[];
  readonly route: Route;
  readonly picture: PictureUse;
  /** Why the picture is `invalid`. */
  readonly pictureProblem?: string | undefined;
  readonly branches: Partial<Record<Route, Guess>>;
  /** Share of the text's n-grams that training never saw; absent where there are none. */
  readonly unseen?: number | undefined;
  /** What the run took that gave it; absent for an answer that was kept. */
  readonly took?: Readonly<Took> | undefined;
  /** Every class, in the bundle's order; only where they were asked for. */
  readonly every?: { readonly codes: readonly string[]; readonly confidences: Float32Array };
  readonly why?: Why | undefined;
  readonly heatmap?: Heatmap | undefined;
}

/** What a bundle's class numbers mean. */
export interface Naming {
  readonly digest: string;
  /** Codes, by class number. */
  readonly classes: readonly string[];
  /** How pictures were laid into the square that the model reads. */
  readonly fit: Heatmap["fit"];
  /** Names by code; a class that has lost its name goes by its code. */
  readonly names: ReadonlyMap<string, string>;
}

/** Digits of a heat map's values on the wire. */
const HEAT_STEPS = 1_000;
const ROUTES = ["text", "image", "fused"] as const;

/** `score` in codes and names. */
export function answerOf(score: Scored, naming: Naming): Answer {
  const codeOf = (index: number) => {
    const code = naming.classes[index];
    if (code === undefined) throw new RangeError(`the model named class ${index}`);
    return code;
  };
  const guess = ({ index, confidence }: ScoredGuess): Guess => {
    const code = codeOf(index);
    return { code, label: naming.names.get(code) ?? code, confidence };
  };
  const top = score.top.map(guess);
  const [best] = top;
  if (best === undefined) throw new RangeError("the model named no class");
  const { why, texts, heatmap } = score;
  return {
    digest: naming.digest,
    code: best.code,
    label: best.label,
    confidence: score.confidence,
    decision: score.decision,
    top,
    route: score.route,
    picture: score.picture,
    ...(score.pictureProblem === undefined ? {} : { pictureProblem: score.pictureProblem }),
    branches: branchGuesses(score.branches, guess),
    ...(score.unseen === undefined ? {} : { unseen: score.unseen }),
    ...(score.took === undefined ? {} : { took: score.took }),
    ...(score.confidences === undefined
      ? {}
      : { every: { codes: naming.classes, confidences: score.confidences } }),
    ...(why === undefined || texts === undefined ? {} : { why: whyOf(why, texts, codeOf) }),
    ...(heatmap === undefined ? {} : {
      heatmap: {
        fit: naming.fit,
        width: heatmap.width,
        height: heatmap.height,
        values: heatmap.values.map((x) => Math.round(x * HEAT_STEPS) / HEAT_STEPS),
      },
    }),
  };
}

function branchGuesses(
  branches: Scored["branches"],
  guess: (scored: ScoredGuess) => Guess,
): Partial<Record<Route, Guess>> {
  const named: Partial<Record<Route, Guess>> = {};
  for (const route of ROUTES) {
    const scored = branches[route];
    if (scored !== null) named[route] = guess(scored);
  }
  return named;
}

function whyOf(
  why: NonNullable<Scored["why"]>,
  texts: NonNullable<Scored["texts"]>,
  codeOf: (index: number) => string,
): Why {
  const { first, second, score, bias, words, rest, ngrams } = why;
  return {
    code: codeOf(first),
    against: second === null ? null : codeOf(second),
    score,
    bias,
    texts,
    words: words.map((word) => ({ ...word, places: [...word.places] })),
    rest,
    ngrams: [...ngrams],
  };
}
