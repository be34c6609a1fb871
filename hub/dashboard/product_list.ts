/**
 * Products as a list for people: picture, texts, code, origin.
 *
 * @module
 */
import { html } from "hono/html";
import type { HubContext } from "../api/context.ts";
import type { ProductRow } from "../data/row.ts";
import type { Html } from "./format.ts";
import { textsOf } from "./language.ts";
import { table } from "./tables.ts";

export const TEXTS = {
  en: {
    picture: "Picture",
    product: "Product",
    code: "Code",
    id: "Id",
    feedback: "from feedback",
    none: "No product is found.",
    noText: "(no text)",
    reading: "Reading the rows. They are shown in a moment.",
    again: "Look again",
  },
  fr: {
    picture: "Image",
    product: "Produit",
    code: "Code",
    id: "Id",
    feedback: "issu d’un retour",
    none: "Aucun produit trouvé.",
    noText: "(sans texte)",
    reading: "Lecture des lignes. Elles s’affichent dans un instant.",
    again: "Actualiser",
  },
};

/** Characters of a description that a list shows. */
const DESCRIPTION_CHARS = 240;

/** Names by code, for showing a code with its name. */
export type Names = ReadonlyMap<string, string>;

/** The names of a catalogue's labels. */
export async function namesOf(c: HubContext, catalogue: string): Promise<Names> {
  const { labels } = await c.get("hub").registry.labels.list(catalogue);
  return new Map(labels.map(({ code, name }) => [code, name]));
}

/** A code, with its name where that says more. */
export function named(code: string, names: Names): Html {
  const name = names.get(code);
  return name === undefined || name === code
    ? html`<code>${code}</code>`
    : html`<code>${code}</code> ${name}`;
}

/** A small picture of the row; nothing where it has none. */
export function thumbnail(catalogue: string, row: ProductRow): Html | "" {
  if (row.picture === "") return "";
  const src = `/api/v1/catalogues/${encodeURIComponent(catalogue)}/pictures/${row.picture}`;
  return html`<img class="thumb" src="${src}" alt="" loading="lazy" width="56" height="56">`;
}

/** Title and the start of the description. */
export function textsOfRow(c: HubContext, row: ProductRow): Html {
  const { designation, description } = row;
  const short = description.length > DESCRIPTION_CHARS
    ? `${description.slice(0, DESCRIPTION_CHARS)}…`
    : description;
  const title = designation.trim() === "" && short.trim() === ""
    ? textsOf(c, TEXTS).noText
    : designation;
  return html`<span class="title">${title}</span>${
    short.trim() === "" ? "" : html`<small class="block">${short}</small>`
  }`;
}

/** The list; pictures have a column where any of its rows has one. */
export function productTable(
  c: HubContext,
  catalogue: string,
  rows: readonly ProductRow[],
  names: Names,
): Html {
  const t = textsOf(c, TEXTS), pictured = rows.some((row) => row.picture !== "");
  return table(
    [...(pictured ? [t.picture] : []), t.product, t.code, { name: t.id, extra: true }],
    rows.map((row) =>
      html`
        <tr>
          ${pictured ? html`<td class="thumbs">${thumbnail(catalogue, row)}</td>` : ""}
          <td class="long">${textsOfRow(c, row)}${row.origin === "feedback"
            ? html`<small class="block">${t.feedback}</small>`
            : ""}</td>
          <td>${named(row.code, names)}</td>
          <td>${row.id}</td>
        </tr>
      `
    ),
    t.none,
  );
}

/** What stands in the place of rows that are still being read; the script fetches it again soon. */
export function stillReading(c: HubContext): Html {
  const t = textsOf(c, TEXTS), url = new URL(c.req.url);
  return html`<p data-soon role="status"><progress aria-label="${t.reading}"></progress>${t.reading}
<a href="${url.pathname + url.search}">${t.again}</a></p>`;
}
