/**
 * Sources of feedback and how far each is believed, what waits in quarantine, and products with two codes.
 *
 * @module
 */
import { html } from "hono/html";
import type { HubContext } from "../../api/context.ts";
import type { Conflict } from "../../registry/quarantine.ts";
import type { StoredFeedback } from "../../registry/feedback.ts";
import type { FeedbackSource } from "../../registry/sources.ts";
import { badge, type Html, percent, time, whole } from "../format.ts";
import { textsOf } from "../language.ts";
import { actionForm, chosenCatalogue, mayChange, respondWithPage } from "../layout.ts";
import { named, type Names, namesOf } from "../product_list.ts";
import { pictureOf } from "../product_picture.ts";
import { emptyState, pager, table } from "../tables.ts";

export const TEXTS = {
  en: {
    title: "Sources, quarantine and conflicts",
    review: "Review",
    noCatalogue: "No catalogue yet.",
    sources: "Sources",
    sourcesText: "A source is the name that feedback gives itself and the edge that brought it. " +
      "Trusted: bursts too. Neutral: trains and judges others. Untrusted: trains only. Blocked: neither.",
    source: "Source",
    trust: "Trust",
    weight: "Weight",
    quota: "A day at most",
    records: "Records",
    lastDay: "Last day",
    merged: "Merged",
    waiting: "Quarantined",
    confirms: "Confirms the model",
    lastAt: "Last",
    set: "Set",
    setOf: (source: string) => `Set ${source}`,
    trustOf: (source: string) => `Trust in ${source}`,
    quotaOf: (source: string) => `Records a day of ${source}`,
    none: "No feedback yet.",
    trusted: "trusted",
    neutral: "neutral",
    untrusted: "untrusted",
    blocked: "blocked",
    quarantine: "Quarantine",
    quarantineText: "Neither merged nor counted until somebody decides.",
    release: "Release",
    reject: "Reject",
    releaseAll: (source: string) => `Release all of ${source}`,
    rejectAll: (source: string) => `Reject all of ${source}`,
    confirmReject: "Reject these records for good?",
    confirmRelease: "Let these records train and count?",
    product: "Product",
    says: "Says",
    why: "Why",
    nothingWaits: "Nothing waits",
    nothingText:
      "Bursts, what is over a source's quota, and products with two codes would stand here.",
    conflicts: "Conflicts",
    noConflicts: "No product has two codes.",
    believe: (code: string) => `Believe ${code}`,
    unjoined: "(product unknown)",
  },
  fr: {
    title: "Sources, quarantaine et conflits",
    review: "Relecture",
    noCatalogue: "Aucun catalogue.",
    sources: "Sources",
    sourcesText:
      "Une source est le nom que le retour se donne et le nœud qui l’apporte. Fiable : même en rafale. " +
      "Neutre : entraîne et juge les autres. Peu fiable : entraîne seulement. Bloquée : ni l’un ni l’autre.",
    source: "Source",
    trust: "Confiance",
    weight: "Poids",
    quota: "Par jour au plus",
    records: "Retours",
    lastDay: "Dernier jour",
    merged: "Fusionnés",
    waiting: "En quarantaine",
    confirms: "Confirme le modèle",
    lastAt: "Dernier",
    set: "Fixer",
    setOf: (source: string) => `Fixer ${source}`,
    trustOf: (source: string) => `Confiance en ${source}`,
    quotaOf: (source: string) => `Retours par jour de ${source}`,
    none: "Aucun retour.",
    trusted: "fiable",
    neutral: "neutre",
    untrusted: "peu fiable",
    blocked: "bloquée",
    quarantine: "Quarantaine",
    quarantineText: "Ni fusionné ni compté avant une décision.",
    release: "Libérer",
    reject: "Rejeter",
    releaseAll: (source: string) => `Tout libérer de ${source}`,
    rejectAll: (source: string) => `Tout rejeter de ${source}`,
    confirmReject: "Rejeter ces retours pour de bon ?",
    confirmRelease: "Laisser ces retours entraîner et compter ?",
    product: "Produit",
    says: "Dit",
    why: "Pourquoi",
    nothingWaits: "Rien n’attend",
    nothingText:
      "Les rafales, ce qui dépasse le quota d’une source et les produits à deux codes seraient ici.",
    conflicts: "Conflits",
    noConflicts: "Aucun produit n’a deux codes.",
    believe: (code: string) => `Croire ${code}`,
    unjoined: "(produit inconnu)",
  },
};

const TRUSTS = ["trusted", "neutral", "untrusted", "blocked"] as const;
const PAGE = 50;

/** Answers `/review/feedback`. */
export async function feedbackTrustPage(c: HubContext): Promise<Response> {
  const { catalogue, catalogues } = await chosenCatalogue(c), t = textsOf(c, TEXTS);
  const query = catalogue === null ? "" : `?catalogue=${encodeURIComponent(catalogue)}`;
  return await respondWithPage(c, {
    title: t.title,
    section: "/review",
    catalogue,
    catalogues,
    parent: { href: `/review${query}`, name: t.review },
    body: catalogue === null
      ? html`<p class="soft">${t.noCatalogue}</p>`
      : await body(c, catalogue),
  });
}

async function body(c: HubContext, catalogue: string): Promise<Html> {
  const { registry, params } = c.get("hub"), t = textsOf(c, TEXTS);
  const cursor = c.req.query("cursor");
  const [sources, records, conflicts, names] = await Promise.all([
    registry.sources.list(catalogue, params.sources),
    registry.feedback.list({
      catalogue,
      state: "quarantined",
      limit: PAGE,
      ...(cursor === undefined ? {} : { cursor }),
    }),
    registry.quarantine.conflicts(catalogue, { limit: PAGE }),
    namesOf(c, catalogue),
  ]);
  return html`
    <section class="panel" id="sources"><h2>${t.sources}</h2><p class="soft">${t.sourcesText}</p>
    ${sourceTable(c, catalogue, sources)}</section>
    <section class="panel" id="conflicts"><h2>${t.conflicts}</h2>${conflictTable(
      c,
      catalogue,
      conflicts,
      names,
    )}</section>
    <section class="panel" id="quarantine"><h2>${t.quarantine}</h2>
    <p class="soft">${t.quarantineText}</p>
    ${wholeSources(c, catalogue, sources)}
    ${recordTable(c, catalogue, records.items, names)}${pager(c, records.next)}</section>
  `;
}

function sourceTable(c: HubContext, catalogue: string, sources: readonly FeedbackSource[]): Html {
  const t = textsOf(c, TEXTS), change = mayChange(c);
  return table(
    [
      t.source,
      t.trust,
      { number: t.records },
      { number: t.lastDay },
      { number: t.merged },
      { number: t.waiting },
      { number: t.confirms },
      t.lastAt,
    ],
    sources.map((s) => {
      const key = `${s.source}@${s.edgeId}`;
      return html`
        <tr>
          <td>${s.source}<small class="block">${s.edgeId}</small></td>
          <td>${change ? trustForm(c, catalogue, s, key) : badge(t[s.trust])}</td>
          <td class="number">${whole(s.records)}</td>
          <td class="number">${whole(s.lastDay)}</td>
          <td class="number">${whole(s.merged)}</td>
          <td class="number">${whole(s.quarantined)}</td>
          <td class="number">${s.known === 0 ? "–" : percent(s.confirms / s.known)}</td>
          <td>${time(s.lastAt, "ago")}</td>
        </tr>
      `;
    }),
    t.none,
  );
}

function trustForm(
  c: HubContext,
  catalogue: string,
  { source, edgeId, trust, quotaPerDay }: FeedbackSource,
  key: string,
): Html {
  const t = textsOf(c, TEXTS);
  return actionForm(c, {
    action: "/ui/feedback/source",
    button: t.set,
    label: t.setOf(key),
    hidden: { catalogue, source, edgeId },
    fields: html`
      <div
        class="row"><select name="trust" aria-label="${t.trustOf(key)}">${TRUSTS.map((one) =>
          html`
            <option value="${one}" ${one === trust ? " selected" : ""}>${t[one]}</option>
          `
        )}</select><input name="quotaPerDay" type="number" min="0" step="1" value="${quotaPerDay ===
            null
          ? ""
          : String(quotaPerDay)}" placeholder="${t.quota}" aria-label="${t.quotaOf(key)}"></div>
    `,
  });
}

/** One button for all that waits of a source. */
function wholeSources(c: HubContext, catalogue: string, sources: readonly FeedbackSource[]): Html {
  const t = textsOf(c, TEXTS), waiting = sources.filter(({ quarantined }) => quarantined > 0);
  if (!mayChange(c) || waiting.length === 0) return html``;
  return html`<ul class="reasons">${
    waiting.map(({ source, edgeId, quarantined }) => {
      const key = `${source}@${edgeId}`, hidden = { catalogue, source, edgeId };
      return html`<li>${key}: ${whole(quarantined)} ${
        actionForm(c, {
          action: "/ui/feedback/release",
          button: t.release,
          label: t.releaseAll(key),
          hidden,
          confirm: t.confirmRelease,
        })
      } ${
        actionForm(c, {
          action: "/ui/feedback/reject",
          button: t.reject,
          label: t.rejectAll(key),
          hidden,
          confirm: t.confirmReject,
        })
      }</li>`;
    })
  }</ul>`;
}

function recordTable(
  c: HubContext,
  catalogue: string,
  records: readonly StoredFeedback[],
  names: Names,
): Html {
  const t = textsOf(c, TEXTS), change = mayChange(c);
  return table(
    [t.product, t.says, t.source, { name: t.why, extra: true }, ...(change ? [""] : [])],
    records.map((f) => {
      const hidden = { catalogue, key: f.idempotencyKey };
      return html`
        <tr>
          <td class="long">${f.product?.designation ?? t.unjoined}</td>
          <td>${named(f.code, names)}</td>
          <td>${f.source}<small class="block">${f.edgeId}</small></td>
          <td class="long">${f.reason}</td>
          ${change
            ? html`<td>${
              actionForm(c, {
                action: "/ui/feedback/release",
                button: t.release,
                label: `${t.release} ${f.idempotencyKey}`,
                hidden,
              })
            } ${
              actionForm(c, {
                action: "/ui/feedback/reject",
                button: t.reject,
                label: `${t.reject} ${f.idempotencyKey}`,
                hidden,
              })
            }</td>`
            : ""}
        </tr>
      `;
    }),
    emptyState(t.nothingWaits, t.nothingText),
  );
}

function conflictTable(
  c: HubContext,
  catalogue: string,
  conflicts: readonly Conflict[],
  names: Names,
): Html {
  const t = textsOf(c, TEXTS), change = mayChange(c);
  return table(
    [t.product, t.says, ...(change ? [""] : [])],
    conflicts.map((conflict) => {
      const codes = [...new Set(conflict.sides.map(({ code }) => code))];
      return html`
        <tr>
          <td class="long">${conflict.picture === null
            ? ""
            : pictureOf(catalogue, conflict.picture)}${conflict.designation}</td>
          <td>${conflict.sides.map((side) =>
            html`<div>${named(side.code, names)} <small>${side.source}@${side.edgeId}</small></div>`
          )}</td>
          ${change
            ? html`<td>${
              codes.map((code) =>
                actionForm(c, {
                  action: "/ui/feedback/resolve",
                  button: t.believe(code),
                  hidden: { catalogue, content: conflict.content, code },
                })
              )
            }</td>`
            : ""}
        </tr>
      `;
    }),
    t.noConflicts,
  );
}
