/**
 * The first page: how much can be accepted automatically, whether it is well, what is going on, what comes next.
 *
 * @module
 */
import { html } from "hono/html";
import type { HubContext } from "../../api/context.ts";
import { accessOf } from "../../api/roles.ts";
import type { Job } from "../../registry/jobs.ts";
import { challengerPanel } from "../challenger_panel.ts";
import { lineChart } from "../charts.ts";
import { feedbackTiles } from "../feedback_tiles.ts";
import { figure, type Html, percent, time, whole } from "../format.ts";
import { headline } from "../headline.ts";
import { textsOf } from "../language.ts";
import { chosenCatalogue, respondWithPage } from "../layout.ts";
import { nextSteps } from "../next_steps.ts";
import { stateBadge } from "../states.ts";
import { edgeTable, jobTable, runTable, table } from "../tables.ts";

export const TEXTS = {
  en: {
    title: "Overview",
    catalogue: (name: string) => `Catalogue ${name}`,
    day: "Last 24 hours",
    predictions: "Predictions",
    automatic: "Accepted",
    latency: "Latency p95",
    errors: "Errors",
    drift: "Drift",
    driftOf: (severity: string) =>
      ({ none: "none", warning: "some", critical: "strong" })[severity] ?? severity,
    monitoring: "Monitoring",
    quiet: "Nobody has asked an edge yet.",
    alerts: "Open alerts",
    allAlerts: "All alerts",
    noAlerts: "No alert is open.",
    running: "Running now",
    runningJob: (kind: string) => `Running now: ${kind}`,
    follow: "Follow",
    jobs: "Jobs",
    allJobs: "All jobs",
    clock: "By the clock",
    kind: "What",
    next: "Next",
    noClock: "Nothing is planned.",
    runs: "Runs",
    allRuns: "All runs",
    gold: "On gold rows",
    run: "run",
    f1: "weighted F1",
    accuracy: "accuracy",
    edges: "Edges",
    allEdges: "All edges",
  },
  fr: {
    title: "Vue d’ensemble",
    catalogue: (name: string) => `Catalogue ${name}`,
    day: "Dernières 24 heures",
    predictions: "Prédictions",
    automatic: "Acceptées",
    latency: "Latence p95",
    errors: "Erreurs",
    drift: "Dérive",
    driftOf: (severity: string) =>
      ({ none: "aucune", warning: "légère", critical: "forte" })[severity] ?? severity,
    monitoring: "Surveillance",
    quiet: "Personne n’a encore interrogé de nœud.",
    alerts: "Alertes ouvertes",
    allAlerts: "Toutes les alertes",
    noAlerts: "Aucune alerte ouverte.",
    running: "En cours",
    runningJob: (kind: string) => `En cours\u00a0: ${kind}`,
    follow: "Suivre",
    jobs: "Tâches",
    allJobs: "Toutes les tâches",
    clock: "À l’heure dite",
    kind: "Quoi",
    next: "Prochaine fois",
    noClock: "Rien n’est prévu.",
    runs: "Entraînements",
    allRuns: "Tous les entraînements",
    gold: "Sur les lignes gold",
    run: "entraînement",
    f1: "F1 pondéré",
    accuracy: "exactitude",
    edges: "Nœuds",
    allEdges: "Tous les nœuds",
  },
};

const LISTED = 5, TREND = 30, DAY_MS = 86_400_000;

/** Answers `/`. */
export async function overviewPage(c: HubContext): Promise<Response> {
  const hub = c.get("hub"), { registry } = hub, t = textsOf(c, TEXTS);
  const { catalogue, catalogues } = await chosenCatalogue(c);
  if (catalogue === null) {
    const body = html`${nextSteps(c, { catalogue, data: false, champion: false, edges: false })}`;
    return await respondWithPage(c, { title: t.title, section: "/", body });
  }
  const [aliases, history, runs, jobs, edges, data, schedules] = await Promise.all([
    registry.aliases.get(catalogue),
    registry.aliases.history(catalogue),
    registry.runs.list({ catalogue, limit: TREND }),
    registry.jobs.list({ catalogue, limit: LISTED }),
    registry.edges.list({ catalogue }),
    registry.datasets.head(catalogue),
    registry.schedules.list({ catalogue }),
  ]);
  const nowMs = hub.now(), query = `?catalogue=${encodeURIComponent(catalogue)}`;
  const trend = runs.items.filter((run) => Number.isFinite(run.metrics["gold.weightedF1"]))
    .reverse();
  const planned = schedules.filter((s) => s.enabled && s.nextRunAt !== null)
    .toSorted((a, b) => a.nextRunAt! < b.nextRunAt! ? -1 : 1).slice(0, LISTED);
  const body = html`
    ${nextSteps(c, {
      catalogue,
      data: data !== null,
      champion: aliases.champion !== null,
      edges: edges.length > 0,
    })}
    ${await headline(c, aliases, history)}
    ${runningPanel(c, jobs.items)}
    <div class="grid">
      <div>${await trafficPanel(c, catalogue)}${await alertsPanel(c, catalogue)}</div>
      <div>${await feedbackTiles(c, catalogue, history)}${await challengerPanel(c, aliases)}</div>
    </div>
    <section class="panel" id="runs" data-live>
      <h2>${t.runs}</h2>
      <div class="beside">
    ${trend.length < 2 ? "" : lineChart([
      {
        name: t.f1,
        points: trend.map((run, x) => ({ x: x + 1, y: run.metrics["gold.weightedF1"]! })),
      },
      {
        name: t.accuracy,
        points: trend.map((run, x) => ({ x: x + 1, y: run.metrics["gold.accuracy"] ?? NaN })),
      },
    ], { caption: t.gold, xLabel: t.run, format: percent })}
    ${runTable(c, runs.items.slice(0, LISTED), nowMs)}
      </div>
      <p><a href="/runs${query}">${t.allRuns}</a></p>
    </section>
      <section class="panel" id="jobs"
      data-live><h2>${t.jobs}</h2>${jobTable(
        c,
        jobs.items,
        nowMs,
      )}<p><a href="/jobs${query}">${t.allJobs}</a></p></section>
    <div class="grid">
      <section class="panel" id="edges"
        data-live><h2>${t.edges}</h2>${edgeTable(
          c,
          edges.slice(0, LISTED * 2),
          aliases.champion,
          nowMs,
        )}<p><a href="/edges${query}">${t.allEdges}</a></p></section>
      <section class="panel" id="clock" data-live><h2>${t.clock}</h2>${table(
        [t.kind, t.next],
        planned.map((s) =>
          html`
            <tr>
              <td>${s.kind}</td>
              <td>${time(s.nextRunAt, "ago")}</td>
            </tr>
          `
        ),
        t.noClock,
      )}</section>
    </div>
  `;
  return await respondWithPage(c, {
    title: t.catalogue(catalogue),
    section: "/",
    catalogue,
    catalogues,
    body,
  });
}

/** The job at work, with its bar; nothing while none is. */
function runningPanel(c: HubContext, jobs: readonly Job[]): Html | "" {
  const job = jobs.find((each) => each.state === "running") ??
    jobs.find((each) => each.state === "queued");
  if (job === undefined) return "";
  const t = textsOf(c, TEXTS);
  return html`
    <section class="panel" id="running">
      <h2>${t.runningJob(job.kind)} ${stateBadge(c, job.state, { id: "job-state" })}</h2>
      <div id="progress"
        hidden><span class="soft"></span><progress aria-label="${job.kind}"></progress></div>
      <ol class="log brief" tabindex="0" aria-label="${t.running}"
        data-events="/api/v1/jobs/${job.id}/events"></ol>
      <p><a href="/jobs/${job.id}">${t.follow}</a></p>
    </section>
  `;
}

/** What edges answered, and whether products still look as they did in training. */
async function trafficPanel(c: HubContext, catalogue: string): Promise<Html> {
  const t = textsOf(c, TEXTS), hub = c.get("hub"), { registry } = hub;
  const [day, report] = await Promise.all([
    registry.telemetry.summary(catalogue, hub.now() - DAY_MS),
    registry.monitoring.latest(catalogue),
  ]);
  const { auto, review } = day.decisions;
  const errors = Object.values(day.errors).reduce((sum, n) => sum + n, 0);
  const drift = report?.drift.severity;
  return html`
    <section class="panel" id="traffic" data-live><h2>${t.day}</h2>${day.requests === 0
      ? html`<p class="soft">${t.quiet}</p>`
      : ""}
    <dl class="tiles">
      <div><dt>${t.predictions}</dt><dd>${whole(day.predictions)}</dd></div>
      <div><dt>${t.automatic}</dt><dd>${auto + review === 0
        ? "–"
        : percent(auto / (auto + review))}</dd></div>
      <div><dt>${t.latency}</dt><dd>${Number.isFinite(day.latencyP95Ms)
        ? `${figure(Number(day.latencyP95Ms.toPrecision(3)))} ms`
        : "–"}</dd></div>
      <div><dt>${t.errors}</dt><dd>${whole(errors)}</dd></div>
      <div><dt>${t.drift}</dt><dd>${drift === undefined ? "–" : t.driftOf(drift)}</dd></div>
    </dl>${accessOf("GET", "/monitoring") === undefined
      ? ""
      : html`<p><a href="/monitoring?catalogue=${catalogue}">${t.monitoring}</a></p>`}</section>
  `;
}

async function alertsPanel(c: HubContext, catalogue: string): Promise<Html> {
  const t = textsOf(c, TEXTS);
  const { items } = await c.get("hub").registry.alerts.list({
    catalogue,
    state: "unresolved",
    limit: LISTED,
  });
  const hasPage = accessOf("GET", "/monitoring") !== undefined && items.length > 0;
  return html`<section class="panel" id="alerts" data-live><h2>${t.alerts}</h2>${
    items.length === 0
      ? html`<p>${stateBadge(c, "ok")} <span class="soft">${t.noAlerts}</span></p>`
      : html`<ul class="rules">${
        items.map((alert) =>
          html`<li>${stateBadge(c, alert.severity)} ${alert.message} <small>${
            time(alert.raisedAt, "ago")
          }</small></li>`
        )
      }</ul>`
  }${
    hasPage
      ? html`<p><a href="/monitoring?catalogue=${catalogue}#alerts">${t.allAlerts}</a></p>`
      : ""
  }</section>`;
}
