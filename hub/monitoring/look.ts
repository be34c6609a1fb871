/**
 * One look at a catalogue: from sums, feedback and what its champion was found to be, to a report and its alerts.
 *
 * Pure: what is looked at comes in, nothing is read here.
 *
 * @module
 */
import type { Manifest } from "@aisle/shared/bundle";
import { sketchQuantile, wilson } from "@aisle/shared/stats";
import type { Params } from "../params.ts";
import type { AlertSeverity, NewAlert } from "../registry/alerts.ts";
import type { FeedbackStats } from "../registry/feedback.ts";
import type { DriftSeverity, MonitorReport } from "../registry/monitoring.ts";
import type { TelemetrySums } from "../registry/telemetry_sums.ts";
import { comparisonsOf, findDrift } from "./drift.ts";
import {
  estimatedAccuracy,
  type ExpectedRecall,
  feedbackAccuracy,
  recallDrops,
} from "./quality.ts";
import { severityOf, worstOf } from "./severity.ts";

/** The bundle that serves. */
export interface WatchedChampion {
  readonly digest: string;
  readonly manifest: Pick<Manifest, "classes" | "reference">;
  /** By class, of its newest evaluation; none where there is none. */
  readonly recalls: readonly ExpectedRecall[];
}

/** What is looked at. */
export interface LookInput {
  readonly catalogue: string;
  /** Now, ISO 8601 in UTC. */
  readonly at: string;
  /** Null while nothing serves. */
  readonly champion: WatchedChampion | null;
  /** Of the window: of all bundles, and of the champion's answers alone. */
  readonly traffic: TelemetrySums;
  readonly served: TelemetrySums;
  /** About the champion's answers in the window. */
  readonly feedback: FeedbackStats;
  /** The report before this one: severities last a little longer than it took to reach them. */
  readonly before: MonitorReport | null;
  readonly params: Params["monitoring"];
}

/** The report of one look. */
export function lookAt(input: LookInput): MonitorReport {
  const { catalogue, at, champion, traffic, served, feedback, params } = input;
  // What was found of another bundle says nothing of this one.
  const before = input.before?.digest === champion?.digest ? input.before : null;
  const recalls = champion?.recalls ?? [];
  const accuracy = champion === null ? null : feedbackAccuracy(feedback);
  const gold = sumOf(recalls);
  const expected = gold.rows === 0 ? null : { n: gold.rows, ...wilson(gold.right, gold.rows) };
  const enough = accuracy !== null && expected !== null && accuracy.n >= params.accuracy.minRows;
  return {
    catalogue,
    at,
    digest: champion?.digest ?? null,
    windowHours: params.windowHours,
    traffic: trafficOf(traffic),
    accuracy,
    expectedAccuracy: expected,
    accuracySeverity: enough
      ? severityOf(
        expected.value - accuracy.value,
        accuracy.high < expected.low,
        before?.accuracySeverity ?? "none",
        params.accuracy,
      )
      : "none",
    estimatedAccuracy: champion === null ? null : estimatedAccuracy(served),
    drift: driftOf(champion, served, before, params),
    recallDrops: recallDrops(
      recalls,
      feedback.classes,
      Object.fromEntries((before?.recallDrops ?? []).map((d) => [d.code, d.severity])),
      params.recall,
    ),
  };
}

function driftOf(
  champion: WatchedChampion | null,
  served: TelemetrySums,
  before: MonitorReport | null,
  params: Params["monitoring"],
): MonitorReport["drift"] {
  const nothing = (why: string) => ({ severity: "none" as const, findings: [], why });
  if (champion === null) return nothing("no model serves");
  const findings = findDrift(
    comparisonsOf(champion.manifest, served),
    Object.fromEntries((before?.drift.findings ?? []).map((f) => [f.what, f.severity])),
    params.drift,
  );
  const severity = worstOf(findings.map((f) => f.severity));
  const few = findings.every((f) => f.psi === null);
  return {
    severity,
    findings,
    why: few ? `fewer than ${params.drift.minValues} answers to compare` : null,
  };
}

function trafficOf(sums: TelemetrySums): MonitorReport["traffic"] {
  const { auto, review } = sums.decisions;
  const quantile = (q: number) => {
    const value = sketchQuantile(sums.latencyMs, q);
    return Number.isNaN(value) ? null : value;
  };
  return {
    requests: sums.requests,
    predictions: sums.predictions,
    errors: Object.values(sums.errors).reduce((sum, n) => sum + n, 0),
    reviewShare: auto + review === 0 ? null : review / (auto + review),
    latencyP50Ms: quantile(0.5),
    latencyP95Ms: quantile(0.95),
    latencyP99Ms: quantile(0.99),
  };
}

function sumOf(recalls: readonly ExpectedRecall[]): { rows: number; right: number } {
  return recalls.reduce(
    (sum, { rows, right }) => ({ rows: sum.rows + rows, right: sum.right + right }),
    { rows: 0, right: 0 },
  );
}

/** Keys of the alerts that looks raise, and clear when nothing is found any more. */
export const LOOK_KEYS = ["drift", "accuracy", "recall"] as const;

/** The alerts that `report` calls for; of {@linkcode LOOK_KEYS} those that are missing are over. */
export function alertsOf(report: MonitorReport): NewAlert[] {
  const { catalogue, drift, accuracy, expectedAccuracy, accuracySeverity, recallDrops } = report;
  const alerts: NewAlert[] = [];
  const add = (
    key: typeof LOOK_KEYS[number],
    severity: DriftSeverity,
    message: string,
    details: unknown,
  ) => {
    if (severity === "none") return;
    const kind = key === "recall" ? "recall-drop" : key === "accuracy" ? "accuracy-drop" : key;
    alerts.push({ catalogue, key, kind, severity: severity as AlertSeverity, message, details });
  };
  const drifted = drift.findings.filter((f) => f.severity !== "none");
  add(
    "drift",
    drift.severity,
    `Drift in ${catalogue}: ${
      drifted.map((f) => `${f.what} (PSI ${f.psi!.toFixed(2)})`).join(", ")
    }`,
    { digest: report.digest, findings: drifted.map(({ what, psi, n }) => ({ what, psi, n })) },
  );
  add(
    "accuracy",
    accuracySeverity ?? "none",
    `Accuracy of ${catalogue} by feedback is ${percent(accuracy?.value)} (of ${
      accuracy?.n ?? 0
    }), the evaluation found ${percent(expectedAccuracy?.value)}`,
    { digest: report.digest, accuracy, expectedAccuracy },
  );
  add(
    "recall",
    worstOf(recallDrops.map((d) => d.severity)),
    `Recall in ${catalogue} has dropped in ${recallDrops.length} ${
      recallDrops.length === 1 ? "class" : "classes"
    }: ${
      recallDrops.slice(0, 5).map((d) =>
        `${d.code} (${percent(d.observed.value)}, was ${percent(d.expected)})`
      ).join(", ")
    }`,
    { digest: report.digest, classes: recallDrops.map((d) => d.code) },
  );
  return alerts;
}

const percent = (share: number | undefined) => `${((share ?? 0) * 100).toFixed(1)} %`;
