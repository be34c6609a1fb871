/**
 * Evaluations with known faults: for tests.
 *
 * @module
 */
import { rng } from "@aisle/shared/random";
import { calibrationReport } from "../calibration.ts";
import type { Evaluation } from "../evaluation.ts";
import { classMetrics, confusion, countAll, intern, scoresOf } from "../metrics.ts";

/** One row of a planted evaluation. */
export interface PlantedRow {
  readonly id: string;
  readonly code: string;
  readonly predicted: string;
  readonly confidence: number;
}

/** An evaluation whose figures agree with `rows`; `changes` are laid over it. */
export function evaluationOf(
  rows: readonly PlantedRow[],
  changes: Partial<Evaluation> = {},
): Evaluation {
  const interned = intern(rows.map((r) => r.code), rows.map((r) => r.predicted));
  const counts = countAll(interned);
  const right = rows.map((r) => r.code === r.predicted ? 1 : 0);
  const report = calibrationReport(rows.map((r) => r.confidence), right, {
    bins: 15,
    replicates: 200,
    seed: 1,
  });
  return {
    format: "aisle-evaluation/1",
    bundle: "a".repeat(64),
    gold: "b".repeat(64),
    runtime: "wasm",
    rows: rows.length,
    scores: scoresOf(counts),
    intervals: {
      accuracy: { low: 0, high: 1 },
      weightedF1: { low: 0, high: 1 },
      macroF1: { low: 0, high: 1 },
    },
    majority: { code: "10", accuracy: 0.4 },
    classes: classMetrics(interned.codes, counts).map((c) => ({ ...c, known: true })),
    confusion: confusion(interned),
    calibration: {
      ...report,
      bins: [...report.bins],
      chanceQuantiles: [...report.chanceQuantiles],
    },
    coverage: [],
    latency: { samples: 200, p50Ms: 1, p95Ms: 2 },
    leaks: { trainedRows: 1000, rows: 0, ids: [] },
    predictions: rows.map((r) => ({ ...r, brier: brierOfTwo(r) })),
    options: { calibrationBins: 15, bootstraps: 200, seed: 1 },
    ...changes,
  };
}

/** As if what is left of the confidence went to one other class: the true one where the guess is wrong. */
function brierOfTwo({ code, predicted, confidence }: PlantedRow): number {
  return 2 * (code === predicted ? 1 - confidence : confidence) ** 2;
}

/** `n` rows of classes 10 (most), 40 and 60, of which about `accuracy` are right; the same seed errs on the same rows first. */
export function plantedRows(n: number, accuracy: number, seed = 1): PlantedRow[] {
  const random = rng(seed);
  return Array.from({ length: n }, (_, i) => {
    const code = ["10", "10", "40", "60"][i % 4]!;
    // One draw a row, so that a better model is right wherever a worse one of the same seed is
    const right = random() < accuracy;
    const wrong = code === "10" ? "40" : "10";
    return { id: `row${i}`, code, predicted: right ? code : wrong, confidence: accuracy };
  });
}
