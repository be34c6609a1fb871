/**
 * What was champion when, why, and who did it; and the answer for one moment.
 *
 * @module
 */
import { html } from "hono/html";
import type { HubContext } from "../api/context.ts";
import type { AliasChange } from "../registry/aliases.ts";
import { aliasesAt } from "../registry/reigns.ts";
import { type Html, time } from "./format.ts";
import { textsOf } from "./language.ts";
import { bundleLink, table } from "./tables.ts";

export const TEXTS = {
  en: {
    title: "What was served when",
    when: "When",
    what: "What",
    champion: "Champion",
    by: "By",
    why: "Why",
    none: "Nothing was promoted yet.",
    moment: "At a moment (UTC)",
    ask: "Ask",
    nobody: "Nothing was served then.",
    was: "Champion then was",
    since: "since",
    kinds: (kind: string) => kind,
  },
  fr: {
    title: "Ce qui a été servi, et quand",
    when: "Quand",
    what: "Quoi",
    champion: "Champion",
    by: "Par",
    why: "Pourquoi",
    none: "Rien n’a encore été promu.",
    moment: "À un moment donné (UTC)",
    ask: "Demander",
    nobody: "Rien n’était servi alors.",
    was: "Le champion était alors",
    since: "depuis",
    kinds: (kind: string) =>
      ({ promote: "promotion", rollback: "retour", challenger: "prétendant" })[kind] ?? kind,
  },
};

/** The panel, with the answer to `?moment=` where the address asks. */
export function aliasHistory(
  c: HubContext,
  catalogue: string,
  history: readonly AliasChange[],
): Html {
  const t = textsOf(c, TEXTS), asked = c.req.query("moment") ?? "";
  return html`<section class="panel" id="history"><h2>${t.title}</h2>${
    table(
      [t.when, t.what, t.champion, { name: t.by, extra: true }, { name: t.why, extra: true }],
      history.map((change) =>
        html`
          <tr>
            <td>${time(change.at)}</td>
            <td>${t.kinds(change.kind)}</td>
            <td>${bundleLink(change.champion, change.catalogue)}</td>
            <td>${change.by}</td>
            <td class="long">${change.why}</td>
          </tr>
        `
      ),
      t.none,
    )
  }${
    history.length === 0 ? "" : html`<form method="get" action="/models#history" class="row">
<input type="hidden" name="catalogue" value="${catalogue}">
<div><label for="moment">${t.moment}</label>
<input id="moment" type="datetime-local" name="moment" required value="${asked}"></div>
<button>${t.ask}</button></form>${answer(c, catalogue, history, asked)}`
  }</section>`;
}

function answer(
  c: HubContext,
  catalogue: string,
  history: readonly AliasChange[],
  asked: string,
): Html | "" {
  const at = new Date(`${asked}Z`), t = textsOf(c, TEXTS);
  if (asked === "" || Number.isNaN(at.getTime())) return "";
  const { reign } = aliasesAt(catalogue, history, at.toISOString());
  if (reign === null) return html`<p role="status">${t.nobody}</p>`;
  return html`
    <p
      role="status">${t.was} ${bundleLink(reign.digest, catalogue)} ${t.since} ${time(
        reign.since,
      )} (${t.kinds(reign.kind)}, ${reign.by}): ${reign.why}</p>
  `;
}
