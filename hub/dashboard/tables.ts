/**
 * Tables that several pages show: runs, jobs, edges.
 *
 * @module
 */
import { html } from "hono/html";
import type { HubContext } from "../api/context.ts";
import type { EdgeRecord } from "../registry/edges.ts";
import type { Job } from "../registry/jobs.ts";
import type { Run } from "../registry/runs.ts";
import { type Html, percent, short, span, time } from "./format.ts";
import { textsOf } from "./language.ts";
import { actionForm, mayChange } from "./layout.ts";
import { stateBadge } from "./states.ts";

export const TEXTS = {
  en: {
    pages: "Pages",
    first: "First page",
    next: "Next page",
    started: "Started",
    kind: "Kind",
    state: "State",
    goldF1: "Gold F1",
    took: "Took",
    bundle: "Bundle",
    noRun: "No run yet. Start one with: deno task pipeline",
    created: "Created",
    by: "By",
    cancel: "Cancel",
    cancelJob: (kind: string) => `Cancel ${kind}`,
    log: "Log",
    logOf: (kind: string) => `Log of ${kind}`,
    noJob: "No job yet.",
    inspection: "inspection",
    edge: "Edge",
    serves: "Serves",
    seen: "Last seen",
    noEdge: "No edge has asked for this catalogue yet.",
  },
  fr: {
    pages: "Pages",
    first: "Première page",
    next: "Page suivante",
    started: "Début",
    kind: "Type",
    state: "État",
    goldF1: "F1 (gold)",
    took: "Durée",
    bundle: "Modèle",
    noRun: "Aucun entraînement. Pour en lancer un : deno task pipeline",
    created: "Créée",
    by: "Par",
    cancel: "Annuler",
    cancelJob: (kind: string) => `Annuler ${kind}`,
    log: "Journal",
    logOf: (kind: string) => `Journal de ${kind}`,
    noJob: "Aucune tâche.",
    inspection: "inspection",
    edge: "Nœud",
    serves: "Sert",
    seen: "Vu",
    noEdge: "Aucun nœud n’a encore demandé ce catalogue.",
  },
};

/** Head of a column: a name; `number` aligns right; a phone can do without an `extra` column. */
export type Head = string | {
  readonly name?: string;
  readonly number?: string;
  readonly extra?: boolean;
};

/** A scrolling table, or a sentence where there is nothing. */
export function table(heads: readonly Head[], rows: readonly Html[], empty: string | Html): Html {
  if (rows.length === 0) {
    return typeof empty === "string" ? html`<p class="soft">${empty}</p>` : empty;
  }
  const hidden = heads.flatMap((head, i) =>
    typeof head !== "string" && head.extra ? [`extra-${i + 1}`] : []
  );
  return html`
    <div class="scroll" tabindex="0">
      <table class="${hidden.join(" ")}">
        <thead>
          <tr>
            ${heads.map((head) => {
              const { name, number = undefined } = typeof head === "string" ? { name: head } : head;
              if (number !== undefined) return html`<th scope="col" class="number">${number}</th>`;
              return name ? html`<th scope="col">${name}</th>` : html`<td></td>`;
            })}
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
  `;
}

/** Links to the first page and to the next one of a list that is read by cursor; nothing where all is shown. */
export function pager(c: HubContext, next: string | null): Html | "" {
  const url = new URL(c.req.url), at = url.searchParams.has("cursor"), t = textsOf(c, TEXTS);
  if (next === null && !at) return "";
  const to = (cursor: string | null) => {
    const query = new URLSearchParams(url.searchParams);
    if (cursor === null) query.delete("cursor");
    else query.set("cursor", cursor);
    return `${url.pathname}?${query}`;
  };
  return html`<nav class="pager" aria-label="${t.pages}">${
    at ? html`<a href="${to(null)}">${t.first}</a>` : html`<span></span>`
  }${next === null ? "" : html`<a href="${to(next)}" rel="next">${t.next}</a>`}</nav>`;
}

/** What stands where nothing is yet: what it will be, and how to get there. */
export function emptyState(title: string, text: Html | string, action: Html | "" = ""): Html {
  return html`<div class="empty"><strong>${title}</strong><p>${text}</p>${action}</div>`;
}

/** A link to a bundle. */
export function bundleLink(digest: string | null, catalogue: string): Html | string {
  if (digest === null) return "–";
  return html`<a href="/models/${digest}?catalogue=${catalogue}"><code>${short(digest)}</code></a>`;
}

/** Who asked: a name, or a link to the inspection that found it time to retrain. */
export function askedBy(by: string): Html | string {
  const job = /^inspection ([\w.-]+)$/.exec(by)?.[1];
  return job === undefined ? by : html`<a href="/jobs/${job}">inspection</a>`;
}

/** Runs in short. */
export function runTable(
  c: HubContext,
  runs: readonly Run[],
  nowMs: number,
): Html {
  const t = textsOf(c, TEXTS);
  return table(
    [
      t.started,
      { name: t.kind, extra: true },
      t.state,
      { number: t.goldF1 },
      { number: t.took, extra: true },
      { name: t.bundle, extra: true },
    ],
    runs.map((run) =>
      html`
        <tr>
          <td><a href="/runs/${run.id}">${time(run.createdAt, "ago")}</a></td>
          <td>${run.kind}</td>
          <td>${stateBadge(c, run.state)}</td>
          <td class="number">${percent(run.metrics["gold.weightedF1"])}</td>
          <td class="number">${span(run.createdAt, run.endedAt, nowMs)}</td>
          <td>${bundleLink(run.bundleDigest, run.catalogue)}</td>
        </tr>
      `
    ),
    t.noRun,
  );
}

/** Jobs, each with its log and, while it can be stopped, a button for that. */
export function jobTable(c: HubContext, jobs: readonly Job[], nowMs: number): Html {
  const change = mayChange(c), t = textsOf(c, TEXTS);
  return table(
    [t.created, t.kind, t.state, { number: t.took, extra: true }, { name: t.by, extra: true }, ""],
    jobs.map((job) =>
      html`
        <tr>
          <td>${time(job.createdAt, "ago")}</td>
          <td><a href="/jobs/${job.id}">${job.kind}</a></td>
          <td>${stateBadge(c, job.state)}</td>
          <td class="number">${span(job.startedAt, job.endedAt, nowMs)}</td>
          <td>${askedBy(job.by)}</td>
          <td>${change && (job.state === "queued" || job.state === "running")
            ? actionForm(c, {
              action: `/ui/jobs/${job.id}/cancel`,
              button: t.cancel,
              label: t.cancelJob(job.kind),
            })
            : html`<a href="/jobs/${job.id}" aria-label="${t.logOf(job.kind)}">${t.log}</a>`}</td>
        </tr>
      `
    ),
    t.noJob,
  );
}

/** An edge that has said nothing for this long is shown as silent. */
const SILENT_MS = 60_000;

/** Edges with what they serve, against what they should. */
export function edgeTable(
  c: HubContext,
  edges: readonly EdgeRecord[],
  champion: string | null,
  nowMs: number,
): Html {
  const t = textsOf(c, TEXTS);
  return table(
    [t.edge, t.state, { name: t.serves, extra: true }, t.seen],
    edges.map((edge) => {
      const silent = nowMs - Date.parse(edge.lastSeenAt) > SILENT_MS;
      const state = silent ? "silent" : edge.digest === champion ? "up to date" : "behind";
      return html`
        <tr>
          <td>${edge.edgeId}</td>
          <td>${stateBadge(c, state)}</td>
          <td>${bundleLink(edge.digest, edge.catalogue)}</td>
          <td>${time(edge.lastSeenAt, "ago")}</td>
        </tr>
      `;
    }),
    t.noEdge,
  );
}
