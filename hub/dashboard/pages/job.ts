/**
 * One job: how it stands, its stages, its live log (of all stages or of one), what it was asked and what came of it.
 *
 * @module
 */
import { html } from "hono/html";
import { found } from "../../api/catalogue_lookup.ts";
import type { HubContext } from "../../api/context.ts";
import { type JobStage, stagesOf } from "../../api/job_stages.ts";
import type { Job, JobEvent } from "../../registry/jobs.ts";
import { type Html, span, time } from "../format.ts";
import { stageTable } from "../job_stages_view.ts";
import { textsOf } from "../language.ts";
import { actionForm, mayChange, respondWithPage } from "../layout.ts";
import { stateBadge } from "../states.ts";
import { askedBy } from "../tables.ts";

/** Lines shown to browsers without scripts; with them, the whole log streams in. */
const LAST_LINES = 200;

export const TEXTS = {
  en: {
    title: (kind: string) => `Job ${kind}`,
    jobs: "Jobs",
    state: "State",
    asked: " (asked to stop)",
    catalogue: "Catalogue",
    by: "Asked by",
    schedule: "Schedule",
    took: "Took",
    attempt: (n: number, of: number) => `attempt ${n} of ${of}`,
    next: "Next attempt",
    limit: "Time-out",
    minutes: (n: number) => `${n} min an attempt`,
    error: "Error",
    cancel: "Cancel this job",
    cancelSure: "Cancel this job? What it has finished stays.",
    stages: "Stages",
    log: "Log",
    logStages: "Log of",
    all: "all stages",
    input: "Input",
    nothing: "nothing",
    result: "Result",
    noResult: "none yet",
    decision: "Why, or why not",
    retrain: "A retrain is started",
    noRetrain: "No retrain",
    fired: "fires",
    quiet: "does not fire",
  },
  fr: {
    title: (kind: string) => `Tâche ${kind}`,
    jobs: "Tâches",
    state: "État",
    asked: " (arrêt demandé)",
    catalogue: "Catalogue",
    by: "Demandée par",
    schedule: "Planification",
    took: "Durée",
    attempt: (n: number, of: number) => `essai ${n} sur ${of}`,
    next: "Prochain essai",
    limit: "Durée maximale",
    minutes: (n: number) => `${n} min par essai`,
    error: "Erreur",
    cancel: "Annuler cette tâche",
    cancelSure: "Annuler cette tâche ? Ce qu’elle a terminé reste.",
    stages: "Étapes",
    log: "Journal",
    logStages: "Journal de",
    all: "toutes les étapes",
    input: "Entrée",
    nothing: "rien",
    result: "Résultat",
    noResult: "aucun pour l’instant",
    decision: "Pourquoi, ou pourquoi pas",
    retrain: "Un réentraînement est lancé",
    noRetrain: "Pas de réentraînement",
    fired: "se déclenche",
    quiet: "ne se déclenche pas",
  },
};

/** Answers `/jobs/:id`. */
export async function jobPage(c: HubContext): Promise<Response> {
  const hub = c.get("hub"), id = c.req.param("id")!, t = textsOf(c, TEXTS);
  const job = found(await hub.registry.jobs.get(id), "the job", id);
  const stages = (await stagesOf(hub.registry, [job])).get(id)!;
  const asked = c.req.query("stage");
  const stage = stages.some((s) => s.stage === asked) ? asked : undefined;
  const lines = await lastLines(c, id, stage);
  const query = stage === undefined ? "" : `?stage=${encodeURIComponent(stage)}`;
  const body = html`
    <section class="panel" id="facts" data-live>${facts(c, job)}</section>
    ${stages.length === 0 ? "" : html`<section class="panel" id="stages" data-live>
      <h2>${t.stages}</h2>${stageTable(c, job, stages, hub.now())}</section>`}
    ${decision(c, job.result)}
    <section class="panel">
      <h2 id="log-h">${t.log}</h2>
      ${stageLinks(c, job, stages, stage)}
      <div id="progress"
        hidden><span class="soft"></span><progress aria-labelledby="log-h"></progress></div>
      <ol class="log" tabindex="0" aria-labelledby="log-h"
        data-events="/api/v1/jobs/${id}/events${query}">${lines.map(logLine)}</ol>
    </section>
    <div class="grid">
      <section class="panel">
        <h2>${t.input}</h2>
        <pre tabindex="0">${JSON.stringify(job.input, null, 2) ?? t.nothing}</pre>
      </section>
      <section class="panel" id="result" data-live>
        <h2>${t.result}</h2>
        <pre tabindex="0">${job.result === null || job.result === undefined
          ? t.noResult
          : JSON.stringify(job.result, null, 2)}</pre>
      </section>
    </div>
  `;
  return await respondWithPage(c, {
    title: t.title(job.kind),
    section: "/jobs",
    catalogue: job.catalogue,
    parent: { href: `/jobs?catalogue=${encodeURIComponent(job.catalogue)}`, name: t.jobs },
    body,
  });
}

function facts(c: HubContext, job: Job): Html {
  const hub = c.get("hub"), t = textsOf(c, TEXTS);
  const going = job.state === "queued" || job.state === "running" || job.state === "lost";
  const schedule = job.scheduleId === null ? "" : html`
    <dt>${t.schedule}</dt>
    <dd>${job.scheduleId}</dd>
  `;
  const next = job.notBefore === null || !going ? "" : html`
    <dt>${t.next}</dt>
    <dd>${time(job.notBefore, "ago")}</dd>
  `;
  const limit = job.timeoutMs === null ? "" : html`
    <dt>${t.limit}</dt>
    <dd>${t.minutes(Math.round(job.timeoutMs / 60_000))}</dd>
  `;
  const error = job.error === null ? "" : html`
    <dt>${t.error}</dt>
    <dd>${job.error.message} <code>${job.error.code}</code></dd>
  `;
  return html`<dl class="facts">
    <dt>${t.state}</dt><dd aria-live="polite">${stateBadge(c, job.state, { id: "job-state" })}${
    job.cancelRequested && going ? t.asked : ""
  }</dd>
    <dt>${t.catalogue}</dt><dd><a href="/?catalogue=${job.catalogue}">${job.catalogue}</a></dd>
    <dt>${t.by}</dt><dd>${askedBy(job.by)}, ${time(job.createdAt)}</dd>
    ${schedule}
    <dt>${t.took}</dt><dd>${span(job.startedAt, job.endedAt, hub.now())}, ${
    t.attempt(job.attempt, job.maxAttempts)
  }</dd>
    ${limit}${next}${error}
    </dl>${
    going && mayChange(c) && !job.cancelRequested
      ? actionForm(c, {
        action: `/ui/jobs/${job.id}/cancel`,
        button: t.cancel,
        confirm: t.cancelSure,
      })
      : ""
  }`;
}

/** What an inspection decided, with a sentence for each trigger; nothing for other jobs. */
function decision(c: HubContext, result: unknown): Html | "" {
  const { triggers, decision, heldBack } = (result ?? {}) as {
    triggers?: readonly { trigger: string; fired: boolean; why: string }[];
    decision?: string;
    heldBack?: string | null;
  };
  if (!Array.isArray(triggers)) return "";
  const t = textsOf(c, TEXTS);
  return html`
    <section class="panel">
      <h2>${t.decision}</h2>
      <p><strong>${decision === "retrain" ? t.retrain : t.noRetrain}</strong>${heldBack
        ? html`: ${heldBack}`
        : ""}</p>
      <ul>${triggers.map((trigger) =>
        html`<li>${trigger.trigger} ${trigger.fired ? t.fired : t.quiet}: ${trigger.why}</li>`
      )}</ul>
    </section>
  `;
}

/** Links to the log of each stage that began, and to that of all. */
function stageLinks(
  c: HubContext,
  job: Job,
  stages: readonly JobStage[],
  chosen: string | undefined,
): Html | "" {
  const begun = stages.filter((stage) => stage.startedAt !== null), t = textsOf(c, TEXTS);
  if (begun.length === 0) return "";
  const link = (href: string, name: string, current: boolean) =>
    current
      ? html`<a href="${href}" aria-current="true">${name}</a>`
      : html`<a href="${href}">${name}</a>`;
  return html`
    <nav class="chips"
      aria-label="${t.logStages}"><span>${t.logStages}</span>${link(
        `/jobs/${job.id}#log-h`,
        t.all,
        chosen === undefined,
      )}${begun.map(({ stage }) =>
        link(
          `/jobs/${job.id}?stage=${encodeURIComponent(stage)}#log-h`,
          stage,
          stage === chosen,
        )
      )}</nav>
  `;
}

async function lastLines(
  c: HubContext,
  id: string,
  stage: string | undefined,
): Promise<JobEvent[]> {
  const { jobs } = c.get("hub").registry;
  const first = await jobs.logs(id, 0, 1000, stage);
  return first.filter((line) => line.type !== "metric").slice(-LAST_LINES);
}

function logLine(event: JobEvent): Html {
  const words = ["stage", "state", "summary", "message"].map((key) => event[key])
    .filter((word) => typeof word === "string").join("  ");
  return html`<li>${time(event.at, "clock")} ${words}</li>`;
}
