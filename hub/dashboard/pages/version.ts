/**
 * One data version: its products with search, its difference from another, the rows that were set aside.
 *
 * @module
 */
import { html } from "hono/html";
import { found } from "../../api/catalogue_lookup.ts";
import type { HubContext } from "../../api/context.ts";
import { readSetAside } from "../../api/set_aside.ts";
import { CHANGE_KINDS, type ChangeKind, type RowChange } from "../../data/product_shelf.ts";
import type { ProductRow } from "../../data/row.ts";
import type { Dataset } from "../../registry/datasets.ts";
import { type Html, short, time, whole } from "../format.ts";
import { textsOf } from "../language.ts";
import { chosenCatalogue, respondWithPage } from "../layout.ts";
import { soon } from "../patience.ts";
import {
  named,
  type Names,
  namesOf,
  productTable,
  stillReading,
  textsOfRow,
  thumbnail,
} from "../product_list.ts";
import { pager, table } from "../tables.ts";

export const TEXTS = {
  en: {
    data: "Data",
    version: (digest: string) => `Version ${digest}`,
    made: "Made",
    rows: "Rows",
    classes: "Classes",
    aside: "Set aside",
    report: "Check report",
    search: "Search",
    text: "Words in texts or ids",
    code: "Code",
    every: "every code",
    find: "Find",
    found: (n: string) => `${n} products`,
    compare: "Compare with",
    go: "Compare",
    diff: (digest: string, other: string) => `From ${other} to ${digest}`,
    added: "added",
    removed: "removed",
    changed: "changed",
    all: "all",
    classCounts: "Classes whose number of rows differs",
    before: "Before",
    after: "After",
    change: "Change",
    what: "What",
    product: "Product",
    same: "The two hold the same rows.",
    noClass: "Every class has as many rows as before.",
    setAside: (digest: string) => `Set aside by ${digest}`,
    line: "Line",
    file: "File",
    id: "Id",
    why: "Why",
    raw: "Start of the row",
    noAside: "Nothing was set aside.",
    download: "Download all as CSV",
  },
  fr: {
    data: "Données",
    version: (digest: string) => `Version ${digest}`,
    made: "Créée",
    rows: "Lignes",
    classes: "Classes",
    aside: "Écartées",
    report: "Rapport de contrôle",
    search: "Rechercher",
    text: "Mots des textes ou identifiants",
    code: "Code",
    every: "tous les codes",
    find: "Chercher",
    found: (n: string) => `${n} produits`,
    compare: "Comparer avec",
    go: "Comparer",
    diff: (digest: string, other: string) => `De ${other} à ${digest}`,
    added: "ajoutées",
    removed: "retirées",
    changed: "modifiées",
    all: "toutes",
    classCounts: "Classes dont le nombre de lignes change",
    before: "Avant",
    after: "Après",
    change: "Écart",
    what: "Quoi",
    product: "Produit",
    same: "Les deux versions contiennent les mêmes lignes.",
    noClass: "Chaque classe a autant de lignes qu’avant.",
    setAside: (digest: string) => `Lignes écartées par ${digest}`,
    line: "Ligne",
    file: "Fichier",
    id: "Id",
    why: "Pourquoi",
    raw: "Début de la ligne",
    noAside: "Aucune ligne n’a été écartée.",
    download: "Tout télécharger en CSV",
  },
};

const PER_PAGE = 50;

/** The version of the address, in the catalogue of the address. */
async function asked(c: HubContext, digest: string): Promise<Dataset> {
  const { catalogue } = await chosenCatalogue(c);
  const dataset = catalogue === null
    ? null
    : await c.get("hub").registry.datasets.get(catalogue, digest);
  return found(dataset, "the data version", digest);
}

/** The position where a page begins. */
function from(c: HubContext): number {
  const cursor = Number(c.req.query("cursor") ?? 0);
  return Number.isInteger(cursor) && cursor > 0 ? cursor : 0;
}

const cursorOf = (next: number | null) => next === null ? null : String(next);
const inCatalogue = (catalogue: string) => `?catalogue=${encodeURIComponent(catalogue)}`;

/** Answers `/data/:digest`. */
export async function versionPage(c: HubContext): Promise<Response> {
  const t = textsOf(c, TEXTS), hub = c.get("hub");
  const dataset = await asked(c, c.req.param("digest")!), { catalogue, digest } = dataset;
  const text = c.req.query("text") ?? "", code = c.req.query("code") || undefined;
  const [names, others, page] = await Promise.all([
    namesOf(c, catalogue),
    hub.registry.datasets.list(catalogue),
    soon(hub.products.find(dataset.blob, { text, code, from: from(c), limit: PER_PAGE })),
  ]);
  const query = inCatalogue(catalogue);
  const rest = others.filter((other) => other.digest !== digest);
  const body = html`
    <section class="panel"><dl class="tiles">
      <div><dt>${t.rows}</dt><dd>${whole(dataset.rows)}</dd></div>
      <div><dt>${t.classes}</dt><dd>${whole(Object.keys(dataset.classes).length)}</dd></div>
      <div><dt>${t.aside}</dt><dd>${dataset.setAside === 0
        ? "0"
        : html`<a href="/data/${digest}/set-aside${query}">${
          whole(dataset.setAside)
        }</a>`}</dd></div>
    </dl>
    <p class="soft">${t.made} ${time(dataset.createdAt)}${dataset.reportBlob === null ? "" : html`
      · <a href="/reports/${dataset.reportBlob}">${t.report}</a>
    `}</p>
    ${rest.length === 0 ? "" : html`<form method="get" action="/data/${digest}/diff" class="row">
<input type="hidden" name="catalogue" value="${catalogue}">
<div><label for="against">${t.compare}</label><select id="against" name="against">${
      rest.map((other) =>
        html`
          <option value="${other.digest}" ${other.digest === dataset.parent
            ? html`
              selected
            `
            : ""}>${short(other.digest)} · ${whole(other.rows)}</option>
        `
      )
    }</select></div><button>${t.go}</button></form>`}
    </section>
    <section class="panel">
      <form method="get" class="row" role="search">
        <input type="hidden" name="catalogue" value="${catalogue}">
        <div><label for="text">${t.text}</label><input id="text" name="text" type="search"
          maxlength="200" value="${text}"></div>
        <div><label for="code">${t.code}</label><select id="code" name="code">
          <option value="">${t.every}</option>${Object.entries(dataset.classes).map(([each, n]) => {
            const name = names.get(each);
            return html`
              <option value="${each}" ${each === code
                ? html`
                  selected
                `
                : ""}>${each}${name === undefined || name === each
                ? ""
                : ` ${name}`} (${n})</option>
            `;
          })}</select></div>
        <button class="main">${t.find}</button>
      </form>
      <div id="products" ${page === undefined
        ? html`
          data-live
        `
        : ""}>${page === undefined ? stillReading(c) : html`
        <p class="soft" role="status">${t.found(whole(page.total))}</p>
        ${productTable(c, catalogue, page.rows, names)}${pager(c, cursorOf(page.next))}
      `}</div>
    </section>
  `;
  return await respondWithPage(c, {
    title: t.version(short(digest)),
    section: "/data",
    catalogue,
    parent: { href: `/data${query}`, name: t.data },
    body,
  });
}

/** Answers `/data/:digest/diff`. */
export async function diffPage(c: HubContext): Promise<Response> {
  const t = textsOf(c, TEXTS), hub = c.get("hub");
  const dataset = await asked(c, c.req.param("digest")!), { catalogue, digest } = dataset;
  const other = await asked(c, c.req.query("against") ?? dataset.parent ?? "");
  const kind = CHANGE_KINDS.find((known) => known === c.req.query("kind"));
  const [names, diff] = await Promise.all([
    namesOf(c, catalogue),
    soon(hub.products.diff(dataset.blob, other.blob, { kind, from: from(c), limit: PER_PAGE })),
  ]);
  const query = `?catalogue=${encodeURIComponent(catalogue)}&against=${other.digest}`;
  const filter = (each: ChangeKind | undefined, count: number) => {
    const href = `/data/${digest}/diff${query}${each === undefined ? "" : `&kind=${each}`}`;
    return html`
      <a href="${href}" ${each === kind
        ? html`
          aria-current="true"
        `
        : ""}>${whole(count)} ${t[each ?? "all"]}</a>
    `;
  };
  const shown = () => {
    if (diff === undefined) return stillReading(c);
    const { counts, classes, page, next } = diff;
    const total = counts.added + counts.removed + counts.changed;
    if (total === 0) {
      return html`
        <section class="panel">
          <p>${t.same}</p>
        </section>
      `;
    }
    return html`
      <section class="panel">
        <nav class="choices" aria-label="${t.what}">${filter(undefined, total)}${CHANGE_KINDS.map(
          (each) => filter(each, counts[each]),
        )}</nav>
        ${table(
          [t.what, t.product, t.before, t.after],
          page.map((change) => changeRow(c, catalogue, change, names, t)),
          "",
        )}${pager(c, cursorOf(next))}
      </section>
      <section class="panel"><h2>${t.classCounts}</h2>${table(
        [t.code, { number: t.before }, { number: t.after }, { number: t.change }],
        classes.map(({ code, before, after }) =>
          html`
            <tr>
              <td>${named(code, names)}</td>
              <td class="number">${whole(before)}</td>
              <td class="number">${whole(after)}</td>
              <td class="number">${after > before ? "+" : "−"}${whole(
                Math.abs(after - before),
              )}</td>
            </tr>
          `
        ),
        t.noClass,
      )}</section>
    `;
  };
  return await respondWithPage(c, {
    title: t.diff(short(digest), short(other.digest)),
    section: "/data",
    catalogue,
    parent: { href: `/data/${digest}${inCatalogue(catalogue)}`, name: t.version(short(digest)) },
    body: html`
      <div id="diff" ${diff === undefined
        ? html`
          data-live
        `
        : ""}>${shown()}</div>
    `,
  });
}

function changeRow(
  c: HubContext,
  catalogue: string,
  { kind, before, after }: RowChange,
  names: Names,
  t: typeof TEXTS.en,
): Html {
  const row = (after ?? before)!;
  const code = (side: ProductRow | null) => side === null ? "–" : named(side.code, names);
  return html`
    <tr>
      <td>${t[kind]}</td>
      <td
        class="long pictured">${thumbnail(catalogue, row)}<div>${textsOfRow(
          c,
          row,
        )}${before !== null &&
            after !== null && before.designation !== after.designation
          ? html`<del class="block"><small>${before.designation}</small></del>`
          : ""}<small class="block">${row.id}</small></div></td>
      <td>${code(before)}</td>
      <td>${code(after)}</td>
    </tr>
  `;
}

/** Answers `/data/:digest/set-aside`. */
export async function setAsidePage(c: HubContext): Promise<Response> {
  const t = textsOf(c, TEXTS), hub = c.get("hub");
  const dataset = await asked(c, c.req.param("digest")!), { catalogue, digest } = dataset;
  const page = await readSetAside(hub.blobs, dataset, { from: from(c), limit: PER_PAGE });
  const blob = (dataset.source as { setAsideBlob?: string | null } | null)?.setAsideBlob;
  const body = html`<section class="panel">
<p class="soft">${
    Object.entries(page.reasons).map(([reason, n]) => `${reason}: ${n}`).join(" · ")
  }</p>
${
    table(
      [t.file, { number: t.line }, { name: t.id, extra: true }, t.why, {
        name: t.raw,
        extra: true,
      }],
      page.items.map((row) =>
        html`
          <tr>
            <td>${row.file}</td>
            <td class="number">${whole(row.line)}</td>
            <td>${row.id}</td>
            <td class="long">${row.message} <small><code>${row.reason}</code></small></td>
            <td class="long"><small>${row.raw}</small></td>
          </tr>
        `
      ),
      t.noAside,
    )
  }${pager(c, cursorOf(page.next))}${
    blob
      ? html`<p><a href="/api/v1/blobs/${blob}" download="set_aside.csv">${t.download}</a></p>`
      : ""
  }</section>`;
  return await respondWithPage(c, {
    title: t.setAside(short(digest)),
    section: "/data",
    catalogue,
    parent: { href: `/data/${digest}${inCatalogue(catalogue)}`, name: t.version(short(digest)) },
    body,
  });
}
