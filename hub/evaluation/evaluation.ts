/**
 * What judging one bundle on the gold rows found; schema and type of the stored JSON.
 *
 * It keeps every row's guess, so that a later gate can pair two bundles row by row and count for itself.
 *
 * @module
 */
import { z } from "zod";

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const share = z.number().min(0).max(1);
const count = z.int().nonnegative();
const scores = z.object({ accuracy: share, weightedF1: share, macroF1: share });
const interval = z.object({ low: share, high: share });

/** The guess for one gold row. */
export const GoldPrediction = z.object({
  id: z.string(),
  /** The true code. */
  code: z.string(),
  predicted: z.string(),
  confidence: share,
  /** Squared error of all confidences against the truth, summed over the classes (Brier): 0 is best, 2 worst. */
  brier: z.number().min(0).max(2),
  /** What the answer rests on; absent where the bundle reads no pictures. */
  route: z.enum(["text", "image", "fused"]).optional(),
});
/** Parsed form of {@linkcode GoldPrediction}. */
export type GoldPrediction = z.infer<typeof GoldPrediction>;

const gain = z.object({ value: z.number(), low: z.number(), high: z.number() });

/** What reading pictures was worth on gold rows; only of bundles that read them. */
export const PictureFigures = z.object({
  /** Gold rows by what became of their picture when served. */
  use: z.object({ none: count, skipped: count, used: count, invalid: count }),
  /** Rows with a text and a readable picture: what follows is of these. */
  rows: count,
  branches: z.object({ text: scores, image: scores, fused: scores, served: scores }),
  /** Share of them whose picture the cascade leaves unread. */
  skipped: share,
  cascade: z.object({
    confidence: share.nullable(),
    maxLoss: share,
    /** Served minus every picture read, with bootstrap intervals. */
    accuracy: gain,
    weightedF1: gain,
  }),
  /** The same pictures through the runtime and decoders of an edge: largest difference of any confidence. */
  agreement: z.object({
    runtime: z.string(),
    rows: count,
    maxDifference: z.number().nonnegative(),
    otherGuesses: count,
  }).nullable(),
  /** Of one product whose picture is read. */
  latency: z.object({
    samples: count,
    p50Ms: z.number().nonnegative(),
    p95Ms: z.number().nonnegative(),
  }),
});
/** Parsed form of {@linkcode PictureFigures}. */
export type PictureFigures = z.infer<typeof PictureFigures>;

/** See the module's note. */
export const Evaluation = z.object({
  format: z.literal("aisle-evaluation/1"),
  bundle: digest,
  /** Digest of the gold rows: ids, true codes and contents. */
  gold: digest,
  runtime: z.string(),
  rows: count,
  scores,
  /** 95 % bootstrap intervals. */
  intervals: z.object({ accuracy: interval, weightedF1: interval, macroF1: interval }),
  /** What always guessing the class that training saw most would reach. */
  majority: z.object({ code: z.string(), accuracy: share }),
  classes: z.array(z.object({
    code: z.string(),
    /** Whether the bundle can give this code at all. */
    known: z.boolean(),
    rows: count,
    predicted: count,
    right: count,
    precision: share,
    recall: share,
    f1: share,
  })),
  /** Class, guess (both by index in `classes`), rows; cells without rows are left out. */
  confusion: z.array(z.tuple([count, count, count])),
  calibration: z.object({
    bins: z.array(z.object({
      low: share,
      high: share,
      rows: count,
      meanConfidence: share,
      accuracy: share,
    })),
    ece: share,
    chanceQuantiles: z.array(share).length(101),
  }),
  coverage: z.array(z.object({
    precision: share,
    confidence: share.nullable(),
    accepted: count,
    right: count,
    coverage: share,
    achieved: share,
    achievedLow: share,
    achievedHigh: share,
  })),
  /** Of one product at a time, measured in turns with the other bundle where there was one. */
  latency: z.object({
    samples: count,
    p50Ms: z.number().nonnegative(),
    p95Ms: z.number().nonnegative(),
  }),
  /** Gold rows that the bundle was trained on (same id, or same text); null where nobody looked. */
  leaks: z.object({ trainedRows: count, rows: count, ids: z.array(z.string()) }).nullable(),
  predictions: z.array(GoldPrediction),
  pictures: PictureFigures.optional(),
  /** What the bootstrap and the bins were asked for. */
  options: z.object({ calibrationBins: count, bootstraps: count, seed: count }),
});
/** Parsed form of {@linkcode Evaluation}. */
export type Evaluation = z.infer<typeof Evaluation>;

/** The figures of `evaluation` that runs and release documents carry, by name. */
export function headlineMetrics(evaluation: Evaluation): Record<string, number> {
  const { scores, calibration, latency, coverage } = evaluation;
  const metrics: Record<string, number> = {
    goldRows: evaluation.rows,
    ...scores,
    majorityAccuracy: evaluation.majority.accuracy,
    ece: calibration.ece,
    latencyP50Ms: latency.p50Ms,
    latencyP95Ms: latency.p95Ms,
  };
  for (const row of coverage) {
    const percent = String(Math.round(row.precision * 1000) / 10);
    metrics[`coverageAt${percent}`] = row.coverage;
    metrics[`precisionAt${percent}`] = row.achieved;
  }
  if (evaluation.pictures !== undefined) {
    const { branches, skipped, use, latency } = evaluation.pictures;
    Object.assign(metrics, {
      textWeightedF1: branches.text.weightedF1,
      imageWeightedF1: branches.image.weightedF1,
      fusedWeightedF1: branches.fused.weightedF1,
      servedWeightedF1: branches.served.weightedF1,
      picturesSkipped: skipped,
      picturesInvalid: use.invalid,
      pictureLatencyP50Ms: latency.p50Ms,
    });
  }
  return metrics;
}
