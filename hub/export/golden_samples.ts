/**
 * Golden samples: inputs with the confidences that every device must find before it may serve a bundle.
 *
 * Their texts are made up, syllables drawn from a fixed seed, so that no customer's product travels with a model. They
 * prove arithmetic and the road from text to numbers, not quality: between them they use accents, digits, HTML, emoji,
 * text with and without a description and a long one, and they are chosen so that as many classes as possible win one.
 * The confidences are computed here from the rounded table in plain double precision, independently of any runtime.
 *
 * @module
 */
import { type Calibration, confidences, type GoldenSample } from "@aisle/shared/bundle";
import { encode, type FeatureSpec, productText, type ProductTexts } from "@aisle/shared/features";
import { rng } from "@aisle/shared/random";
import type { SentenceScoresOf } from "./sentence_export.ts";
import type { ExportedText } from "./text_graph.ts";

/** The parts of a model that decide its confidences. */
export interface ScoringParts {
  readonly spec: FeatureSpec;
  readonly exported: Pick<ExportedText, "table" | "rowOfBucket">;
  readonly bias: Float32Array;
  readonly calibration: Calibration;
  /** What a sentence encoder adds to a product's scores; absent where there is none. */
  readonly sentences?: SentenceScoresOf;
}

/** Candidates made for each sample kept. */
const CANDIDATES = 12;
const SYLLABLES =
  "ba be bi bo bou ca cha che co cra da de di do dra é è ê ei en er fa fi fo ga gi gra ha he in ion ja ju ka la le li lo " +
  "ma me mi mo na ne ni no nou œ ou pa pe pi plo po pre qua que ra re ri ro sa sch se si so sta ta te ti to tra tu ü va ve vi vo " +
  "wa we xi ya ze zo";

/** `count` samples for the model of `parts`; equal models give equal samples. */
export function goldenSamples(parts: ScoringParts, count: number): GoldenSample[] {
  const pool = goldenCandidates(count).map((texts, order) => {
    const found = scoreProduct(parts, texts);
    const best = found.indexOf(Math.max(...found));
    return { order, best, sample: { ...texts, confidences: [...found] } };
  });
  // One of each winning class before the second of any; within a class in the order they were made
  const seen = new Map<number, number>();
  const ranked = pool.map((candidate) => {
    const round = seen.get(candidate.best) ?? 0;
    seen.set(candidate.best, round + 1);
    return { ...candidate, round };
  });
  ranked.sort((a, b) => a.round - b.round || a.order - b.order);
  return ranked.slice(0, count).map(({ sample }) => sample);
}

/** The texts among which {@linkcode goldenSamples} chooses `count`. */
export function goldenCandidates(count: number): ProductTexts[] {
  return candidates(count * CANDIDATES);
}

/** Confidences of one product, one a class, in double precision. */
function scoreProduct(parts: ScoringParts, texts: ProductTexts): Float64Array {
  const out = new Float64Array(parts.bias.length);
  confidences(textScores(parts, texts), parts.calibration, out);
  return out;
}

/** Scores of one product, one a class, in double precision. */
export function textScores(
  { spec, exported: { table, rowOfBucket }, bias, sentences }: Omit<ScoringParts, "calibration">,
  texts: ProductTexts,
): Float64Array {
  const classes = bias.length;
  const { indices, weights } = encode(spec, [productText(spec, texts)]);
  const scores = Float64Array.from(bias);
  for (let i = 0; i < indices.length; i++) {
    const from = rowOfBucket[indices[i]!]! * classes;
    if (from === 0) continue;
    for (let k = 0; k < classes; k++) scores[k]! += weights[i]! * table[from + k]!;
  }
  const added = sentences?.(texts);
  if (added !== undefined) { for (let k = 0; k < classes; k++) scores[k]! += added[k]!; }
  return scores;
}

function candidates(count: number): { designation: string; description: string }[] {
  const random = rng(0x601d);
  const syllables = SYLLABLES.split(" ");
  const below = (limit: number) => Math.floor(random() * limit);
  const word = () =>
    Array.from({ length: 1 + below(4) }, () => syllables[below(syllables.length)]!).join("");
  const words = (least: number, most: number) =>
    Array.from({ length: least + below(most - least + 1) }, word).join(" ");
  return Array.from({ length: count }, (_, i) => {
    const title = words(2, 9);
    switch (i % 8) {
      case 0:
        return { designation: "", description: words(5, 20) };
      case 1:
        return { designation: `${title} ${below(3000)} ${word()}-${below(90)}`, description: "" };
      case 2:
        return {
          designation: title,
          description: `<p>${words(3, 8)}</p>&eacute;<br/>${words(2, 5)} &amp;lt; ${below(99)}`,
        };
      case 3:
        return {
          designation: `${title.toUpperCase()} \u{1f4e6} N°${below(50)}`,
          description: words(1, 30),
        };
      case 4:
        return { designation: title, description: words(150, 200) };
      default:
        return { designation: title, description: random() < 0.5 ? "" : words(4, 25) };
    }
  });
}
