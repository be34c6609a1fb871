/**
 * Jobs: the list with schedules and a form to start one, and one job with its live log.
 *
 * @module
 */
import { html } from "hono/html";
import { found } from "../../api/catalogue_lookup.ts";
import type { HubContext } from "../../api/context.ts";
import { JOB_KINDS } from "../../api/ports.ts";
import type { JobEvent } from "../../registry/jobs.ts";
import type { Schedule } from "../../registry/schedules.ts";
import { badge, type Html, span, time } from "../format.ts";
import { actionForm, chosenCatalogue, mayChange, respondWithPage } from "../layout.ts";
import { askedBy, jobTable, table } from "../tables.ts";

const PER_PAGE = 50;
/** Lines shown to browsers without scripts; with them, the whole log streams in. */
const LAST_LINES = 200;

/** Answers `/jobs`. */
export async function jobsPage(c: HubContext): Promise<Response> {
  const hub = c.get("hub");
  const { catalogue, catalogues } = await chosenCatalogue(c);
  const cursor = c.req.query("cursor");
  const inCatalogue = { catalogue: catalogue ?? undefined };
  const [page, schedules] = await Promise.all([
    hub.registry.jobs.list({ ...inCatalogue, limit: PER_PAGE, cursor }),
    hub.registry.schedules.list(inCatalogue),
  ]);
  const body = html`
    <section class="panel" id="jobs" ${cursor === undefined
      ? html`
        data-live
      `
      : ""}>${jobTable(c, page.items, hub.now())}${page.next === null
      ? ""
      : html`<p><a href="/jobs?catalogue=${catalogue ?? ""}&amp;cursor=${
        encodeURIComponent(page.next)
      }">Older jobs</a></p>`}</section>
    <div class="grid">
    <section class="panel" id="schedules" data-live><h2>By the clock</h2>${scheduleTable(
      c,
      schedules,
    )}</section>
    ${catalogue === null || !mayChange(c)
      ? ""
      : html`<section class="panel"><h2>Start a job</h2>${
        actionForm(c, {
          action: "/ui/jobs",
          button: "Start",
          main: true,
          hidden: { catalogue },
          fields: html`
            <div class="row">
              <div><label for="kind">Kind</label><select id="kind" name="kind">${// Raw files come with the command line; the others work on what is there.
              JOB_KINDS.filter((kind) => kind !== "check" && kind !== "ingest").map((kind) =>
                html`
                  <option value="${kind}" ${kind === "retrain"
                    ? html`
                      selected
                    `
                    : ""}>${kind}</option>
                `
              )}</select></div>
            </div>
          `,
        })
      }</section>`}
    </div>
  `;
  return await respondWithPage(c, { title: "Jobs", section: "/jobs", catalogue, catalogues, body });
}

function scheduleTable(c: HubContext, schedules: readonly Schedule[]): Html {
  const change = mayChange(c);
  return table(
    ["What", { name: "When", extra: true }, { name: "Last", extra: true }, "Next", ""],
    schedules.map((s) =>
      html`
        <tr>
          <td>${s.kind}</td>
          <td><code>${s.cron}</code></td>
          <td>${s.lastJobId === null
            ? time(s.lastRunAt, "ago")
            : html`<a href="/jobs/${s.lastJobId}">${time(s.lastRunAt, "ago")}</a>`}</td>
          <td>${s.enabled ? time(s.nextRunAt, "ago") : "off"}</td>
          <td>${change
            ? actionForm(c, {
              action: `/ui/schedules/${s.id}`,
              button: s.enabled ? "Switch off" : "Switch on",
              label: `Switch ${s.kind} ${s.enabled ? "off" : "on"}`,
              hidden: { enabled: s.enabled ? "no" : "yes" },
            })
            : ""}</td>
        </tr>
      `
    ),
    "Nothing runs by the clock here.",
  );
}

/** Answers `/jobs/:id`. */
export async function jobPage(c: HubContext): Promise<Response> {
  const hub = c.get("hub"), id = c.req.param("id")!;
  const job = found(await hub.registry.jobs.get(id), "the job", id);
  const lines = await lastLines(c, id);
  const going = job.state === "queued" || job.state === "running" || job.state === "lost";
  const body = html`
    <section class="panel" id="facts" data-live><dl class="facts">
    <dt>State</dt><dd aria-live="polite">${badge(job.state, {
      id: "job-state",
    })}${job.cancelRequested && going ? " (asked to stop)" : ""}</dd>
    <dt>Catalogue</dt><dd><a href="/?catalogue=${job.catalogue}">${job.catalogue}</a></dd>
    <dt>Asked by</dt><dd>${askedBy(job.by)}, ${time(job.createdAt)}</dd>
    <dt>Took</dt><dd>${span(job.startedAt, job.endedAt, hub.now())}, attempt ${job.attempt} of ${job
      .maxAttempts}</dd>
    ${job.error === null ? "" : html`
      <dt>Error</dt>
      <dd>${job.error.message} <code>${job.error.code}</code></dd>
    `}
    </dl>${going && mayChange(c) && !job.cancelRequested
      ? actionForm(c, { action: `/ui/jobs/${id}/cancel`, button: "Cancel this job" })
      : ""}</section>
    <section class="panel">
      <h2 id="log-h">Log</h2>
      <div id="progress"
        hidden><span class="soft"></span><progress aria-labelledby="log-h"></progress></div>
      <ol class="log" tabindex="0" aria-labelledby="log-h"
        data-events="/api/v1/jobs/${id}/events">${lines.map(logLine)}</ol>
    </section>
    <div class="grid">
      <section class="panel">
        <h2>Input</h2>
        <pre tabindex="0">${JSON.stringify(job.input, null, 2) ?? "nothing"}</pre>
      </section>
      <section class="panel" id="result" data-live>
        <h2>Result</h2>
        <pre tabindex="0">${job.result === null || job.result === undefined
          ? "none yet"
          : JSON.stringify(job.result, null, 2)}</pre>
      </section>
    </div>
  `;
  return await respondWithPage(c, {
    title: `Job ${job.kind}`,
    section: "/jobs",
    catalogue: job.catalogue,
    body,
  });
}

async function lastLines(c: HubContext, id: string): Promise<JobEvent[]> {
  const { jobs } = c.get("hub").registry;
  const first = await jobs.logs(id, 0, 1000);
  return first.filter((line) => line.type !== "metric").slice(-LAST_LINES);
}

function logLine(event: JobEvent): Html {
  const words = ["stage", "state", "summary", "message"].map((key) => event[key])
    .filter((word) => typeof word === "string").join("  ");
  return html`<li>${time(event.at, "clock")} ${words}</li>`;
}
