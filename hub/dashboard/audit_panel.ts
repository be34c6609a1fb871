/**
 * The audit as a list: filtered by who, what and when, page by page.
 *
 * @module
 */
import { html } from "hono/html";
import type { HubContext } from "../api/context.ts";
import type { AuditEntry } from "../registry/audit.ts";
import { type Html, time } from "./format.ts";
import { textsOf } from "./language.ts";
import { emptyState, pager, table } from "./tables.ts";

export const TEXTS = {
  en: {
    title: "Audit",
    who: "Who",
    what: "What",
    when: "When",
    target: "Of what",
    details: "Details",
    since: "Since (UTC)",
    until: "Until (UTC)",
    show: "Show",
    clear: "Show all",
    none: "Nothing",
    noneText: "No entry fits.",
    by: (name: string) => `Only what ${name} did`,
    only: (action: string) => `Only ${action}`,
  },
  fr: {
    title: "Audit",
    who: "Qui",
    what: "Quoi",
    when: "Quand",
    target: "Sur quoi",
    details: "Détails",
    since: "Depuis (UTC)",
    until: "Jusqu’à (UTC)",
    show: "Afficher",
    clear: "Tout afficher",
    none: "Rien",
    noneText: "Aucune entrée ne correspond.",
    by: (name: string) => `Seulement ce qu’a fait ${name}`,
    only: (action: string) => `Seulement ${action}`,
  },
};

const PER_PAGE = 50;
const FILTERS = ["actor", "action", "since", "until"] as const;

/** The panel; the address names the filters. */
export async function auditPanel(c: HubContext): Promise<Html> {
  const t = textsOf(c, TEXTS);
  const asked = Object.fromEntries(
    FILTERS.map((name) => [name, (c.req.query(name) ?? "").trim()]),
  ) as Record<(typeof FILTERS)[number], string>;
  const page = await c.get("hub").registry.audit.list({
    actor: asked.actor === "" ? undefined : asked.actor,
    action: asked.action === "" ? undefined : asked.action,
    since: instantOf(asked.since),
    until: instantOf(asked.until),
    limit: PER_PAGE,
    cursor: c.req.query("cursor"),
  });
  const field = (name: (typeof FILTERS)[number], label: string, type: string) =>
    html`
      <div><label for="audit-${name}">${label}</label><input id="audit-${name}" name="${name}"
        type="${type}" value="${asked[name]}"></div>
    `;
  const filtered = FILTERS.some((name) => asked[name] !== "");
  return html`<section class="panel" id="audit"><h2>${t.title}</h2>
<form method="get" action="/access#audit" class="row">${field("actor", t.who, "text")}${
    field("action", t.what, "text")
  }${field("since", t.since, "datetime-local")}${field("until", t.until, "datetime-local")}
<button>${t.show}</button>${
    filtered
      ? html`
        <a href="/access#audit">${t.clear}</a>
      `
      : ""
  }</form>${
    table(
      [t.when, t.who, t.what, t.target, { name: t.details, extra: true }],
      page.items.map((entry) => row(c, entry)),
      emptyState(t.none, t.noneText),
    )
  }${pager(c, page.next)}</section>`;
}

function row(c: HubContext, { at, actor, action, target, details }: AuditEntry): Html {
  const t = textsOf(c, TEXTS);
  const filter = (name: "actor" | "action", value: string, label: string) =>
    html`
      <a href="/access?${name}=${encodeURIComponent(value)}#audit" title="${label}">${value}</a>
    `;
  return html`
    <tr>
      <td>${time(at)}</td>
      <td>${filter("actor", actor, t.by(actor))}</td>
      <td>${filter("action", action, t.only(action))}</td>
      <td class="long">${target}</td>
      <td class="long">${details === null ? "" : html`
        <details>
          <summary>${t.details}</summary>
          <pre tabindex="0">${JSON.stringify(details, null, 2)}</pre>
        </details>
      `}</td>
    </tr>
  `;
}

/** What a field for a local time holds, read as UTC; undefined where it holds none. */
function instantOf(text: string): string | undefined {
  const at = new Date(`${text}Z`);
  return text === "" || Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}
