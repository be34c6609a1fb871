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
import { spark } from "./charts.ts";
import { badge, type Html, percent, short, span, time } from "./format.ts";
import { actionForm, mayChange } from "./layout.ts";

/** Head of a column: a name; `number` aligns right; a phone can do without an `extra` column. */
export type Head = string | {
  readonly name?: string;
  readonly number?: string;
  readonly extra?: boolean;
};

/** A scrolling table, or a sentence where there is nothing. */
export function table(heads: readonly Head[], rows: readonly Html[], empty: string): Html {
  if (rows.length === 0) return html`<p class="soft">${empty}</p>`;
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
              return number === undefined
                ? html`<th scope="col">${name}</th>`
                : html`<th scope="col" class="number">${number}</th>`;
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

/** Runs with their first curve as a line the size of a word. */
export function runTable(
  runs: readonly { readonly run: Run; readonly curve?: readonly number[] }[],
  nowMs: number,
): Html {
  return table(
    [
      "Started",
      { name: "Kind", extra: true },
      "State",
      { number: "Gold F1" },
      { name: "Curve", extra: true },
      { number: "Took", extra: true },
      { name: "Bundle", extra: true },
    ],
    runs.map(({ run, curve }) =>
      html`
        <tr>
          <td><a href="/runs/${run.id}">${time(run.createdAt, "ago")}</a></td>
          <td>${run.kind}</td>
          <td>${badge(run.state)}</td>
          <td class="number">${percent(run.metrics["gold.weightedF1"])}</td>
          <td>${spark(curve ?? [], "first curve of this run")}</td>
          <td class="number">${span(run.createdAt, run.endedAt, nowMs)}</td>
          <td>${bundleLink(run.bundleDigest, run.catalogue)}</td>
        </tr>
      `
    ),
    "No run yet. Start one with: deno task pipeline",
  );
}

/** Jobs, each with its log and, while it can be stopped, a button for that. */
export function jobTable(c: HubContext, jobs: readonly Job[], nowMs: number): Html {
  const change = mayChange(c);
  return table(
    ["Created", "Kind", "State", { number: "Took", extra: true }, { name: "By", extra: true }, ""],
    jobs.map((job) =>
      html`
        <tr>
          <td>${time(job.createdAt, "ago")}</td>
          <td><a href="/jobs/${job.id}">${job.kind}</a></td>
          <td>${badge(job.state)}</td>
          <td class="number">${span(job.startedAt, job.endedAt, nowMs)}</td>
          <td>${askedBy(job.by)}</td>
          <td>${change && (job.state === "queued" || job.state === "running")
            ? actionForm(c, {
              action: `/ui/jobs/${job.id}/cancel`,
              button: "Cancel",
              label: `Cancel ${job.kind}`,
            })
            : html`<a href="/jobs/${job.id}" aria-label="Log of ${job.kind}">Log</a>`}</td>
        </tr>
      `
    ),
    "No job yet.",
  );
}

/** An edge that has said nothing for this long is shown as silent. */
const SILENT_MS = 60_000;

/** Edges with what they serve, against what they should. */
export function edgeTable(
  edges: readonly EdgeRecord[],
  champion: string | null,
  nowMs: number,
): Html {
  return table(
    ["Edge", "State", { name: "Serves", extra: true }, "Last seen"],
    edges.map((edge) => {
      const silent = nowMs - Date.parse(edge.lastSeenAt) > SILENT_MS;
      const state = silent ? "silent" : edge.digest === champion ? "up to date" : "behind";
      return html`
        <tr>
          <td>${edge.edgeId}</td>
          <td>${badge(state)}</td>
          <td>${bundleLink(edge.digest, edge.catalogue)}</td>
          <td>${time(edge.lastSeenAt, "ago")}</td>
        </tr>
      `;
    }),
    "No edge has asked for this catalogue yet.",
  );
}
