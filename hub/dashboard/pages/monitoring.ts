/**
 * Monitoring: what needs somebody's eye, how well the champion does, what drifts, and what each edge sees.
 *
 * @module
 */
import { html } from "hono/html";
import type { HubContext } from "../../api/context.ts";
import type { Alert } from "../../registry/alerts.ts";
import type { MonitorReport } from "../../registry/monitoring.ts";
import { type Html, percent, time, whole } from "../format.ts";
import { textsOf } from "../language.ts";
import { actionForm, chosenCatalogue, mayChange, respondWithPage } from "../layout.ts";
import {
  driftPanel,
  edgesPanel,
  ms,
  qualityPanel,
  recallPanel,
  seriesPanel,
  severityMark,
} from "../monitoring_panels.ts";
import { TEXTS } from "../monitoring_texts.ts";
import { stateBadge } from "../states.ts";
import { pager, table } from "../tables.ts";
import { newWebhookSecret, webhooksPanel } from "../webhooks_panel.ts";

const DAY_MS = 86_400_000, LIVE_MS = 5 * 60_000;
const ALERTS = 50, EDGES = 50;
/** Choices of how long an alert is muted. */
const MUTE_HOURS = [1, 8, 24, 168];

/** Answers `/monitoring`. */
export async function monitoringPage(c: HubContext): Promise<Response> {
  const t = textsOf(c, TEXTS);
  const { catalogue, catalogues } = await chosenCatalogue(c);
  const body = html`${newWebhookSecret(c)}${
    catalogue === null ? html`<p>${t.noCatalogue}</p>` : await bodyOf(c, catalogue)
  }${await webhooksPanel(c, catalogues)}`;
  return await respondWithPage(c, {
    title: t.title,
    section: "/monitoring",
    catalogue,
    catalogues,
    body,
  });
}

async function bodyOf(c: HubContext, catalogue: string): Promise<Html> {
  const t = textsOf(c, TEXTS), hub = c.get("hub"), { registry } = hub;
  const nowMs = hub.now(), sinceMs = nowMs - DAY_MS;
  const offset = Math.max(0, Math.trunc(Number(c.req.query("cursor") ?? 0)) || 0);
  const all = c.req.query("alerts") === "all";
  const [report, alerts, points, edges, counts, labels] = await Promise.all([
    registry.monitoring.latest(catalogue),
    registry.alerts.list({
      catalogue,
      limit: ALERTS,
      ...(all ? {} : { state: "unresolved" as const }),
    }),
    registry.telemetry.series(catalogue, { sinceMs }),
    registry.edges.list({ catalogue, limit: EDGES + 1, offset }),
    registry.edges.counts(new Date(nowMs - LIVE_MS).toISOString()),
    registry.labels.list(catalogue),
  ]);
  const shown = edges.slice(0, EDGES);
  const sums = await registry.telemetry.byEdge(catalogue, shown.map((e) => e.edgeId), sinceMs);
  const names = new Map(labels.labels.map((l) => [l.code, l.name]));
  const live = counts[catalogue] ?? { live: 0, total: 0 };
  return html`
    <section class="panel" id="look" data-live>${lookPanel(c, catalogue, report, live)}</section>
    <section class="panel" id="alerts"
      data-live><h2>${t.alerts}</h2>${alertTable(c, alerts.items)}<p><a
      href="/monitoring?catalogue=${encodeURIComponent(catalogue)}${all ? "" : "&alerts=all"}">${all
        ? t.unresolvedOnly
        : t.allAlerts}</a></p></section>
    ${report === null ? "" : html`
      <div class="grid">
        <section class="panel" id="quality" data-live><h2>${t.quality}</h2>${qualityPanel(
          c,
          report,
        )}</section>
        <section class="panel" id="recall" data-live><h2>${t.recall}</h2>${recallPanel(
          c,
          report,
          (code) => names.get(code) ?? code,
        )}</section>
      </div>
      <section class="panel" id="drift" data-live><h2>${t.drift}</h2>${driftPanel(
        c,
        report,
      )}</section>
    `}
    <section class="panel" id="series" data-live>
      <h2>${t.traffic}</h2>
      <div class="grid">${seriesPanel(c, points)}</div>
    </section>
    <section class="panel" id="edges" ${offset === 0
      ? html`
        data-live
      `
      : ""}><h2>${t.edges}</h2>${edgesPanel(c, shown, sums)}${pager(
        c,
        edges.length > EDGES ? String(offset + EDGES) : null,
      )}</section>
  `;
}

function lookPanel(
  c: HubContext,
  catalogue: string,
  report: MonitorReport | null,
  edges: { readonly live: number; readonly total: number },
): Html {
  const t = textsOf(c, TEXTS);
  const look = mayChange(c)
    ? actionForm(c, { action: "/ui/monitoring/look", button: t.lookNow, hidden: { catalogue } })
    : "";
  if (report === null) return html`<p class="soft">${t.neverLooked}</p>${look}`;
  const { traffic } = report;
  const tile = (name: string, value: string) =>
    html`
      <div>
        <dt>${name}</dt>
        <dd>${value}</dd>
      </div>
    `;
  return html`
    <h2>${t.window(report.windowHours)}</h2><dl class="tiles">${[
      tile(t.predictions, whole(traffic.predictions)),
      tile(t.errors, whole(traffic.errors)),
      tile(t.review, percent(traffic.reviewShare)),
      tile(t.p95, ms(traffic.latencyP95Ms)),
      tile(t.liveEdges, `${whole(edges.live)} / ${whole(edges.total)}`),
      html`
        <div>
          <dt>${t.drift}</dt>
          <dd>${severityMark(c, report.drift.severity)}</dd>
        </div>
      `,
    ]}</dl><p
      class="soft">${t.lookedAt} ${time(report.at, "ago")}</p>${look}
  `;
}

function alertTable(c: HubContext, alerts: readonly Alert[]): Html {
  const t = textsOf(c, TEXTS), change = mayChange(c);
  return table(
    [t.severity, t.what, { name: t.since, extra: true }, t.state, ""],
    alerts.map((alert) =>
      html`
        <tr>
          <td>${stateBadge(c, alert.severity)}</td>
          <td>${alert.message}</td>
          <td>${time(alert.raisedAt, "ago")}</td>
          <td>${stateOf(c, alert)}</td>
          <td>${change && alert.state !== "resolved" ? alertForms(c, alert) : ""}</td>
        </tr>
      `
    ),
    t.noAlerts,
  );
}

function stateOf(c: HubContext, alert: Alert): Html | string {
  const t = textsOf(c, TEXTS), muted = isMuted(c, alert);
  const state = alert.state === "open"
    ? t.open
    : alert.state === "acknowledged"
    ? t.knows(alert.acknowledgedBy ?? "")
    : html`${time(alert.resolvedAt, "ago")} (${alert.resolvedBy})`;
  return muted ? html`${state}, ${t.mutedUntil} ${time(alert.mutedUntil)}` : state;
}

function isMuted(c: HubContext, { mutedUntil }: Alert): boolean {
  return mutedUntil !== null && Date.parse(mutedUntil) > c.get("hub").now();
}

function alertForms(c: HubContext, alert: Alert): Html {
  const t = textsOf(c, TEXTS), path = `/ui/alerts/${alert.id}`;
  const form = (verb: "acknowledge" | "resolve") =>
    actionForm(c, {
      action: `${path}/${verb}`,
      button: t[verb],
      label: `${t[verb]}: ${alert.message}`,
    });
  const mute = isMuted(c, alert)
    ? actionForm(c, {
      action: `${path}/mute`,
      button: t.unmute,
      label: `${t.unmute}: ${alert.message}`,
      hidden: { hours: 0 },
    })
    : actionForm(c, {
      action: `${path}/mute`,
      button: t.mute,
      label: `${t.mute}: ${alert.message}`,
      fields: html`<select name="hours" aria-label="${t.muteFor}">${
        MUTE_HOURS.map((hours) =>
          html`
            <option value="${hours}">${t.forHours(hours)}</option>
          `
        )
      }</select>`,
    });
  return html`${alert.state === "open" ? form("acknowledge") : ""}${mute}${form("resolve")}`;
}
