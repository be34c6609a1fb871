/**
 * Files that were sent: the first rows, and which column is what, guessed and open to change.
 *
 * @module
 */
import { html } from "hono/html";
import { AppError } from "@aisle/shared/errors";
import { isDigest } from "@aisle/shared/hash";
import type { HubContext } from "../../api/context.ts";
import { previewTable, type TablePreview } from "../../api/tables.ts";
import type { Html } from "../format.ts";
import { textsOf } from "../language.ts";
import { chosenCatalogue, csrfField, respondWithPage } from "../layout.ts";
import { table } from "../tables.ts";

export const TEXTS = {
  en: {
    train: "Which column is what?",
    score: "Which columns are to be read?",
    catalogue: "Catalogue",
    first: "The first rows",
    columns: "Columns",
    explained: "Guessed from names and values: change what is not right.",
    title: "Title",
    more: "More text, read as the description",
    label: "Code (what is learned)",
    id: "Id of the row",
    position: "its position",
    image: "Name of the picture’s file",
    none: "none",
    noName: (n: string) => `(column ${n}, no name)`,
    check: "Check the files",
    trainNow: "Check and train",
    scoreNow: "Score",
    zip: "Pictures were sent, too.",
    noZip: "No pictures were sent.",
  },
  fr: {
    train: "À quoi sert chaque colonne ?",
    score: "Quelles colonnes faut-il lire ?",
    catalogue: "Catalogue",
    first: "Les premières lignes",
    columns: "Colonnes",
    explained: "Devinées d’après les noms et les valeurs : corrigez ce qui est faux.",
    title: "Titre",
    more: "Autres textes, lus comme la description",
    label: "Code (ce qui est appris)",
    id: "Identifiant de la ligne",
    position: "sa position",
    image: "Nom du fichier de l’image",
    none: "aucune",
    noName: (n: string) => `(colonne ${n}, sans nom)`,
    check: "Contrôler les fichiers",
    trainNow: "Contrôler et entraîner",
    scoreNow: "Classer",
    zip: "Des images ont aussi été envoyées.",
    noZip: "Aucune image n’a été envoyée.",
  },
};

const SHOWN_ROWS = 5;
/** Characters of a cell that are shown. */
const CELL_CHARS = 120;
/** Characters of a column's name that are shown. */
const NAME_CHARS = 60;

/** Answers `/catalogue/columns?csv=&images=&for=train|score`. */
export async function columnsPage(c: HubContext): Promise<Response> {
  const t = textsOf(c, TEXTS), { catalogue } = await chosenCatalogue(c);
  const csv = c.req.query("csv") ?? "", images = c.req.query("images") ?? "";
  if (!isDigest(csv) || (images !== "" && !isDigest(images)) || catalogue === null) {
    throw new AppError("not-found", "Cannot find these files: send them on the page Catalogue");
  }
  const scores = c.req.query("for") === "score";
  const preview = await previewTable(c.get("hub").blobs, csv, SHOWN_ROWS);
  const names = preview.header.map((name, i) =>
    name.trim() === "" ? t.noName(`${i + 1}`) : cut(name, NAME_CHARS)
  );
  const body = html`
    <section class="panel"><h2>${t.first}</h2>${table(
      names,
      preview.rows.map((cells) =>
        html`
          <tr>${names.map((_, i) => html`<td class="long">${cut(cells[i] ?? "")}</td>`)}</tr>
        `
      ),
      "",
    )}</section>
    <form class="panel mapping" method="post" action="/ui/catalogue/start">
      ${csrfField(c)}
      <input type="hidden" name="catalogue" value="${catalogue}">
      <input type="hidden" name="csv" value="${csv}">
      <input type="hidden" name="images" value="${images}">
      <h2>${t.columns}</h2>
      <p class="soft">${t.explained} ${images === "" ? t.noZip : t.zip}</p>
      ${fields(c, preview, names, { scores, pictures: images !== "" })}
      <div class="row">${scores
        ? html`<button class="main" name="kind" value="score">${t.scoreNow}</button>`
        : html`<button class="main" name="kind" value="pipeline">${t.trainNow}</button>
<button name="kind" value="check" formnovalidate>${t.check}</button>`}</div>
    </form>
  `;
  return await respondWithPage(c, {
    title: scores ? t.score : t.train,
    section: "/catalogue",
    catalogue,
    parent: {
      href: `/catalogue?catalogue=${encodeURIComponent(catalogue)}`,
      name: `${t.catalogue} ${catalogue}`,
    },
    body,
  });
}

function fields(
  c: HubContext,
  { header, guess }: TablePreview,
  names: readonly string[],
  { scores, pictures }: { readonly scores: boolean; readonly pictures: boolean },
): Html {
  const t = textsOf(c, TEXTS);
  const choice = (
    name: string,
    label: string,
    guessed: string | null,
    none: string | null,
    required = none === null,
  ) =>
    html`<div><label for="${name}">${label}</label><select id="${name}" name="${name}"${
      required
        ? html`
          required
        `
        : ""
    }>${none === null ? "" : html`<option value="">${none}</option>`}${
      header.map((column, i) =>
        html`
          <option value="${i}" ${column === guessed
            ? html`
              selected
            `
            : ""}>${names[i]}</option>
        `
      )
    }</select></div>`;
  return html`
    <div class="fields">
      ${choice("title", t.title, guess.text[0] ?? null, null)}
      ${scores ? "" : choice("label", t.label, guess.label, t.none, true)}
      ${choice("id", t.id, guess.id, t.position)}
      ${pictures ? choice("image", t.image, guess.image, t.none) : ""}
    </div>
    <fieldset>
      <legend>${t.more}</legend>
      <div class="checks">${header.map((column, i) =>
        html`
          <label><input type="checkbox" name="text.${i}" value="${i}"${guess.text.slice(1)
              .includes(column)
            ? html`
              checked
            `
            : ""}> ${names[i]}</label>
        `
      )}</div>
    </fieldset>
  `;
}

function cut(cell: string, chars = CELL_CHARS): string {
  return cell.length > chars ? `${cell.slice(0, chars)}…` : cell;
}
