/**
 * Windows of telemetry added up, and what the sums say.
 *
 * Adding is associative and commutative: it does not matter which windows are added first, or in how many steps.
 *
 * @module
 */
import type { TelemetryWindow } from "@aisle/shared/contract";
import { type InputStats, mergeInputs, noInputs } from "@aisle/shared/inputs";
import { type Sketch, sketchMerge } from "@aisle/shared/stats";

/** Sum of the confidences of some predictions, and of their squares. */
export type ConfidenceSum = readonly [sum: number, squares: number];

/** Windows added up. */
export interface TelemetrySums {
  readonly windows: number;
  readonly requests: number;
  readonly predictions: number;
  readonly errors: Readonly<Record<string, number>>;
  /** Predictions by code. */
  readonly codes: Readonly<Record<string, number>>;
  readonly decisions: { readonly auto: number; readonly review: number };
  /** Predictions by confidence, 20 equal bins. */
  readonly confidence: readonly number[];
  /** By predicted code; of windows whose edge tells it. */
  readonly confidenceSums: Readonly<Record<string, ConfidenceSum>>;
  readonly latencyMs: Sketch;
  readonly pictures: { readonly used: number; readonly skipped: number; readonly invalid: number };
  readonly inputs: InputStats;
  readonly feedback: {
    readonly received: number;
    readonly delivered: number;
    readonly dropped: number;
    /** These three of edges that tell them; see {@linkcode TelemetryWindow}. */
    readonly duplicate?: number | undefined;
    readonly kept?: number | undefined;
    readonly refused?: number | undefined;
  };
}

/** Bins of the confidence histogram. */
export const CONFIDENCE_BINS = 20;

/** The sum of nothing. */
export function noSums(): TelemetrySums {
  return {
    windows: 0,
    requests: 0,
    predictions: 0,
    errors: {},
    codes: {},
    decisions: { auto: 0, review: 0 },
    confidence: new Array<number>(CONFIDENCE_BINS).fill(0),
    confidenceSums: {},
    latencyMs: {},
    pictures: { used: 0, skipped: 0, invalid: 0 },
    inputs: noInputs(),
    feedback: { received: 0, delivered: 0, dropped: 0 },
  };
}

/** One window as a sum. */
export function sumsOf(window: TelemetryWindow): TelemetrySums {
  const { waiting: _waiting, ...feedback } = window.feedback;
  return {
    windows: 1,
    requests: window.requests,
    predictions: window.predictions,
    errors: window.errors,
    codes: window.codes,
    decisions: window.decisions,
    confidence: window.confidence,
    confidenceSums: window.confidenceSums ?? {},
    latencyMs: window.latencyMs,
    pictures: window.pictures ?? { used: 0, skipped: 0, invalid: 0 },
    inputs: window.inputs ?? noInputs(),
    feedback,
  };
}

/** Both together; neither changes. */
export function addSums(a: TelemetrySums, b: TelemetrySums): TelemetrySums {
  /** Absent where neither tells it. */
  const told = (member: "duplicate" | "kept" | "refused") => {
    const x = a.feedback[member], y = b.feedback[member];
    return x === undefined && y === undefined ? {} : { [member]: (x ?? 0) + (y ?? 0) };
  };
  const confidenceSums: Record<string, ConfidenceSum> = { ...a.confidenceSums };
  for (const [code, [sum, squares]] of Object.entries(b.confidenceSums)) {
    const [before, squaresBefore] = confidenceSums[code] ?? [0, 0];
    confidenceSums[code] = [rounded(before + sum), rounded(squaresBefore + squares)];
  }
  return {
    windows: a.windows + b.windows,
    requests: a.requests + b.requests,
    predictions: a.predictions + b.predictions,
    errors: sketchMerge(a.errors, b.errors),
    codes: sketchMerge(a.codes, b.codes),
    decisions: {
      auto: a.decisions.auto + b.decisions.auto,
      review: a.decisions.review + b.decisions.review,
    },
    confidence: a.confidence.map((count, bin) => count + b.confidence[bin]!),
    confidenceSums,
    latencyMs: sketchMerge(a.latencyMs, b.latencyMs),
    pictures: {
      used: a.pictures.used + b.pictures.used,
      skipped: a.pictures.skipped + b.pictures.skipped,
      invalid: a.pictures.invalid + b.pictures.invalid,
    },
    inputs: mergeInputs(a.inputs, b.inputs),
    feedback: {
      received: a.feedback.received + b.feedback.received,
      delivered: a.feedback.delivered + b.feedback.delivered,
      dropped: a.feedback.dropped + b.feedback.dropped,
      ...told("duplicate"),
      ...told("kept"),
      ...told("refused"),
    },
  };
}

/** What of `sums` is kept of a single edge: the confidences of all its answers together, no class apart. */
export function ofOneEdge(sums: TelemetrySums): TelemetrySums {
  let sum = 0, squares = 0;
  for (const [s, q] of Object.values(sums.confidenceSums)) [sum, squares] = [sum + s, squares + q];
  return {
    ...sums,
    confidenceSums: sum === 0 ? {} : { "": [rounded(sum), rounded(squares)] },
  };
}

/** The sums in `body`, which this or an older version wrote. */
export function sumsFromJson(body: string): TelemetrySums {
  return { ...noSums(), ...JSON.parse(body) as Partial<TelemetrySums> };
}

/** Millionths are finer than any confidence is right, and keep rows short. */
function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
