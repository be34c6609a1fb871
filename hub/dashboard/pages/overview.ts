/**
 * The first page: what is served, whether it is good, what is going on.
 *
 * @module
 */
import { html } from "hono/html";
import type { HubContext } from "../../api/context.ts";
import type { HubDeps } from "../../api/ports.ts";
import type { AliasState } from "../../registry/aliases.ts";
import { lineChart, shareChart, type ShareRow } from "../charts.ts";
import { badge, figure, type Html, percent, short, time, whole } from "../format.ts";
import { chosenCatalogue, respondWithPage } from "../layout.ts";
import { promoteForm, rollbackForm } from "../release_forms.ts";
import { readRules } from "../stored_json.ts";
import { bundleLink, edgeTable, jobTable, runTable } from "../tables.ts";

/** Champions whose feedback is compared. */
const COMPARED = 4;
const LISTED = 8;

/** Answers `/`. */
export async function overviewPage(c: HubContext): Promise<Response> {
  const hub = c.get("hub");
  const { catalogue, catalogues } = await chosenCatalogue(c);
  if (catalogue === null) {
    return await respondWithPage(c, { title: "Overview", section: "/", body: welcome() });
  }
  const { registry } = hub;
  const [aliases, runs, jobs, edges, feedback] = await Promise.all([
    registry.aliases.get(catalogue),
    registry.runs.list({ catalogue, limit: 30 }),
    registry.jobs.list({ catalogue, limit: LISTED }),
    registry.edges.list({ catalogue }),
    feedbackPanel(hub, catalogue),
  ]);
  const nowMs = hub.now();
  const shown = await Promise.all(
    runs.items.slice(0, LISTED).map(async (run) => ({ run, curve: await firstCurve(hub, run.id) })),
  );
  const trend = runs.items.filter((run) => Number.isFinite(run.metrics["gold.weightedF1"]))
    .reverse();
  const body = html`
    <div class="grid">
      <section class="panel" id="champion" data-live aria-labelledby="champion-h">${await championPanel(
        c,
        aliases,
      )}</section>
      <section class="panel" id="feedback" data-live aria-labelledby="feedback-h">${feedback}</section>
    </div>
    <section class="panel" id="runs" data-live aria-labelledby="runs-h"><h2 id="runs-h">Runs</h2>
    ${trend.length < 2 ? "" : lineChart([
      {
        name: "weighted F1",
        points: trend.map((run, x) => ({ x: x + 1, y: run.metrics["gold.weightedF1"]! })),
      },
      {
        name: "accuracy",
        points: trend.map((run, x) => ({ x: x + 1, y: run.metrics["gold.accuracy"] ?? NaN })),
      },
    ], { caption: "On gold rows", xLabel: "run", format: percent })}
    ${runTable(c, shown, nowMs)}<p><a href="/runs?catalogue=${catalogue}">All runs</a></p></section>
    <div class="grid">
      <section class="panel" id="jobs" data-live aria-labelledby="jobs-h"><h2 id="jobs-h">Jobs</h2>
    ${jobTable(
      c,
      jobs.items,
      nowMs,
    )}<p><a href="/jobs?catalogue=${catalogue}">All jobs, start one</a></p></section>
      <section class="panel" id="edges" data-live aria-labelledby="edges-h"><h2 id="edges-h">Edges</h2>
    ${edgeTable(
      c,
      edges,
      aliases.champion,
      nowMs,
    )}<p><a href="/edges?catalogue=${catalogue}">Telemetry and feedback</a></p></section>
    </div>
  `;
  return await respondWithPage(c, {
    title: `Catalogue ${catalogue}`,
    section: "/",
    catalogue,
    catalogues,
    body,
  });
}

function welcome(): Html {
  return html`
    <section class="panel narrow">
      <h2>No catalogue yet</h2>
      <p>Bring one in with <code>deno task demo</code>, or with your own files:</p>
      <pre>deno task pipeline --x x.csv --y y.csv --name shop</pre>
    </section>
  `;
}

async function firstCurve(hub: HubDeps, runId: string): Promise<number[]> {
  const series = await hub.registry.runs.metrics(runId);
  return series.find((s) => s.points.length > 2)?.points.map((p) => p.value) ?? [];
}

/** Champion and challenger, with figures, verdict and the verbs. */
async function championPanel(c: HubContext, aliases: AliasState): Promise<Html> {
  const hub = c.get("hub"), { catalogue, champion, challenger } = aliases;
  const release = await hub.registry.releases.current(catalogue);
  return html`<h2 id="champion-h">Champion</h2>
${
    champion === null
      ? html`<p class="soft">None yet: edges answer 503 until the gate accepts a bundle.</p>`
      : html`<p>${bundleLink(champion, catalogue)}${
        release === null ? "" : html`
          · release ${release.sequence} (${release.kind}) ${time(release.createdAt, "ago")}
        `
      }</p>${await bundleFigures(hub, catalogue, champion)}`
  }
${
    challenger === null || challenger === champion
      ? ""
      : html`<h3>Challenger</h3><p>${bundleLink(challenger, catalogue)}</p>${await bundleFigures(
        hub,
        catalogue,
        challenger,
      )}${
        promoteForm(c, aliases, { digest: challenger, accepted: await isAccepted(hub, aliases) })
      }`
  }
${rollbackForm(c, aliases)}`;
}

/** Whether the gate's last word on the challenger was yes. */
async function isAccepted(hub: HubDeps, { catalogue, challenger }: AliasState): Promise<boolean> {
  const [verdict] = await hub.registry.models.verdicts(challenger ?? "", { catalogue });
  return verdict?.accept ?? false;
}

/** Gold figures of a bundle and what the gate said of it. */
async function bundleFigures(hub: HubDeps, catalogue: string, digest: string): Promise<Html> {
  const { models } = hub.registry;
  const [[evaluation], [verdict]] = await Promise.all([
    models.evaluations(digest, { catalogue }),
    models.verdicts(digest, { catalogue }),
  ]);
  const m = evaluation?.metrics ?? {};
  const failed = verdict === undefined
    ? []
    : (await readRules(hub.blobs, verdict.blob)).filter((r) => !r.ok);
  return html`
    <dl class="tiles">
      <div>
        <dt>Weighted F1</dt>
        <dd>${percent(m["weightedF1"])}</dd>
      </div>
      <div>
        <dt>Accuracy</dt>
        <dd>${percent(m["accuracy"])}</dd>
      </div>
      <div>
        <dt>Macro F1</dt>
        <dd>${percent(m["macroF1"])}</dd>
      </div>
      <div>
        <dt>Gold rows</dt>
        <dd>${figure(m["goldRows"])}</dd>
      </div>
    </dl>
    <p>Gate: ${verdict === undefined
      ? "not judged"
      : badge(verdict.accept ? "accepted" : "refused")}${verdict?.htmlBlob
      ? html`
        · <a href="/reports/${verdict.htmlBlob}">report</a>
      `
      : ""}</p>${failed.length === 0
      ? ""
      : html`<ul class="rules">${
        failed.map((r) =>
          html`<li>${badge(r.severity === "warning" ? "warning" : "failed")} ${r.message}</li>`
        )
      }</ul>`}
  `;
}

/** How often users agreed, by champion, and how much feedback waits. */
async function feedbackPanel(hub: HubDeps, catalogue: string): Promise<Html> {
  const { feedback, aliases } = hub.registry;
  const [stats, history, fresh] = await Promise.all([
    feedback.stats(catalogue),
    aliases.history(catalogue),
    feedback.countNew(catalogue),
  ]);
  const champions = [
    ...new Set(
      history.flatMap((h) => (h.kind === "challenger" || h.champion === null ? [] : [h.champion])),
    ),
  ].slice(0, COMPARED);
  const rows: ShareRow[] = [];
  for (const digest of champions) {
    const { n, interval } = await feedback.stats(catalogue, { digest });
    if (n === 0) continue;
    rows.push({
      name: short(digest),
      value: interval.value,
      low: interval.low,
      high: interval.high,
      note: `${percent(interval.value)} of ${whole(n)}`,
    });
  }
  const wanted = hub.params.inspection.minRows;
  return html`
    <h2 id="feedback-h">Feedback</h2>
    <dl class="tiles">
      <div>
        <dt>Users agreed</dt>
        <dd>${stats.n === 0 ? "–" : percent(stats.interval.value)}</dd>
      </div>
      <div>
        <dt>Records</dt>
        <dd>${whole(stats.joined + stats.unjoined)}</dd>
      </div>
      <div>
        <dt>Waiting to train</dt>
        <dd>${whole(fresh.rows)} <small>of ${whole(wanted)}</small></dd>
      </div>
    </dl>
    <progress max="${wanted}" value="${Math.min(fresh.rows, wanted)}"
      aria-label="Feedback until a retrain starts"></progress>
    ${shareChart(
      rows,
      "Share of answers that users confirmed, by champion (newest first), with 95 % intervals",
    )}
  `;
}
