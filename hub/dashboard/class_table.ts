/**
 * How well a bundle does on each class, sorted by whichever column one asks for.
 *
 * @module
 */
import { html } from "hono/html";
import type { HubContext } from "../api/context.ts";
import type { Evaluation } from "../evaluation/evaluation.ts";
import type { Model } from "../registry/models.ts";
import { type Html, percent, whole } from "./format.ts";
import { textsOf } from "./language.ts";
import { goldLink } from "./gold_link.ts";

export const TEXTS = {
  en: {
    class: "Class",
    rows: "Gold products",
    precision: "Precision",
    recall: "Recall",
    f1: "F1",
    wrong: "Wrong",
    sort: (name: string) => `Sort by ${name}`,
    wrongOf: (count: number, name: string) => `${count} of ${name} that it gets wrong`,
    unknown: "not known to this bundle",
  },
  fr: {
    class: "Classe",
    rows: "Produits gold",
    precision: "Précision",
    recall: "Rappel",
    f1: "F1",
    wrong: "Faux",
    sort: (name: string) => `Trier par ${name}`,
    wrongOf: (count: number, name: string) => `${count} de ${name} où il se trompe`,
    unknown: "inconnue de ce modèle",
  },
};

type ClassRow = Evaluation["classes"][number];

/** Columns that can be sorted by: by name upwards, by figure the worst first. */
const KEYS: Readonly<Record<string, (row: ClassRow) => number>> = {
  rows: (row) => -row.rows,
  precision: (row) => row.precision,
  recall: (row) => row.recall,
  f1: (row) => row.f1,
  wrong: (row) => row.right - row.rows,
};
const COLUMNS = ["rows", "precision", "recall", "f1", "wrong"] as const;

/** The table. `?sort=` of the address names the column; the lowest F1 comes first where it does not. */
export function classTable(
  c: HubContext,
  model: Pick<Model, "digest" | "catalogue">,
  { classes }: Pick<Evaluation, "classes">,
  names: ReadonlyMap<string, string>,
): Html {
  const t = textsOf(c, TEXTS), asked = c.req.query("sort") ?? "f1";
  const key = KEYS[asked];
  const byCode = (a: ClassRow, b: ClassRow) => (a.code < b.code ? -1 : 1);
  const sorted = classes.toSorted((a, b) =>
    (key === undefined ? 0 : key(a) - key(b)) || byCode(a, b)
  );
  const head = (column: string, title: string) => {
    const url = new URL(c.req.url);
    url.searchParams.set("sort", column);
    const at = asked === column;
    return html`<a href="${url.pathname}${url.search}#classes" aria-label="${
      t.sort(title)
    }">${title}${at ? " ▾" : ""}</a>`;
  };
  return html`
    <div class="scroll tall" tabindex="0">
      <table class="extra-3 extra-4">
        <thead>
          <tr>
    <th scope="col">${head("code", t.class)}</th>${COLUMNS.map((column) =>
      html`<th scope="col" class="number">${head(column, t[column])}</th>`
    )}</tr>
        </thead>
        <tbody>${sorted.map((row) => {
          const name = names.get(row.code) ?? row.code, wrong = row.rows - row.right;
          return html`
            <tr>
              <th scope="row">${row.code}${name === row.code ? "" : ` ${name}`}${row.known
                ? ""
                : html`
                  <small>(${t.unknown})</small>
                `}</th>
              <td class="number">${whole(row.rows)}</td>
              <td class="number">${percent(row.precision)}</td>
              <td class="number">${percent(row.recall)}</td>
              <td class="number">${percent(row.f1)}</td>
              <td class="number">${wrong === 0 ? "0" : html`
                <a href="${goldLink(model, { code: row.code, wrong: true })}"
                  aria-label="${t.wrongOf(wrong, name)}">${wrong}</a>
              `}</td>
            </tr>
          `;
        })}</tbody>
      </table>
    </div>
  `;
}
