/**
 * Review: the product that somebody should label next, with guesses on keys, and how the queue stands.
 *
 * Opening the page leases a product to whoever may answer; it is whole as forms, the script only adds keys.
 *
 * @module
 */
import { html } from "hono/html";
import type { HubContext } from "../../api/context.ts";
import { nextItems } from "../../api/review_verbs.ts";
import type { ReviewItem, ReviewStats } from "../../registry/review.ts";
import { badge, figure, type Html, percent, whole } from "../format.ts";
import { textsOf } from "../language.ts";
import { chosenCatalogue, csrfField, mayChange, mayReview, respondWithPage } from "../layout.ts";
import { type Names, namesOf } from "../product_list.ts";
import { emptyState, table } from "../tables.ts";
import { shortcuts } from "../review_parts.ts";

export const TEXTS = {
  en: {
    title: "Review",
    noCatalogue: "No catalogue yet.",
    empty: "Nothing to review",
    emptyText:
      "Products come from what edges are unsure of, likely label errors, users who contradict sure answers, and challengers that differ.",
    fill: "Look for products now",
    product: "Product",
    noText: "(no text)",
    why: "Why it is asked",
    words: "Why the model says so",
    loadWords: "Show the words",
    guesses: "What is it?",
    known: "What it is called now",
    other: "Another label",
    search: "Code or name",
    take: "Use this label",
    newLabel: "New label",
    code: "Code",
    name: "Name",
    add: "Add and use",
    skip: "Skip",
    undo: "Undo the last answer",
    queue: "The queue",
    open: "Waiting",
    answered: "Answered",
    agreement: "Agreement (kappa)",
    agreementOf: (low: string, high: string, n: string) => `95 %: ${low} to ${high}, ${n} pairs`,
    noPairs: "no second answers yet",
    people: "Who answered",
    reviewer: "Reviewer",
    answers: "Answers",
    first: "First guess right",
    nobody: "Nobody has answered yet.",
    feedback: "Sources, quarantine and conflicts",
    csv: "The queue as CSV",
    from: "Source",
    second: "Two people are asked about this product.",
    "low-margin": "unsure",
    disagreement: "models differ",
    "label-error": "label in doubt",
    contradicted: "contradicted",
    drifted: "unusual",
    readOnly: "Answering needs the role reviewer.",
  },
  fr: {
    title: "Relecture",
    noCatalogue: "Aucun catalogue.",
    empty: "Rien à relire",
    emptyText:
      "Les produits viennent des hésitations des nœuds, des étiquettes douteuses, des retours qui contredisent une réponse sûre et des modèles qui divergent.",
    fill: "Chercher des produits",
    product: "Produit",
    noText: "(sans texte)",
    why: "Pourquoi cette question",
    words: "Ce qui décide le modèle",
    loadWords: "Montrer les mots",
    guesses: "Qu’est-ce que c’est ?",
    known: "Étiquette actuelle",
    other: "Une autre étiquette",
    search: "Code ou nom",
    take: "Prendre cette étiquette",
    newLabel: "Nouvelle étiquette",
    code: "Code",
    name: "Nom",
    add: "Ajouter et prendre",
    skip: "Passer",
    undo: "Annuler la dernière réponse",
    queue: "La file",
    open: "En attente",
    answered: "Répondus",
    agreement: "Accord (kappa)",
    agreementOf: (low: string, high: string, n: string) => `95 % : ${low} à ${high}, ${n} paires`,
    noPairs: "aucune seconde réponse",
    people: "Qui a répondu",
    reviewer: "Relecteur",
    answers: "Réponses",
    first: "Premier choix juste",
    nobody: "Personne n’a encore répondu.",
    feedback: "Sources, quarantaine et conflits",
    csv: "La file en CSV",
    from: "Origine",
    second: "Deux personnes sont interrogées sur ce produit.",
    "low-margin": "hésitation",
    disagreement: "modèles en désaccord",
    "label-error": "étiquette douteuse",
    contradicted: "contredit",
    drifted: "inhabituel",
    readOnly: "Répondre demande le rôle de relecture.",
  },
};

/** Guesses that have a key. */
const KEYS = 9;

/** Answers `/review`. */
export async function reviewPage(c: HubContext): Promise<Response> {
  const { catalogue, catalogues } = await chosenCatalogue(c), t = textsOf(c, TEXTS);
  return await respondWithPage(c, {
    title: t.title,
    section: "/review",
    catalogue,
    catalogues,
    scripts: ["review.js"],
    body: catalogue === null
      ? html`<p class="soft">${t.noCatalogue}</p>`
      : await body(c, catalogue),
  });
}

async function body(c: HubContext, catalogue: string): Promise<Html> {
  const { registry } = c.get("hub"), t = textsOf(c, TEXTS);
  const [item] = mayReview(c) ? await nextItems(c, catalogue, 1) : [];
  const [stats, names] = await Promise.all([
    registry.review.stats(catalogue),
    namesOf(c, catalogue),
  ]);
  const query = `?catalogue=${encodeURIComponent(catalogue)}`;
  return html`
    <div class="review">
    ${item === undefined ? nothing(c, catalogue) : question(c, item, names)}
    <aside>
    ${queuePanel(c, stats)}
    ${mayReview(c) ? shortcuts(c) : ""}
    <section class="panel"><p><a href="/review/feedback${query}">${t.feedback}</a></p>
    <p><a href="/api/v1/catalogues/${encodeURIComponent(catalogue)}/review/export.csv">${t
      .csv}</a></p></section>
    </aside>
    </div>
  `;
}

function nothing(c: HubContext, catalogue: string): Html {
  const t = textsOf(c, TEXTS);
  if (!mayReview(c)) {
    return html`<section class="panel">${emptyState(t.empty, t.readOnly)}</section>`;
  }
  return html`
    <section class="panel">${emptyState(t.empty, t.emptyText)}
    <div class="row">${mayChange(c)
      ? html`<form method="post" action="/ui/jobs">${csrfField(c)}
<input type="hidden" name="kind" value="review"><input type="hidden" name="catalogue" value="${catalogue}">
<button class="main">${t.fill}</button></form>`
      : ""}${undoForm(c, catalogue)}</div></section>
  `;
}

function undoForm(c: HubContext, catalogue: string): Html {
  return html`<form class="inline" method="post" action="/ui/review/undo">${csrfField(c)}
<input type="hidden" name="catalogue" value="${catalogue}"><button data-key="z">${
    textsOf(c, TEXTS).undo
  } <kbd>z</kbd></button></form>`;
}

/** Hidden fields of every form about `item`. */
function about(c: HubContext, item: ReviewItem): Html {
  return html`${csrfField(c)}<input type="hidden" name="catalogue" value="${item.catalogue}">
<input type="hidden" name="id" value="${item.id}">`;
}

function question(c: HubContext, item: ReviewItem, names: Names): Html {
  const t = textsOf(c, TEXTS), { product, catalogue } = item;
  const picture = product.picture === undefined ? "" : html`
    <img class="review-picture" alt=""
      src="/api/v1/catalogues/${encodeURIComponent(catalogue)}/pictures/${product.picture}">
  `;
  const title = product.designation.trim() === "" ? t.noText : product.designation;
  return html`
    <section class="panel question" id="question">
    <h2 class="product-title">${title}</h2>
    ${picture}
    ${product.description.trim() === ""
      ? ""
      : html`<div class="description" tabindex="0" role="region" aria-label="${t.product}">${product.description}</div>`}
    <h3>${t.why}</h3>
    <ul class="reasons">${item.reasons.map((why) =>
      html`<li>${badge(t[why.kind])} ${why.detail}</li>`
    )}</ul>
    <p class="soft">${t.from}: ${item.origin}${item.wanted > 1
      ? html`
        · ${t.second}
      `
      : ""}</p>
    <h3>${t.guesses}</h3>
    <form method="post" action="/ui/review/answer" class="guesses">${about(c, item)}${choices(item)
      .map((choice, i) => guessButton(c, choice, i, names, item.knownCode))}</form>
    <div class="grid">
    <form method="post" action="/ui/review/answer">${about(c, item)}
    <label>${t.other} <kbd>/</kbd><input name="search" list="labels" required autocomplete="off"
      placeholder="${t.search}" data-key="/"></label>
    <datalist id="labels">${[...names].map(([code, name]) =>
      html`<option value="${code}">${name}</option>`
    )}</datalist>
    <button>${t.take}</button></form>
    ${mayChange(c)
      ? html`
        <details>
          <summary data-key="n">${t.newLabel} <kbd>n</kbd></summary>
          <form method="post" action="/ui/review/label">${about(c, item)}
        <label>${t.code}<input name="code" required maxlength="200" autocomplete="off"></label>
        <label>${t.name}<input name="name" required maxlength="200" autocomplete="off"></label>
        <button>${t.add}</button></form>
        </details>
      `
      : ""}
    </div>
    <div class="row">
    <form class="inline" method="post" action="/ui/review/skip">${about(c, item)}<button
      data-key="s">${t.skip} <kbd>s</kbd></button></form>
    ${undoForm(c, catalogue)}
    </div>
    <section id="why" aria-live="polite"><h3>${t.words}</h3>
    <p><a href="/review/why/${item.id}?catalogue=${encodeURIComponent(catalogue)}"
      data-key="w" data-into="why">${t.loadWords}</a> <kbd>w</kbd></p></section>
    </section>
  `;
}

interface Choice {
  readonly code: string;
  readonly confidence: number | null;
}

/** The guesses, and what it is called now where no guess says so. */
function choices({ guesses, knownCode }: ReviewItem): Choice[] {
  const first: Choice[] = guesses.slice(0, KEYS);
  if (knownCode === null || first.some(({ code }) => code === knownCode)) return first;
  return [...first.slice(0, KEYS - 1), { code: knownCode, confidence: null }];
}

function guessButton(
  c: HubContext,
  { code, confidence }: Choice,
  i: number,
  names: Names,
  known: string | null,
): Html {
  const name = names.get(code) ?? code;
  return html`<button name="code" value="${code}" data-key="${i + 1}"><kbd>${i + 1}</kbd>
<span class="guess"><span>${name}</span><small>${name === code ? "" : code}${
    known === code
      ? html`
        · ${textsOf(c, TEXTS).known}
      `
      : ""
  }</small></span>${
    confidence === null ? "" : html`
      <meter min="0" max="1" value="${confidence}" aria-hidden="true"></meter><span
        class="share">${percent(confidence)}</span>
    `
  }</button>`;
}

function queuePanel(c: HubContext, stats: ReviewStats): Html {
  const t = textsOf(c, TEXTS), { kappa, low, high, n } = stats.agreement;
  return html`
    <section class="panel" id="queue"><h2>${t.queue}</h2>
    <dl class="tiles">
    <div><dt>${t.open}</dt><dd>${whole(stats.open)}</dd></div>
    <div><dt>${t.answered}</dt><dd>${whole(stats.answered)}</dd></div>
    <div><dt>${t.agreement}</dt><dd>${kappa === null ? "–" : figure(round(kappa))}</dd></div>
    </dl>
    <p class="soft">${t.agreement}: ${kappa === null
      ? t.noPairs
      : t.agreementOf(figure(round(low!)), figure(round(high!)), whole(n))}</p>
    <ul class="reasons">${Object.entries(stats.kinds).map(([kind, count]) =>
      html`<li>${badge(t[kind as keyof typeof TEXTS.en] as string)} ${whole(count)}</li>`
    )}</ul>
    <h3>${t.people}</h3>
    ${table(
      [t.reviewer, { number: t.answers }, { number: t.first }],
      stats.reviewers.map((r) =>
        html`
          <tr>
            <td>${r.reviewer}</td>
            <td class="number">${whole(r.answers)}</td>

            <td class="number">${r.answers === 0 ? "–" : percent(r.firstGuess / r.answers)}</td>
          </tr>
        `
      ),
      t.nobody,
    )}</section>
  `;
}

function round(x: number): number {
  return Math.round(x * 100) / 100;
}
