/**
 * `/metrics` of the hub: its requests and memory, and by catalogue what the newest look found.
 *
 * @module
 */
import { each, Exposition, type MetricSample } from "@aisle/shared/exposition";
import type { Registry } from "../registry/registry.ts";
import type { MonitorReport } from "../registry/monitoring.ts";
import { type HttpCounts, REQUEST_BOUNDS_S } from "./http_counts.ts";

/** What {@linkcode hubMetrics} reads. */
export interface HubMetricsInput {
  readonly registry: Registry;
  readonly http: HttpCounts;
  readonly version: string;
  readonly nowMs: number;
  readonly residentBytes: number;
  readonly uptimeSeconds: number;
}

/** An edge that was heard of this long ago is still counted as alive. */
const LIVE_MS = 5 * 60_000;
/** Catalogues told; beyond, a scrape would take too long. */
const MAX_CATALOGUES = 200;
const LEVEL = { none: 0, warning: 1, critical: 2 } as const;

/** All metrics of the hub. */
export async function hubMetrics(input: HubMetricsInput): Promise<string> {
  const { registry, http, nowMs } = input;
  const catalogues = (await registry.catalogues.list()).slice(0, MAX_CATALOGUES)
    .map(({ name }) => name);
  const [edges, reports, alerts] = await Promise.all([
    registry.edges.counts(new Date(nowMs - LIVE_MS).toISOString()),
    Promise.all(catalogues.map((name) => registry.monitoring.latest(name))),
    Promise.all(catalogues.map((name) => registry.alerts.count(name))),
  ]);
  const out = new Exposition("aisle_hub_");
  out.add("info", "gauge", "What this hub is; always 1.", [[{ version: input.version }, 1]]);
  out.add("uptime_seconds", "gauge", "Since the start of the process.", input.uptimeSeconds);
  out.add("resident_bytes", "gauge", "Resident memory.", input.residentBytes);
  out.add(
    "requests_total",
    "counter",
    "Requests answered.",
    http.counts().map(({ count, ...labels }) => [labels, count]),
  );
  out.addHistogram(
    "request_duration_seconds",
    "Time to answer a request.",
    REQUEST_BOUNDS_S,
    http.durations(),
  );
  const live = Object.fromEntries(catalogues.map((c) => [c, edges[c]?.live ?? 0]));
  const total = Object.fromEntries(catalogues.map((c) => [c, edges[c]?.total ?? 0]));
  out.add("edges", "gauge", "Edges ever heard of.", each("catalogue", total));
  out.add("edges_live", "gauge", "Edges heard of in 5 minutes.", each("catalogue", live));
  out.add(
    "alerts",
    "gauge",
    "Alerts that are not resolved.",
    catalogues.flatMap((catalogue, i) =>
      Object.entries(alerts[i]!).map(([severity, n]): MetricSample => [{ catalogue, severity }, n])
    ),
  );
  addReports(out, reports.filter((report) => report !== null));
  return out.text();
}

/** Figures of the newest look at each catalogue. */
function addReports(out: Exposition, reports: readonly MonitorReport[]): void {
  const of = (value: (report: MonitorReport) => number | null | undefined): MetricSample[] =>
    reports.flatMap((report): MetricSample[] => {
      const found = value(report);
      return found === null || found === undefined
        ? []
        : [[{ catalogue: report.catalogue }, found]];
    });
  const add = (name: string, help: string, value: Parameters<typeof of>[0]) =>
    out.add(name, "gauge", help, of(value));
  add(
    "monitor_look_timestamp_seconds",
    "When the newest look was.",
    (r) => Date.parse(r.at) / 1000,
  );
  add(
    "monitor_window_predictions",
    "Products classified in the window.",
    (r) => r.traffic.predictions,
  );
  add("monitor_window_errors", "Failures in the window.", (r) => r.traffic.errors);
  add("monitor_review_ratio", "Share that people review.", (r) => r.traffic.reviewShare);
  add("monitor_accuracy_ratio", "Accuracy by feedback.", (r) => r.accuracy?.value);
  add("monitor_accuracy_feedback", "Feedback that accuracy rests on.", (r) => r.accuracy?.n ?? 0);
  add(
    "monitor_estimated_accuracy_ratio",
    "Mean calibrated confidence: accuracy without labels.",
    (r) => r.estimatedAccuracy?.value,
  );
  out.add(
    "monitor_latency_seconds",
    "gauge",
    "Latency of the edges in the window.",
    reports.flatMap(({ catalogue, traffic }) =>
      ([
        ["50", traffic.latencyP50Ms],
        ["95", traffic.latencyP95Ms],
        ["99", traffic.latencyP99Ms],
      ] as const).flatMap(([percentile, ms]): MetricSample[] =>
        ms === null ? [] : [[{ catalogue, percentile }, ms / 1000]]
      )
    ),
  );
  add(
    "monitor_drift_level",
    "Worst drift: 0 none, 1 warning, 2 critical.",
    (r) => LEVEL[r.drift.severity],
  );
  out.add(
    "monitor_drift_psi",
    "gauge",
    "Population stability index against training.",
    reports.flatMap(({ catalogue, drift }) =>
      drift.findings.flatMap(({ what, psi }): MetricSample[] =>
        psi === null ? [] : [[{ catalogue, what }, psi]]
      )
    ),
  );
}
