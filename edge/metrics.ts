/**
 * `/metrics` in the Prometheus text format, version 0.0.4.
 *
 * @module
 */
import { each, Exposition } from "@aisle/shared/exposition";
import type { HostStatus } from "./model_host.ts";
import type { ReleaseStatus } from "./releases.ts";
import { LATENCY_BOUNDS_MS, type Totals } from "./telemetry.ts";

/** What {@linkcode metricsText} tells. */
export interface MetricsInput {
  readonly totals: Totals;
  readonly host: HostStatus;
  readonly releases: ReleaseStatus;
  readonly feedbackWaiting: number;
  readonly catalogue: string;
  readonly edgeId: string;
  readonly residentBytes: number;
  /** Requests let in and refused, by key. */
  readonly keys?: readonly { key: string; admitted: number; refused: number }[];
}

/** All metrics of the edge. */
export function metricsText(input: MetricsInput): string {
  const { totals, host, releases } = input;
  const out = new Exposition("aisle_edge_");

  out.add("requests_total", "counter", "Prediction requests answered.", totals.requests);
  out.add("predictions_total", "counter", "Products classified.", totals.predictions);
  out.add(
    "decisions_total",
    "counter",
    "Products by decision.",
    each("decision", totals.decisions),
  );
  out.add("pictures_total", "counter", "Pictures by use.", each("use", totals.pictures));
  out.add("errors_total", "counter", "Failures by code.", each("code", totals.errors));
  out.add("feedback_total", "counter", "Feedback by fate.", each("event", totals.feedback));
  out.add(
    "feedback_waiting",
    "gauge",
    "Feedback that waits for the hub.",
    input.feedbackWaiting,
  );
  out.addHistogram(
    "latency_seconds",
    "Time to answer a prediction request.",
    LATENCY_BOUNDS_MS.map((bound) => bound / 1000),
    { buckets: totals.latencyMs.buckets, sum: totals.latencyMs.sum / 1000 },
  );
  out.add("queue_products", "gauge", "Products let in and not answered yet.", host.waiting);
  out.add("workers", "gauge", "Model workers alive.", host.workers);
  out.add("worker_restarts_total", "counter", "Model workers replaced.", host.restarts);
  out.add("swaps_total", "counter", "Models brought into service.", host.swaps);
  out.add("cache_total", "counter", "Looks into what was worked out before.", [
    [{ cache: "answers", outcome: "hit" }, host.answers.hits],
    [{ cache: "answers", outcome: "miss" }, host.answers.misses],
    [{ cache: "pictures", outcome: "hit" }, host.pictures.known],
    [{ cache: "pictures", outcome: "miss" }, host.pictures.read],
  ]);
  out.add("answer_cache_bytes", "gauge", "Memory of kept answers.", host.answers.bytes);
  out.add(
    "key_requests_total",
    "counter",
    "Requests by key and fate; those without a known key have none.",
    (input.keys ?? []).flatMap(({ key, admitted, refused }) => [
      [{ key, outcome: "admitted" }, admitted] as const,
      [{ key, outcome: "refused" }, refused] as const,
    ]),
  );
  out.add("ready", "gauge", "1 while a model serves.", host.serving === null ? 0 : 1);
  out.add(
    "hub_reachable",
    "gauge",
    "1 while the hub answers.",
    releases.hub === "reachable" ? 1 : 0,
  );
  out.add(
    "release_sequence",
    "gauge",
    "Sequence of the release served.",
    releases.sequence ?? 0,
  );
  const { sent, dropped, waiting } = totals.windows;
  out.add(
    "telemetry_windows_total",
    "counter",
    "Telemetry windows by fate.",
    each("event", { sent, dropped }),
  );
  out.add("telemetry_windows_waiting", "gauge", "Closed windows that wait.", waiting);
  out.add("resident_bytes", "gauge", "Resident memory.", input.residentBytes);
  out.add("info", "gauge", "What this edge is; always 1.", [[{
    edge: input.edgeId,
    catalogue: input.catalogue,
    digest: releases.digest ?? "",
  }, 1]]);
  return out.text();
}
