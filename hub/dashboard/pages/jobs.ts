/**
 * Jobs: the history of pipelines as a grid, what ran and runs, what runs by the clock, and a form to start one.
 *
 * @module
 */
import { html } from "hono/html";
import type { HubContext } from "../../api/context.ts";
import { stagedJobs, stagesOf } from "../../api/job_stages.ts";
import { JOB_KINDS } from "../../api/ports.ts";
import type { Html } from "../format.ts";
import { historyGrid } from "../job_stages_view.ts";
import { textsOf } from "../language.ts";
import { actionForm, chosenCatalogue, mayChange, respondWithPage } from "../layout.ts";
import { scheduleForm, scheduleTable } from "../schedule_panel.ts";
import { jobTable, pager } from "../tables.ts";

const PER_PAGE = 30;
/** Kinds that begin with files that somebody sends. */
const NEEDS_FILES = new Set<string>(["check", "ingest", "score"]);
/** Runs in the grid. */
const HISTORY = 15;

export const TEXTS = {
  en: {
    title: "Jobs",
    history: "Pipelines, stage by stage",
    list: "All jobs",
    clock: "By the clock",
    start: "Start a job",
    startButton: "Start",
    kind: "Kind",
    params: "Params of this job alone",
    paramsHelp: "One a line, such as train.c = 3; the others are as params.yaml says.",
  },
  fr: {
    title: "Tâches",
    history: "Pipelines, étape par étape",
    list: "Toutes les tâches",
    clock: "Planifications",
    start: "Lancer une tâche",
    startButton: "Lancer",
    kind: "Type",
    params: "Paramètres de cette seule tâche",
    paramsHelp: "Un par ligne, comme train.c = 3 ; les autres restent ceux de params.yaml.",
  },
};

/** Answers `/jobs`. */
export async function jobsPage(c: HubContext): Promise<Response> {
  const hub = c.get("hub"), t = textsOf(c, TEXTS), { registry } = hub;
  const { catalogue, catalogues } = await chosenCatalogue(c);
  const cursor = c.req.query("cursor"), nowMs = hub.now();
  const inCatalogue = { catalogue: catalogue ?? undefined };
  const [page, schedules, staged] = await Promise.all([
    registry.jobs.list({ ...inCatalogue, limit: PER_PAGE, cursor }),
    registry.schedules.list(),
    catalogue === null ? [] : stagedJobs(registry, catalogue, HISTORY),
  ]);
  const stages = await stagesOf(registry, staged);
  // The hub's own, which belong to no catalogue, stand with each.
  const shown = schedules.filter((s) => s.catalogue === "" || s.catalogue === catalogue);
  const live = cursor === undefined
    ? html`
      data-live
    `
    : "";
  const body = html`
    <section class="panel" id="history" data-live><h2>${t.history}</h2>${historyGrid(
      c,
      staged,
      stages,
      nowMs,
    )}</section>
    <section class="panel" id="schedules" data-live><h2>${t.clock}</h2>${scheduleTable(
      c,
      shown,
      nowMs,
    )}</section>
    ${catalogue === null || !mayChange(c)
      ? ""
      : html`<div class="grid"><section class="panel">${scheduleForm(c, catalogue)}</section>${
        startPanel(c, catalogue)
      }</div>`}
    <section class="panel" id="jobs" ${live}><h2>${t.list}</h2>${jobTable(
      c,
      page.items,
      nowMs,
    )}${pager(c, page.next)}</section>
  `;
  return await respondWithPage(c, {
    title: t.title,
    section: "/jobs",
    catalogue,
    catalogues,
    scripts: ["jobs.js"],
    body,
  });
}

function startPanel(c: HubContext, catalogue: string): Html {
  const t = textsOf(c, TEXTS);
  // Raw files come with the command line and the catalogue's page; the others work on what is there.
  const kinds = JOB_KINDS.filter((kind) => !NEEDS_FILES.has(kind));
  const fields = html`
    <label for="kind">${t.kind}</label>
    <select id="kind" name="kind">${kinds.map((kind) =>
      kind === "retrain"
        ? html`<option value="${kind}" selected>${kind}</option>`
        : html`<option value="${kind}">${kind}</option>`
    )}</select>
    <label for="params">${t.params}</label>
    <textarea id="params" name="params" rows="3" aria-describedby="params-help"
      spellcheck="false"></textarea>
    <small id="params-help">${t.paramsHelp}</small>
  `;
  return html`<section class="panel"><h2>${t.start}</h2>${
    actionForm(c, {
      action: "/ui/jobs",
      button: t.startButton,
      main: true,
      hidden: { catalogue },
      fields,
    })
  }</section>`;
}
