/**
 * Judges packed bundles on the gold rows, through the predictor that edges serve.
 *
 * Guesses are joined to rows by position inside one call only, and leave it with the row's id: nothing after this
 * ever relies on an order.
 *
 * @module
 */
import { hashJson } from "@aisle/shared/hash";
import { rng } from "@aisle/shared/random";
import { type Assessed, type Predictor, skipsPicture } from "@aisle/shared/serving";
import { quantile } from "@aisle/shared/stats";
import { contentHash, type ProductRow } from "../data/row.ts";
import type { Params } from "../params.ts";
import { calibrationReport } from "./calibration.ts";
import { coverageTable } from "./coverage.ts";
import type { Evaluation, GoldPrediction } from "./evaluation.ts";
import { type Latency, measureLatency } from "./latency.ts";
import { findLeaks } from "./leaks.ts";
import {
  type GoldPictures,
  type JudgedRow,
  pictureFigures,
  withPictures,
} from "./picture_figures.ts";
import {
  classMetrics,
  confusion,
  countAll,
  countRow,
  emptyCounts,
  intern,
  type Interned,
  type Scores,
  scoresOf,
} from "./metrics.ts";

/** What evaluating needs beside the rows. */
export interface EvaluateOptions {
  readonly params: Params["evaluate"];
  /** Milliseconds; for latencies. */
  readonly clock: () => number;
  /** Rows that the bundle was trained on; left out, the gate will refuse the candidate. */
  readonly trained?: Iterable<ProductRow>;
  /** Pictures of so many products that they link none. */
  readonly placeholders?: ReadonlySet<string>;
  /** The picture files of gold rows; without it rows are judged by their texts. */
  readonly pictures?: GoldPictures;
  /** Called with the rows scored so far. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Rows of one call to the predictor; between calls others get their turn. */
const CHUNK = 256;

/** Judges one bundle. */
export async function evaluateBundle(
  predictor: Predictor,
  rows: readonly ProductRow[],
  options: EvaluateOptions,
): Promise<Evaluation> {
  const [latency] = await latencies([predictor], rows, options);
  return await judge(predictor, rows, { ...options, latency: latency! });
}

/** The candidate and the bundle it would replace, their latencies taken in turns. */
export interface EvaluatedPair {
  readonly candidate: Evaluation;
  readonly champion: Evaluation;
}

/** What {@linkcode evaluatePair} compares. */
export interface PairOptions extends EvaluateOptions {
  /** Rows that the champion was trained on, where they are known. */
  readonly championTrained?: Iterable<ProductRow>;
  /** Like `pictures`, with the champion's edge. */
  readonly championPictures?: GoldPictures;
}

/** Judges two bundles on the same rows in the same run. */
export async function evaluatePair(
  predictors: { readonly candidate: Predictor; readonly champion: Predictor },
  rows: readonly ProductRow[],
  options: PairOptions,
): Promise<EvaluatedPair> {
  const { candidate, champion } = predictors;
  const [ours, theirs] = await latencies([candidate, champion], rows, options);
  const { championTrained, championPictures, pictures, ...rest } = options;
  const reading = (own: GoldPictures | undefined) => own === undefined ? {} : { pictures: own };
  return {
    candidate: await judge(candidate, rows, { ...rest, ...reading(pictures), latency: ours! }),
    champion: await judge(champion, rows, {
      ...rest,
      ...reading(championPictures),
      trained: championTrained,
      latency: theirs!,
    }),
  };
}

/** Name of a set of gold rows: ids, codes and contents, in any order. */
export function goldDigest(rows: readonly ProductRow[]): string {
  return hashJson(rows.map((row) => [row.id, contentHash(row)]).sort(byFirst));
}

function byFirst([a]: readonly string[], [b]: readonly string[]): number {
  return a! < b! ? -1 : a! > b! ? 1 : 0;
}

async function latencies(
  predictors: readonly Predictor[],
  rows: readonly ProductRow[],
  { params, clock }: EvaluateOptions,
): Promise<Latency[]> {
  // By their texts: what a picture costs is another figure, and no bundle shall be refused for reading any
  const texts = rows.map(({ designation, description }) => ({ designation, description }));
  return await measureLatency(predictors, texts, { samples: params.latencySamples, clock });
}

async function judge(
  predictor: Predictor,
  rows: readonly ProductRow[],
  options: EvaluateOptions & { readonly latency: Latency },
): Promise<Evaluation> {
  const { params } = options;
  const judged = await assessAll(predictor, rows, options);
  const predictions = judged.map(({ prediction }) => prediction);
  const interned = intern(predictions.map((p) => p.code), predictions.map((p) => p.predicted));
  const counts = countAll(interned);
  const known = new Set(predictor.classes);
  const sure = predictions.map((p) => p.confidence);
  const right = predictions.map((p) => p.predicted === p.code ? 1 : 0);
  return {
    format: "aisle-evaluation/1",
    bundle: predictor.digest,
    gold: goldDigest(rows),
    runtime: predictor.runtime,
    rows: rows.length,
    scores: scoresOf(counts),
    intervals: bootstrapScores(interned, params),
    majority: majority(predictor, predictions),
    classes: classMetrics(interned.codes, counts).map((c) => ({ ...c, known: known.has(c.code) })),
    confusion: confusion(interned),
    calibration: copy(calibrationReport(sure, right, {
      bins: params.calibrationBins,
      replicates: params.bootstraps,
      seed: params.seed,
    })),
    coverage: coverageTable(predictor.manifest.thresholds, sure, right),
    latency: options.latency,
    leaks: options.trained === undefined
      ? null
      : findLeaks(rows, options.trained, options.placeholders ?? new Set()),
    predictions,
    ...(predictor.manifest.fused === undefined || options.pictures === undefined ? {} : {
      pictures: await pictureFigures(predictor, { judged, rows }, {
        ...options,
        pictures: options.pictures,
      }),
    }),
    options: {
      calibrationBins: params.calibrationBins,
      bootstraps: params.bootstraps,
      seed: params.seed,
    },
  };
}

/** Every row's guess as it would be served, and what each branch says; sorted by id. */
async function assessAll(
  predictor: Predictor,
  rows: readonly ProductRow[],
  { pictures, onProgress }: Pick<EvaluateOptions, "pictures" | "onProgress">,
): Promise<JudgedRow[]> {
  const judged: JudgedRow[] = [];
  const threshold = predictor.manifest.fused?.cascade.confidence ?? null;
  for (let start = 0; start < rows.length; start += CHUNK) {
    const chunk = rows.slice(start, start + CHUNK);
    const products = await withPictures(chunk, predictor, pictures);
    const assessed = await predictor.assess(products, { cascade: false });
    chunk.forEach((row, i) => {
      const { served, skipped } = asServed(assessed[i]!, threshold);
      const best = firstOf(served.confidences);
      const prediction = {
        id: row.id,
        code: row.code,
        predicted: predictor.classes[best]!,
        confidence: served.confidences[best]!,
        brier: brierOf(served.confidences, predictor.classes.indexOf(row.code)),
        ...(predictor.manifest.fused === undefined ? {} : { route: served.route }),
      };
      const guess = (branch: Float64Array | null) =>
        branch === null ? null : predictor.classes[firstOf(branch)]!;
      const { text, image, fused, picture } = assessed[i]!;
      judged.push({
        prediction,
        use: skipped ? "skipped" : picture,
        text: guess(text),
        image: guess(image),
        fused: guess(fused),
      });
    });
    onProgress?.(Math.min(start + CHUNK, rows.length), rows.length);
  }
  return judged.sort(({ prediction: a }, { prediction: b }) =>
    a.id < b.id ? -1 : a.id > b.id ? 1 : 0
  );
}

/** The answer that an edge gives where all branches are known: text first. */
function asServed(
  all: Assessed,
  threshold: number | null,
): { served: Pick<Assessed, "route" | "confidences">; skipped: boolean } {
  const { text } = all;
  const skipped = all.route === "fused" && text !== null &&
    skipsPicture(Math.max(...text), threshold);
  return skipped
    ? { served: { route: "text", confidences: text }, skipped }
    : { served: all, skipped: false };
}

/** The first of the highest; only numbers pass. */
function firstOf(confidences: Float64Array): number {
  let best = 0;
  for (let k = 0; k < confidences.length; k++) {
    if (!(confidences[k]! >= 0)) throw new RangeError("Cannot judge a bundle that gives no number");
    if (confidences[k]! > confidences[best]!) best = k;
  }
  return best;
}

/**
 * Squared error of one row's confidences (G. W. Brier, 1950), between 0 and 2.
 *
 * @param truth class of the row; -1 for one that the model does not know, which it then cannot name
 */
export function brierOf(confidences: ArrayLike<number>, truth: number): number {
  let sum = truth < 0 ? 1 : 0;
  for (let k = 0; k < confidences.length; k++) {
    sum += (confidences[k]! - (k === truth ? 1 : 0)) ** 2;
  }
  return Math.min(sum, 2);
}

/** 95 % percentile intervals, resampling rows. */
function bootstrapScores(
  interned: Interned,
  params: Params["evaluate"],
): Evaluation["intervals"] {
  const random = rng(params.seed);
  const n = interned.truth.length;
  const drawn: Scores[] = Array.from({ length: params.bootstraps }, () => {
    const counts = emptyCounts(interned.codes.length);
    for (let i = 0; i < n; i++) {
      const r = Math.floor(random() * n);
      countRow(counts, interned.truth[r]!, interned.guesses[r]!);
    }
    return scoresOf(counts);
  });
  const interval = (figure: keyof Scores) => {
    const values = drawn.map((scores) => scores[figure]);
    return { low: quantile(values, 0.025), high: quantile(values, 0.975) };
  };
  return {
    accuracy: interval("accuracy"),
    weightedF1: interval("weightedF1"),
    macroF1: interval("macroF1"),
  };
}

function majority(
  predictor: Predictor,
  predictions: readonly GoldPrediction[],
): Evaluation["majority"] {
  const { prior } = predictor.manifest.reference;
  const code = predictor.classes[prior.indexOf(Math.max(...prior))]!;
  const hits = predictions.filter((p) => p.code === code).length;
  return { code, accuracy: predictions.length === 0 ? 0 : hits / predictions.length };
}

/** A report with arrays of its own, as the schema's type has them. */
function copy(report: ReturnType<typeof calibrationReport>): Evaluation["calibration"] {
  return { bins: [...report.bins], ece: report.ece, chanceQuantiles: [...report.chanceQuantiles] };
}
