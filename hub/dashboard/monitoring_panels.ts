/**
 * Panels of the monitoring page: quality, drift, recall, traffic and edges.
 *
 * @module
 */
import { html } from "hono/html";
import { figuresOf } from "../api/areas/monitoring_reports.ts";
import type { HubContext } from "../api/context.ts";
import type { EdgeRecord } from "../registry/edges.ts";
import type { CountedShare, DriftFinding, MonitorReport } from "../registry/monitoring.ts";
import type { TelemetryPoint } from "../registry/telemetry.ts";
import { noSums, type TelemetrySums } from "../registry/telemetry_sums.ts";
import { lineChart, shareChart } from "./charts.ts";
import { figure, fixed, type Html, percent, time, whole } from "./format.ts";
import { textsOf } from "./language.ts";
import { TEXTS } from "./monitoring_texts.ts";
import { stateBadge } from "./states.ts";
import { table } from "./tables.ts";

/** Milliseconds as the page writes them. */
export function ms(value: number | null): string {
  return value === null ? "–" : `${figure(Number(value.toPrecision(3)))} ms`;
}

/** Accuracy by feedback, by confidence and on gold, with their intervals. */
export function qualityPanel(c: HubContext, report: MonitorReport): Html {
  const t = textsOf(c, TEXTS);
  const row = (name: string, share: CountedShare | null | undefined) =>
    share === null || share === undefined ? [] : [{
      name,
      value: share.value,
      low: share.low,
      high: share.high,
      note: `${percent(share.value)} ${t.of(whole(share.n))}`,
    }];
  const rows = [
    ...row(t.byFeedback, report.accuracy),
    ...row(t.byConfidence, report.estimatedAccuracy),
    ...row(t.byGold, report.expectedAccuracy),
  ];
  return rows.length === 0
    ? html`<p class="soft">${t.noQuality}</p>`
    : html`${shareChart(rows, t.qualityNote)}`;
}

/** Every comparison with the reference, and the histograms of those that drift. */
export function driftPanel(c: HubContext, { drift }: MonitorReport): Html {
  const t = textsOf(c, TEXTS);
  const rows = drift.findings.map((f) =>
    html`
      <tr>
        <td>${t.whats(f.what)}</td>
        <td>${severityMark(c, f.severity)}</td>
        <td class="number">${whole(f.n)}</td>
        <td class="number">${f.psi === null ? "–" : fixed(f.psi, 3)}</td>
        <td class="number">${f.jensenShannon === null ? "–" : fixed(f.jensenShannon, 3)}</td>
        <td class="number">${f.chiSquared === null ? "–" : chance(f.chiSquared.p)}</td>
      </tr>
    `
  );
  const shown = drift.findings.filter((f) => f.severity !== "none").slice(0, 4);
  return html`${drift.why === null ? "" : html`<p class="soft">${t.noDrift} ${drift.why}</p>`}${
    table(
      [
        t.what,
        t.severity,
        { number: t.values },
        { number: "PSI" },
        { number: "JS" },
        { number: t.chance },
      ],
      rows,
      "",
    )
  }<p class="soft">${t.driftNote}</p><div class="grid">${shown.map((f) => driftChart(c, f))}</div>`;
}

function driftChart(c: HubContext, { what, expected, observed, buckets }: DriftFinding): Html {
  const t = textsOf(c, TEXTS);
  const line = (shares: readonly number[]) => shares.map((y, x) => ({ x, y }));
  return lineChart([
    { name: t.inTraining, points: line(expected) },
    { name: t.now, points: line(observed) },
  ], {
    caption: t.whats(what),
    format: percent,
    xFormat: (x) => buckets[x] ?? "",
  });
}

/** Classes that users correct more than gold led to expect. */
export function recallPanel(
  c: HubContext,
  report: MonitorReport,
  named: (code: string) => string,
): Html {
  const t = textsOf(c, TEXTS);
  return table(
    [t.class, t.severity, { number: t.expected }, { number: t.observed }],
    report.recallDrops.slice(0, 30).map(({ code, expected, observed, severity }) =>
      html`
        <tr>
          <td>${named(code)}</td>
          <td>${severityMark(c, severity)}</td>
          <td class="number">${percent(expected)}</td>
          <td class="number">${percent(observed.value)} ${t.of(whole(observed.n))}</td>
        </tr>
      `
    ),
    t.noRecall,
  );
}

/** Traffic, latency and confidence by time. */
export function seriesPanel(c: HubContext, points: readonly TelemetryPoint[]): Html {
  const t = textsOf(c, TEXTS);
  const first = points[0]?.start ?? 0;
  const figures = points.map((point) => ({
    x: (point.start - first) / 3_600_000,
    ...figuresOf(point),
  }));
  const line = (value: (f: typeof figures[number]) => number | null) =>
    figures.map((f) => ({ x: f.x, y: value(f) ?? NaN }));
  const xFormat = (x: number) =>
    `${String(new Date(first + x * 3_600_000).getUTCHours()).padStart(2, "0")} h`;
  const options = { xLabel: t.perHour, xFormat };
  return html`${
    lineChart([
      { name: t.predictions, points: line((f) => f.predictions) },
      { name: t.errors, points: line((f) => f.errors) },
    ], { ...options, caption: t.traffic })
  }${
    lineChart(
      (["p50", "p95", "p99"] as const).map((name) => ({
        name,
        points: line((f) => f[`latencyP${name.slice(1) as "50" | "95" | "99"}Ms`]),
      })),
      { ...options, caption: t.latency },
    )
  }${
    lineChart([
      { name: t.meanConfidence, points: line((f) => f.meanConfidence) },
      {
        name: t.review,
        points: line((f) => f.predictions === 0 ? null : f.review / f.predictions),
      },
    ], { ...options, caption: t.confidence, format: percent })
  }`;
}

/** Each edge with what it saw in the window. */
export function edgesPanel(
  c: HubContext,
  edges: readonly EdgeRecord[],
  sums: ReadonlyMap<string, TelemetrySums>,
): Html {
  const t = textsOf(c, TEXTS);
  return table(
    [
      t.edge,
      { name: t.seen, extra: true },
      { number: t.predictions },
      { number: t.errors },
      { number: t.p95 },
      { number: t.meanConfidence },
      { number: t.review },
      { number: t.pictures },
    ],
    edges.map(({ edgeId, lastSeenAt }) => {
      const f = figuresOf(sums.get(edgeId) ?? noSums());
      const share = (count: number) => f.predictions === 0 ? "–" : percent(count / f.predictions);
      return html`
        <tr>
          <td>${edgeId}</td>
          <td>${time(lastSeenAt, "ago")}</td>
          <td class="number">${whole(f.predictions)}</td>
          <td class="number">${whole(f.errors)}</td>
          <td class="number">${ms(f.latencyP95Ms)}</td>
          <td class="number">${percent(f.meanConfidence)}</td>
          <td class="number">${share(f.review)}</td>
          <td class="number">${share(f.pictures)}</td>
        </tr>
      `;
    }),
    t.noEdges,
  );
}

/** A severity as a badge; none is a plain word. */
export function severityMark(c: HubContext, severity: string): Html | string {
  return severity === "none" ? textsOf(c, TEXTS).none : stateBadge(c, severity);
}

function chance(p: number): string {
  return p < 0.001 ? "< 0.1 %" : percent(p);
}
