/**
 * Edges: who serves what, what they measured, what users said.
 *
 * @module
 */
import { html } from "hono/html";
import type { HubContext } from "../../api/context.ts";
import type { FeedbackStats } from "../../registry/feedback.ts";
import type { TelemetrySummary } from "../../registry/telemetry.ts";
import { countBars, histogram } from "../charts.ts";
import { badge, figure, type Html, percent, time, whole } from "../format.ts";
import { chosenCatalogue, respondWithPage } from "../layout.ts";
import { fleetPanels } from "../fleet_panel.ts";
import { table } from "../tables.ts";
import { deliveryPanel } from "./edge_delivery.ts";

const DAY_MS = 86_400_000;
const RECENT = 25;

/** Answers `/edges`. */
export async function edgesPage(c: HubContext): Promise<Response> {
  const { catalogue, catalogues } = await chosenCatalogue(c);
  const body = catalogue === null ? html`<p>No catalogue yet.</p>` : await edgesOf(c, catalogue);
  return await respondWithPage(c, {
    title: "Edges",
    section: "/edges",
    catalogue,
    catalogues,
    body,
  });
}

async function edgesOf(c: HubContext, catalogue: string): Promise<Html> {
  const hub = c.get("hub"), { registry } = hub, nowMs = hub.now();
  const [fleet, day, stats, recent, labels, delivery] = await Promise.all([
    fleetPanels(c, catalogue),
    registry.telemetry.summary(catalogue, nowMs - DAY_MS),
    registry.feedback.stats(catalogue),
    registry.feedback.list({ catalogue, limit: RECENT }),
    registry.labels.list(catalogue),
    registry.delivery.report(catalogue, nowMs - 7 * DAY_MS),
  ]);
  const names = new Map(labels.labels.map((l) => [l.code, l.name]));
  const named = (code: string) => names.get(code) ?? code;
  const { auto, review } = day.decisions;
  return html`
    ${fleet}
    <div class="grid">
      <section class="panel" id="telemetry" data-live><h2>Last 24 hours</h2>
    <dl class="tiles">
    <div><dt>Predictions</dt><dd>${whole(day.predictions)}</dd></div>
    <div><dt>Automatic</dt><dd>${auto + review === 0
      ? "–"
      : percent(auto / (auto + review))}</dd></div>
    ${pictureTile(day.pictures)}
    <div><dt>Latency p50</dt><dd>${ms(day.latencyP50Ms)}</dd></div>
    <div><dt>p95</dt><dd>${ms(day.latencyP95Ms)}</dd></div>
    <div><dt>p99</dt><dd>${ms(day.latencyP99Ms)}</dd></div>
    </dl>
    ${histogram(day.confidence, "Confidence of the answers")}
    ${Object.keys(day.errors).length === 0 ? "" : html`<h3>Errors</h3>${
      table(
        ["Code", { number: "Count" }],
        Object.entries(day.errors).map(([code, n]) =>
          html`
            <tr>
              <td><code>${code}</code></td>
              <td class="number">${whole(n)}</td>
            </tr>
          `
        ),
        "",
      )
    }`}</section>
      <section class="panel" id="delivery" data-live><h2>Delivery of telemetry</h2>${table(
        ["Edge", { number: "Windows" }, { number: "Missing" }, { number: "Given up" }],
        day.boots.map((b) =>
          html`
            <tr>
              <td>${b.edgeId}</td>
              <td class="number">${whole(b.windows)}</td>
              <td class="number">${b.missing === 0
                ? "0"
                : badge(`${b.missing} missing`, { look: "warn" })}</td>
              <td class="number">${whole(b.dropped)}</td>
            </tr>
          `
        ),
        "No window in the last 24 hours.",
      )}
    <p class="soft">One row a start of an edge; missing windows are those that were numbered and never came.</p>
    ${countBars(
      Object.entries(day.codes).map(([code, count]) => ({ name: named(code), count })).slice(0, 30),
      "Answers by class",
    )}
      </section>
    </div>
    ${deliveryPanel(delivery)}
    <div class="grid">
      <section class="panel" id="agreement"
        data-live><h2>Feedback by true class</h2>${agreement(stats, named)}</section>
      <section class="panel" id="recent" data-live><h2>Latest feedback</h2>${table(
        ["When", "True", "Answered", "State"],
        recent.items.map((f) =>
          html`
            <tr>
              <td>${time(f.at, "ago")}</td>
              <td>${named(f.code)}</td>
              <td>${f.predicted === null
                ? "unknown"
                : html`${named(f.predicted.code)} <small>${
                  percent(f.predicted.confidence)
                }</small>`}</td>
              <td>${badge(f.state)}</td>
            </tr>
          `
        ),
        "No feedback yet.",
      )}</section>
    </div>
  `;
}

function ms(value: number): string {
  return Number.isFinite(value) ? `${figure(Number(value.toPrecision(3)))} ms` : "–";
}

function agreement(stats: FeedbackStats, named: (code: string) => string): Html {
  return html`<p>${whole(stats.correct)} of ${whole(stats.n)} answers confirmed (${
    percent(stats.interval.low)
  } to ${percent(stats.interval.high)}); ${
    whole(stats.unjoined)
  } without a product, which count but never train.</p>${
    table(
      ["Class", { number: "Records" }, { number: "Confirmed" }],
      Object.entries(stats.classes).toSorted(([, a], [, b]) => b.n - a.n).map((
        [code, { n, correct }],
      ) =>
        html`
          <tr>
            <td>${named(code)}</td>
            <td class="number">${whole(n)}</td>
            <td class="number">${percent(correct / n)}</td>
          </tr>
        `
      ),
      "No feedback yet.",
    )
  }`;
}

/** The share of pictures that the text made needless; nothing where no product had one. */
function pictureTile({ used, skipped, invalid }: TelemetrySummary["pictures"]): Html | "" {
  if (used + skipped + invalid === 0) return "";
  return html`
    <div>
      <dt>Pictures skipped</dt>
      <dd>${percent(skipped / Math.max(1, used + skipped))} <small>of ${whole(
        used + skipped,
      )}${invalid === 0 ? "" : `, ${whole(invalid)} unreadable`}</small></dd>
    </div>
  `;
}
