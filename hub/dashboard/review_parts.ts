/**
 * Parts of the review pages: the keys, and the words that led to a guess.
 *
 * @module
 */
import { html } from "hono/html";
import { AppError } from "@aisle/shared/errors";
import type { HubContext } from "../api/context.ts";
import { found } from "../api/catalogue_lookup.ts";
import { tryProduct } from "../api/trial.ts";
import type { Html } from "./format.ts";
import { figure } from "./format.ts";
import { textsOf } from "./language.ts";
import { chosenCatalogue, respondWithPage } from "./layout.ts";
import { table } from "./tables.ts";

export const TEXTS = {
  en: {
    review: "Review",
    keys: "Keys",
    guess: "that guess",
    skip: "skip",
    undo: "undo",
    search: "another label",
    label: "new label",
    words: "the words that decide",
    title: "Why the model says so",
    for: (label: string) => `What speaks for and against ${label}, by the champion of now.`,
    word: "Word",
    weight: "Weight",
    none: "The model names no words.",
    cannot: "The words cannot be shown now: no bundle could be asked.",
  },
  fr: {
    review: "Relecture",
    keys: "Touches",
    guess: "ce choix",
    skip: "passer",
    undo: "annuler",
    search: "une autre étiquette",
    label: "nouvelle étiquette",
    words: "les mots qui décident",
    title: "Ce qui décide le modèle",
    for: (label: string) => `Ce qui parle pour et contre ${label}, selon le champion actuel.`,
    word: "Mot",
    weight: "Poids",
    none: "Le modèle ne nomme aucun mot.",
    cannot: "Les mots ne peuvent pas être montrés : aucun modèle n’a pu être interrogé.",
  },
};

/** Words shown. */
const MAX_WORDS = 12;

/** The keys and what they do. */
export function shortcuts(c: HubContext): Html {
  const t = textsOf(c, TEXTS);
  const keys = [
    ["1–9", t.guess],
    ["s", t.skip],
    ["z", t.undo],
    ["/", t.search],
    ["n", t.label],
    ["w", t.words],
  ];
  return html`
    <section class="panel">
      <h2>${t.keys}</h2>
      <dl class="facts keys">${keys.map(([key, what]) =>
        html`
          <dt><kbd>${key}</kbd></dt>
          <dd>${what}</dd>
        `
      )}</dl>
    </section>
  `;
}

/** Answers `/review/why/:id`: the words behind the champion's first guess. */
export async function reviewWhyPage(c: HubContext): Promise<Response> {
  const t = textsOf(c, TEXTS), { catalogue, catalogues } = await chosenCatalogue(c);
  const id = c.req.param("id")!;
  const item = found(
    catalogue === null ? null : await c.get("hub").registry.review.get(catalogue, id),
    "the product",
    id,
  );
  const query = `?catalogue=${encodeURIComponent(item.catalogue)}`;
  return await respondWithPage(c, {
    title: t.title,
    section: "/review",
    catalogue,
    catalogues,
    parent: { href: `/review${query}`, name: t.review },
    body: html`
      <section class="panel">
        <h2>${item.product.designation}</h2>
        <div id="why">${await words(c, item.catalogue, item.product)}</div>
      </section>
    `,
  });
}

async function words(
  c: HubContext,
  catalogue: string,
  { designation, description }: { designation: string; description: string },
): Promise<Html> {
  const t = textsOf(c, TEXTS);
  try {
    const product = { designation, description, picture: null };
    const trial = await tryProduct(c.get("hub"), { catalogue, product });
    const list = trial.words.slice(0, MAX_WORDS);
    return html`<h3>${t.title}</h3><p class="soft">${t.for(trial.top[0]!.label)}</p>${
      table(
        [t.word, { number: t.weight }],
        list.map(({ word, contribution }) =>
          html`
            <tr>
              <td>${word}</td>
              <td class="number">${contribution >= 0 ? "+" : ""}${figure(
                Math.round(contribution * 1000) / 1000,
              )}</td>
            </tr>
          `
        ),
        t.none,
      )
    }`;
  } catch (error) {
    // A product without text, no champion, a worker that is busy: the page says so and goes on.
    if (!(error instanceof AppError)) throw error;
    return html`
      <h3>${t.title}</h3>
      <p class="soft">${t.cannot}</p>
    `;
  }
}
