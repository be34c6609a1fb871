/**
 * How well the model does out there: from feedback where there is some, from its own confidence where there is none.
 *
 * @module
 */
import { wilson } from "@aisle/shared/stats";
import type { Params } from "../params.ts";
import type { FeedbackStats } from "../registry/feedback.ts";
import type {
  CountedShare,
  DriftSeverity,
  MonitorReport,
  RecallDrop,
} from "../registry/monitoring.ts";
import type { TelemetrySums } from "../registry/telemetry_sums.ts";
import { severityOf } from "./severity.ts";

/** Accuracy as users told it; null where none did. */
export function feedbackAccuracy({ n, correct }: FeedbackStats): CountedShare | null {
  return n === 0 ? null : { n, ...wilson(correct, n) };
}

/** Half the width of a 95 % interval in standard deviations. */
const Z = 1.96;

/**
 * Accuracy that the calibrated confidences promise, without any label: their mean. The interval is that of a sum of
 * independent coins, each as good as its confidence.
 *
 * It holds as far as the calibration does. Under drift a model can be sure and wrong: then this stays high while
 * feedback falls, and the difference between the two is the sign. Null where no edge tells its confidences.
 */
export function estimatedAccuracy(sums: TelemetrySums): MonitorReport["estimatedAccuracy"] {
  const classes: Record<string, { n: number; value: number }> = {};
  let n = 0, sum = 0, squares = 0;
  for (const [code, [confidence, square]] of Object.entries(sums.confidenceSums)) {
    const count = sums.codes[code] ?? 0;
    if (count === 0) continue;
    classes[code] = { n: count, value: Math.min(1, confidence / count) };
    n += count;
    sum += confidence;
    squares += square;
  }
  if (n === 0) return null;
  const value = Math.min(1, sum / n);
  const half = Z * Math.sqrt(Math.max(0, sum - squares)) / n;
  return {
    n,
    value,
    low: Math.max(0, value - half),
    high: Math.min(1, value + half),
    classes,
  };
}

/** What the evaluation on gold found of one class. */
export interface ExpectedRecall {
  readonly code: string;
  readonly rows: number;
  readonly right: number;
}

/**
 * Classes whose recall by feedback is lower than the evaluation led to expect, worst first.
 *
 * A drop counts where even the upper end of the interval of what users said lies below the lower end of what gold
 * said: both are samples. Users rather correct than confirm, so that the levels of the two differ where feedback is a
 * choice; a drop then shows in all classes at once.
 */
export function recallDrops(
  expected: readonly ExpectedRecall[],
  feedback: FeedbackStats["classes"],
  before: Readonly<Record<string, DriftSeverity>>,
  params: Params["monitoring"]["recall"],
): RecallDrop[] {
  const drops: RecallDrop[] = [];
  for (const { code, rows, right } of expected) {
    const seen = feedback[code];
    if (seen === undefined || seen.n < params.minRows || rows < params.minRows) continue;
    const gold = wilson(right, rows), observed = wilson(seen.correct, seen.n);
    const severity = severityOf(
      gold.value - observed.value,
      observed.high < gold.low,
      before[code] ?? "none",
      params,
    );
    if (severity === "none") continue;
    drops.push({ code, expected: gold.value, observed: { n: seen.n, ...observed }, severity });
  }
  return drops.sort((a, b) =>
    (b.expected - b.observed.value) - (a.expected - a.observed.value) || (a.code < b.code ? -1 : 1)
  );
}
