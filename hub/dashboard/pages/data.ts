/**
 * Data: versions, the classes of the newest one, splits, labels.
 *
 * @module
 */
import { html } from "hono/html";
import type { HubContext } from "../../api/context.ts";
import { countBars } from "../charts.ts";
import type { Dataset } from "../../registry/datasets.ts";
import { type Html, short, time, whole } from "../format.ts";
import { textsOf } from "../language.ts";
import { chosenCatalogue, respondWithPage } from "../layout.ts";
import { stateBadge } from "../states.ts";
import { asList, asRecord } from "../stored_json.ts";
import { emptyState, table } from "../tables.ts";

export const TEXTS = {
  en: {
    title: "Data",
    noCatalogue: "No catalogue yet.",
    versions: "Versions",
    version: "Version",
    made: "Made",
    rows: "Rows",
    classes: "Classes",
    aside: "Set aside",
    against: "Against its parent",
    first: "first",
    inUse: "in use",
    report: "Check report",
    none: "No data yet",
    bring: "Bring a CSV in on the page Catalogue, or with: deno task ingest",
    bars: "Rows by class",
    largest: (shown: string, all: string) => `The ${shown} largest of ${all} classes`,
    each: "Rows of each class of the version in use",
    sets: "Sets",
    notSplit: "Not split yet.",
    gold: "Gold rows judge and never train.",
    train: "train",
    goldSet: "gold",
    unseen: "unseen",
    found: "What the check of the files found",
    ofRows: "Rows",
    ofPictures: "Pictures",
  },
  fr: {
    title: "Données",
    noCatalogue: "Aucun catalogue.",
    versions: "Versions",
    version: "Version",
    made: "Créée",
    rows: "Lignes",
    classes: "Classes",
    aside: "Écartées",
    against: "Par rapport à la précédente",
    first: "première",
    inUse: "en service",
    report: "Rapport de contrôle",
    none: "Aucune donnée",
    bring: "Apportez un CSV sur la page Catalogue, ou avec : deno task ingest",
    bars: "Lignes par classe",
    largest: (shown: string, all: string) => `Les ${shown} plus grandes des ${all} classes`,
    each: "Lignes de chaque classe de la version en service",
    sets: "Ensembles",
    notSplit: "Pas encore réparties.",
    gold: "Les lignes « gold » jugent et n’entraînent jamais.",
    train: "entraînement",
    goldSet: "gold",
    unseen: "non vues",
    found: "Ce que le contrôle des fichiers a trouvé",
    ofRows: "Lignes",
    ofPictures: "Images",
  },
};

/** Classes drawn as bars. */
const BARS = 40;

/** Answers `/data`. */
export async function dataPage(c: HubContext): Promise<Response> {
  const t = textsOf(c, TEXTS);
  const { catalogue, catalogues } = await chosenCatalogue(c);
  const body = catalogue === null ? html`<p>${t.noCatalogue}</p>` : await dataOf(c, catalogue);
  return await respondWithPage(c, {
    title: t.title,
    section: "/data",
    catalogue,
    catalogues,
    body,
  });
}

async function dataOf(c: HubContext, catalogue: string): Promise<Html> {
  const t = textsOf(c, TEXTS), hub = c.get("hub");
  const { datasets, splits, labels } = hub.registry;
  const [versions, head, split, labelList] = await Promise.all([
    datasets.list(catalogue),
    datasets.head(catalogue),
    splits.head(catalogue),
    labels.list(catalogue),
  ]);
  // Whoever reads this page opens a version next.
  if (head !== null) hub.products.prepare(head.blob);
  const names = new Map(labelList.labels.map((l) => [l.code, l.name]));
  const classes = Object.entries(head?.classes ?? {}).map(([code, count]) => {
    const name = names.get(code);
    return { name: name === undefined || name === code ? code : `${code} ${name}`, count };
  }).toSorted((a, b) => b.count - a.count);
  const query = `?catalogue=${encodeURIComponent(catalogue)}`;
  return html`
    <section class="panel"><h2>${t.versions}</h2>${table(
      [
        t.version,
        { name: t.made, extra: true },
        { number: t.rows },
        { number: t.classes, extra: true },
        { number: t.aside, extra: true },
        { name: t.against, extra: true },
        "",
      ],
      versions.map((v) =>
        html`
          <tr>
            <td><a href="/data/${v.digest}${query}"><code>${short(
              v.digest,
            )}</code></a>${v.digest ===
                head?.digest
              ? ` ${t.inUse}`
              : ""}</td>
            <td>${time(v.createdAt, "ago")}</td>
            <td class="number">${whole(v.rows)}</td>
            <td class="number">${whole(Object.keys(v.classes).length)}</td>
            <td class="number">${v.setAside === 0
              ? "0"
              : html`<a href="/data/${v.digest}/set-aside${query}">${whole(v.setAside)}</a>`}</td>
            <td>${v.diff === null || v.parent === null ? t.first : html`
              <a
                href="/data/${v.digest}/diff${query}&amp;against=${v.parent}">+${v.diff
                  .added} −${v.diff.removed} ±${v.diff.changed}</a>
            `}</td>
            <td>${v.reportBlob === null
              ? ""
              : html`<a href="/reports/${v.reportBlob}">${t.report}</a>`}</td>
          </tr>
        `
      ),
      emptyState(t.none, t.bring),
    )}</section>
    ${findingsPanel(c, versions)}
    <div class="grid">
      <section class="panel"><h2>${t.bars}</h2>${countBars(
        classes.slice(0, BARS),
        classes.length > BARS ? t.largest(String(BARS), String(classes.length)) : t.each,
      )}</section>
      <section class="panel"><h2>${t.sets}</h2>${split === null
        ? html`<p class="soft">${t.notSplit}</p>`
        : html`
          <dl class="tiles">${Object.entries(split.counts).map(([name, count]) =>
            html`
              <div>
                <dt>${name === "train" ? t.train : name === "gold" ? t.goldSet : t.unseen}</dt>
                <dd>${whole(count)}</dd>
              </div>
            `
          )}</dl>
          <p class="soft">${t.gold} <code>${short(split.digest)}</code>, ${time(
            split.createdAt,
            "ago",
          )}</p>
        `}</section>
    </div>
  `;
}

/** Looks of a finding's severity. */
const LOOKS: Readonly<Record<string, { readonly look: "bad" | "warn" }>> = {
  error: { look: "bad" },
  warning: { look: "warn" },
};

/** What the newest check of raw files found, rows and pictures apart; nothing where none was kept. */
function findingsPanel(c: HubContext, versions: readonly Dataset[]): Html | "" {
  const t = textsOf(c, TEXTS);
  const [findings] = versions.map(({ source }) => asList(asRecord(source)["findings"]))
    .filter((list) => list.length > 0);
  if (findings === undefined) return "";
  const rows = findings.map((finding) => {
    const { id, severity, message } = asRecord(finding);
    return {
      ofPictures: /picture|image/.test(String(id)),
      severity: String(severity),
      message: String(message),
    };
  });
  const list = (title: string, ofPictures: boolean) => {
    const own = rows.filter((row) => row.ofPictures === ofPictures);
    return own.length === 0 ? "" : html`
      <h3>${title}</h3>
      <ul class="rules">${own.map(({ severity, message }) =>
        html`<li>${stateBadge(c, severity, LOOKS[severity])} ${message}</li>`
      )}</ul>
    `;
  };
  return html`<section class="panel"><h2>${t.found}</h2>
  ${list(t.ofRows, false)}${list(t.ofPictures, true)}</section>`;
}
