/**
 * Runs: the list, and one run with params, curves and artifacts.
 *
 * @module
 */
import { html } from "hono/html";
import type { HubContext } from "../../api/context.ts";
import { found } from "../../api/catalogue_lookup.ts";
import type { MetricSeries } from "../../registry/runs.ts";
import { lineChart } from "../charts.ts";
import { badge, bytes, figure, type Html, short, span, time } from "../format.ts";
import { chosenCatalogue, respondWithPage } from "../layout.ts";
import { picturePanel } from "../picture_panel.ts";
import { asRecord } from "../stored_json.ts";
import { askedBy, bundleLink, runTable, table } from "../tables.ts";

const PER_PAGE = 50;

/** Answers `/runs`. */
export async function runsPage(c: HubContext): Promise<Response> {
  const hub = c.get("hub");
  const { catalogue, catalogues } = await chosenCatalogue(c);
  const cursor = c.req.query("cursor");
  const page = await hub.registry.runs.list({
    catalogue: catalogue ?? undefined,
    limit: PER_PAGE,
    cursor,
  });
  const body = html`
    <section class="panel" id="runs" ${cursor === undefined
      ? html`
        data-live
      `
      : ""}>${runTable(c, page.items.map((run) => ({ run })), hub.now())}${page.next === null
      ? ""
      : html`<p><a href="/runs?catalogue=${catalogue ?? ""}&amp;cursor=${
        encodeURIComponent(page.next)
      }">Older runs</a></p>`}</section>
  `;
  return await respondWithPage(c, { title: "Runs", section: "/runs", catalogue, catalogues, body });
}

/** Answers `/runs/:id`. */
export async function runPage(c: HubContext): Promise<Response> {
  const hub = c.get("hub"), id = c.req.param("id")!;
  const run = found(await hub.registry.runs.get(id), "the run", id);
  const [series, artifacts, model] = await Promise.all([
    hub.registry.runs.metrics(id),
    hub.registry.runs.artifacts(id),
    run.bundleDigest === null ? null : hub.registry.models.get(run.bundleDigest),
  ]);
  const body = html`
    <div class="grid">
      <section class="panel" id="facts" data-live>
        <h2>What it was</h2>
        <dl class="facts">
          <dt>State</dt>
          <dd>${badge(run.state)}${run.error === null ? "" : html`
            ${run.error}
          `}</dd>
          <dt>Catalogue</dt>
          <dd>${run.catalogue}</dd>
          <dt>Started</dt>
          <dd>${time(run.createdAt)}, took ${span(run.createdAt, run.endedAt, hub.now())}</dd>
          <dt>Asked by</dt>
          <dd>${askedBy(run.tags["by"] ?? "–")}${run.jobId === null ? "" : html`
            · <a href="/jobs/${run.jobId}">job log</a>
          `}</dd>
          <dt>Data</dt>
          <dd>${run.datasetDigest === null
            ? "–"
            : html`<a href="/data?catalogue=${run.catalogue}"><code>${
              short(run.datasetDigest)
            }</code></a>`}</dd>
          <dt>Bundle</dt>
          <dd>${bundleLink(run.bundleDigest, run.catalogue)}</dd>
          <dt>Device</dt>
          <dd>${run.device ?? "–"}</dd>
          <dt>Code</dt>
          <dd>${run.codeVersion === null ? "–" : html`<code>${short(run.codeVersion)}</code>`}</dd>
        </dl>
      </section>
      <section class="panel"><h2>What it left</h2>${table(
        ["Name", { number: "Size" }, "Type"],
        artifacts.map((a) =>
          html`
            <tr>
              <td><a href="${a.contentType === "text/html"
                ? `/reports/${a.digest}`
                : `/api/v1/blobs/${a.digest}`}">${a.name}</a></td>
              <td class="number">${a.sizeBytes === 0 ? "–" : bytes(a.sizeBytes)}</td>
              <td>${a.contentType}</td>
            </tr>
          `
        ),
        "Nothing yet.",
      )}</section>
    </div>
    ${picturePanel(goldFigures(run.metrics), asRecord(model?.manifest))}
    <section class="panel" id="curves" data-live><h2>Curves</h2>${curves(series)}</section>
    <div class="grid">
      <section class="panel" id="figures" data-live><h2>Figures</h2>${table(
        ["Name", { number: "Value" }],
        Object.entries(run.metrics).toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) =>
          html`
            <tr>
              <td>${name}</td>
              <td class="number">${figure(value)}</td>
            </tr>
          `
        ),
        "None yet.",
      )}</section>
      <section class="panel"><h2>Params</h2>${table(
        ["Name", { number: "Value" }],
        Object.entries(run.params).map(([name, value]) =>
          html`
            <tr>
              <td>${name}</td>
              <td class="number">${String(value)}</td>
            </tr>
          `
        ),
        "None.",
      )}</section>
    </div>
  `;
  return await respondWithPage(c, {
    title: `Run ${run.kind}`,
    section: "/runs",
    catalogue: run.catalogue,
    body,
  });
}

/** Figures of the gold rows, under their own names. */
function goldFigures(metrics: Readonly<Record<string, number | null>>) {
  return Object.fromEntries(
    Object.entries(metrics).filter(([name]) => name.startsWith("gold."))
      .map(([name, value]) => [name.slice("gold.".length), value]),
  );
}

/** Series that have a course; those that measure the same (equal last name) share a plot. */
function curves(series: readonly MetricSeries[]): Html {
  const long = series.filter((s) => s.points.length > 2);
  if (long.length === 0) return html`<p class="soft">No figure was told more than twice.</p>`;
  const groups = Map.groupBy(long, (s) => s.name.split(".").at(-1)!);
  return html`<div class="grid">${
    [...groups].map(([name, members]) =>
      lineChart(
        members.map((s) => ({
          name: s.name.split(".").slice(0, -1).join(".") || name,
          points: s.points.map((p) => ({ x: p.step, y: p.value })),
        })),
        { caption: name, xLabel: "step" },
      )
    )
  }</div>`;
}
