/**
 * Stages of jobs as they are shown: the history of a catalogue's pipelines as a grid, and one job's as a table.
 *
 * No state is told by colour alone: each has a mark, and words for screen readers.
 *
 * @module
 */
import { html } from "hono/html";
import type { HubContext } from "../api/context.ts";
import type { JobStage } from "../api/job_stages.ts";
import type { Job } from "../registry/jobs.ts";
import { type Html, span, time } from "./format.ts";
import { textsOf } from "./language.ts";
import { stateBadge } from "./states.ts";
import { emptyState, table } from "./tables.ts";

export const TEXTS = {
  en: {
    waiting: "waiting",
    running: "running",
    done: "done",
    unchanged: "unchanged",
    failed: "failed",
    cancelled: "cancelled",
    lost: "lost",
    skipped: "not run",
    stage: "Stage",
    state: "State",
    needs: "Needs",
    began: "Began",
    took: "Took",
    what: "What came of it",
    whole: "whole job",
    nothing: "not part of this job",
    cell: (stage: string, state: string) => `${stage}: ${state}`,
    noGrid: "No pipeline has run yet",
    noGridText: "Its stages will show here, one column a run.",
    noStages: "This kind of job has no stages.",
    logOf: (stage: string) => `Log of stage ${stage}`,
  },
  fr: {
    waiting: "en attente",
    running: "en cours",
    done: "terminée",
    unchanged: "inchangée",
    failed: "échouée",
    cancelled: "annulée",
    lost: "perdue",
    skipped: "non exécutée",
    stage: "Étape",
    state: "État",
    needs: "Dépend de",
    began: "Début",
    took: "Durée",
    what: "Résultat",
    whole: "tâche entière",
    nothing: "ne fait pas partie de cette tâche",
    cell: (stage: string, state: string) => `${stage} : ${state}`,
    noGrid: "Aucun pipeline n’a encore tourné",
    noGridText: "Ses étapes s’afficheront ici, une colonne par exécution.",
    noStages: "Ce type de tâche n’a pas d’étapes.",
    logOf: (stage: string) => `Journal de l’étape ${stage}`,
  },
};

/** A mark for each state, so that it can be told without its colour. */
const MARKS: Readonly<Record<string, string>> = {
  waiting: "○",
  queued: "○",
  running: "▸",
  done: "✓",
  succeeded: "✓",
  unchanged: "=",
  failed: "✕",
  cancelled: "–",
  lost: "!",
  skipped: "·",
};

/** How a stage's state looks as a badge. */
const LOOKS: Readonly<Record<string, "good" | "bad" | "warn">> = {
  done: "good",
  unchanged: "good",
  failed: "bad",
  lost: "bad",
  cancelled: "warn",
};

/** Jobs beside each other, newest first, their stages below each other. */
export function historyGrid(
  c: HubContext,
  jobs: readonly Job[],
  stages: ReadonlyMap<string, readonly JobStage[]>,
  nowMs: number,
): Html {
  const t = textsOf(c, TEXTS), states: Readonly<Record<string, string>> = t as never;
  if (jobs.length === 0) return emptyState(t.noGrid, t.noGridText);
  const ran = jobs.flatMap((job) => stages.get(job.id)!);
  const names = [...new Set(ran.filter((s) => s.state !== "skipped").map((s) => s.stage))];
  const order = new Map(ran.map((stage, i) => [stage.stage, i]));
  const longest = [...stages.values()].toSorted((a, b) => b.length - a.length)[0]!;
  const rank = new Map(longest.map((stage, i) => [stage.stage, i]));
  names.sort((a, b) => (rank.get(a) ?? order.get(a)!) - (rank.get(b) ?? order.get(b)!));
  const cell = (href: string, state: string, words: string) =>
    html`<a class="cell ${state}" href="${href}" title="${words}"><span
      aria-hidden="true">${MARKS[state] ?? "?"}</span><span class="unseen">${words}</span></a>`;
  return html`
    <div class="scroll" tabindex="0">
      <table class="history">
        <thead>
          <tr>
            <th scope="col">${t.stage}</th>
            ${jobs.map((job) =>
              html`<th scope="col"><a href="/jobs/${job.id}">${job.kind}</a>${
                time(job.createdAt, "ago")
              }</th>`
            )}
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">${t.whole}</th>
            ${jobs.map((job) => {
              const words = `${stateWord(c, job.state)}, ${
                span(job.startedAt, job.endedAt, nowMs)
              }`;
              return html`<td>${cell(`/jobs/${job.id}`, job.state, words)}</td>`;
            })}
          </tr>
          ${names.map((name) =>
            html`<tr><th scope="row">${name}</th>${
              jobs.map((job) => {
                const stage = stages.get(job.id)!.find((s) => s.stage === name);
                if (stage === undefined) {
                  return html`<td><span class="unseen">${t.nothing}</span></td>`;
                }
                const took = stage.state === "done" || stage.state === "running"
                  ? `, ${span(stage.startedAt, stage.endedAt, nowMs)}`
                  : "";
                const words = t.cell(name, (states[stage.state] ?? stage.state) + took);
                const href = `/jobs/${job.id}?stage=${encodeURIComponent(name)}`;
                return html`<td>${cell(href, stage.state, words)}</td>`;
              })
            }</tr>`
          )}
        </tbody>
      </table>
    </div>
    <ul class="legend" aria-hidden="true">${([
      "done",
      "unchanged",
      "running",
      "waiting",
      "failed",
      "cancelled",
      "lost",
      "skipped",
    ] as const)
      .map((state) =>
        html`<li><span class="cell ${state}">${MARKS[state]}</span> ${t[state]}</li>`
      )}</ul>
  `;
}

/** The stages of one job, each with a link to what it told. */
export function stageTable(
  c: HubContext,
  job: Job,
  stages: readonly JobStage[],
  nowMs: number,
): Html {
  const t = textsOf(c, TEXTS), states: Readonly<Record<string, string>> = t as never;
  return table(
    [
      t.stage,
      t.state,
      { name: t.needs, extra: true },
      { name: t.began, extra: true },
      { number: t.took },
      { name: t.what, extra: true },
    ],
    stages.map((stage) =>
      html`
        <tr>
          <td>${stage.startedAt === null ? stage.stage : html`
            <a href="/jobs/${job.id}?stage=${encodeURIComponent(stage.stage)}#log-h"
              aria-label="${t.logOf(stage.stage)}">${stage.stage}</a>
          `}</td>
          <td>${stateBadge(c, stage.state, {
            look: LOOKS[stage.state],
            text: states[stage.state] ?? stage.state,
          })}</td>
          <td>${stage.needs.join(", ")}</td>
          <td>${time(stage.startedAt, "clock")}</td>
          <td class="number">${stage.state === "unchanged"
            ? "–"
            : span(stage.startedAt, stage.endedAt, nowMs)}</td>
          <td class="long">${stage.summary ?? ""}</td>
        </tr>
      `
    ),
    t.noStages,
  );
}

/** The word for a job's state in the language of the page. */
function stateWord(c: HubContext, state: string): string {
  const words: Readonly<Record<string, string>> = textsOf(c, TEXTS) as never;
  return words[state === "succeeded" ? "done" : state === "queued" ? "waiting" : state] ?? state;
}
