/**
 * The confusion matrix: each cell leads to its very products.
 *
 * @module
 */
import { html } from "hono/html";
import type { HubContext } from "../api/context.ts";
import type { Evaluation } from "../evaluation/evaluation.ts";
import type { Model } from "../registry/models.ts";
import type { Html } from "./format.ts";
import { goldLink } from "./gold_link.ts";
import { textsOf } from "./language.ts";
import { table } from "./tables.ts";

export const TEXTS = {
  en: {
    truth: "True",
    guess: "Guess",
    products: "Products",
    cell: (truth: string, guess: string, count: number) => `${truth} taken for ${guess}: ${count}`,
    most: "The most frequent confusions",
    none: "None: every gold product is right.",
    shown: (shown: number, all: number) =>
      `The ${shown} classes of ${all} that are confused most. A row is what is true, a column what was guessed.`,
    how: "A row is what is true, a column what was guessed; a number leads to the products.",
  },
  fr: {
    truth: "Vrai",
    guess: "Réponse",
    products: "Produits",
    cell: (truth: string, guess: string, count: number) => `${truth} pris pour ${guess} : ${count}`,
    most: "Les confusions les plus fréquentes",
    none: "Aucune : chaque produit gold est juste.",
    shown: (shown: number, all: number) =>
      `Les ${shown} classes sur ${all} les plus confondues. Une ligne est le vrai, une colonne la réponse.`,
    how: "Une ligne est le vrai, une colonne la réponse ; un nombre mène aux produits.",
  },
};

/** Classes of the matrix: more columns cannot be read. */
const MAX_CLASSES = 24;
/** Confusions listed below it. */
const LISTED = 12;
/** Steps of shading. */
const SHADES = 5;

/** The matrix, and the cells that weigh most as a list. */
export function confusionMatrix(
  c: HubContext,
  model: Pick<Model, "digest" | "catalogue">,
  { classes, confusion }: Pick<Evaluation, "classes" | "confusion">,
  names: ReadonlyMap<string, string>,
): Html {
  const t = textsOf(c, TEXTS);
  const nameOf = (code: string) => names.get(code) ?? code;
  const wrong = confusion.filter(([truth, guess]) => truth !== guess);
  const errors = classes.map((_, i) =>
    wrong.reduce((sum, [a, b, rows]) => sum + (a === i || b === i ? rows : 0), 0)
  );
  const shown = [...classes.keys()].sort((a, b) => errors[b]! - errors[a]!)
    .slice(0, MAX_CLASSES).sort((a, b) => a - b);
  const cells = new Map(confusion.map(([truth, guess, rows]) => [`${truth} ${guess}`, rows]));
  const cell = (truth: number, guess: number) => {
    const rows = cells.get(`${truth} ${guess}`) ?? 0, of = classes[truth]!;
    if (rows === 0) return html`<td></td>`;
    // By the share of the row's class, so that rare classes are seen too.
    const shade = Math.max(1, Math.ceil(SHADES * rows / Math.max(1, of.rows)));
    const guessed = classes[guess]!.code;
    return html`
      <td
        class="${truth === guess ? "right" : "wrong"}-${shade}"><a href="${goldLink(model, {
          code: of.code,
          predicted: guessed,
        })}" aria-label="${t.cell(nameOf(of.code), nameOf(guessed), rows)}">${rows}</a></td>
    `;
  };
  const most = wrong.toSorted((a, b) => b[2] - a[2]).slice(0, LISTED);
  return html`
    <p class="soft">${shown.length < classes.length
      ? t.shown(shown.length, classes.length)
      : t.how}</p>
    <div class="scroll" tabindex="0">
      <table class="matrix">
        <thead>
          <tr><td></td>${shown.map((i) =>
            html`
              <th scope="col" title="${nameOf(classes[i]!.code)}"><span>${classes[i]!
                .code}</span></th>
            `
          )}</tr>
        </thead>
        <tbody>${shown.map((i) =>
          html`<tr><th scope="row" title="${nameOf(classes[i]!.code)}">${classes[i]!.code}</th>${
            shown.map((j) => cell(i, j))
          }</tr>`
        )}</tbody>
      </table>
    </div>
    <h3>${t.most}</h3>${table(
      [t.truth, t.guess, { number: t.products }],
      most.map(([truth, guess, rows]) => {
        const [code, predicted] = [classes[truth]!.code, classes[guess]!.code];
        return html`
          <tr>
            <td>${nameOf(code)}</td>
            <td>${nameOf(predicted)}</td>
            <td class="number"><a href="${goldLink(model, { code, predicted })}"
              aria-label="${t.cell(nameOf(code), nameOf(predicted), rows)}">${rows}</a></td>
          </tr>
        `;
      }),
      t.none,
    )}
  `;
}
