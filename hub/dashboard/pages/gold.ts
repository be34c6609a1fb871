/**
 * Gold products with what a bundle said of them: the products behind every figure.
 *
 * @module
 */
import { html } from "hono/html";
import { found } from "../../api/catalogue_lookup.ts";
import type { HubContext } from "../../api/context.ts";
import { type GoldProduct, goldProducts, type GoldQuery } from "../../api/gold_products.ts";
import { type Html, percent, short, whole } from "../format.ts";
import { textsOf } from "../language.ts";
import { respondWithPage } from "../layout.ts";
import { pictureOf } from "../product_picture.ts";
import { stateBadge } from "../states.ts";
import { emptyState, pager } from "../tables.ts";
import { namedCode } from "./model.ts";

export const TEXTS = {
  en: {
    title: "Gold products",
    model: (digest: string) => `Model ${digest}`,
    truth: "True",
    guess: "Guess",
    which: "Which",
    all: "all",
    wrong: "wrong",
    right: "right",
    any: "any",
    show: "Show",
    found: (count: string) => `${count} products, the surest guesses first.`,
    none: "No such product",
    noneText: "No gold product has this true code and this guess.",
    gone: "The evaluation is gone",
    goneText: "Its blob is not here any more, or of another version.",
    unknownText: "The gold rows are not here any more.",
    confidence: "Confidence",
  },
  fr: {
    title: "Produits gold",
    model: (digest: string) => `Modèle ${digest}`,
    truth: "Vrai",
    guess: "Réponse",
    which: "Lesquels",
    all: "tous",
    wrong: "faux",
    right: "justes",
    any: "peu importe",
    show: "Afficher",
    found: (count: string) => `${count} produits, les réponses les plus sûres d’abord.`,
    none: "Aucun produit",
    noneText: "Aucun produit gold n’a ce vrai code et cette réponse.",
    gone: "L’évaluation a disparu",
    goneText: "Son contenu n’est plus ici, ou d’une autre version.",
    unknownText: "Les lignes gold ne sont plus ici.",
    confidence: "Confiance",
  },
};

const PER_PAGE = 24;

/** Answers `/models/:digest/gold`. */
export async function goldPage(c: HubContext): Promise<Response> {
  const hub = c.get("hub"), digest = c.req.param("digest")!, t = textsOf(c, TEXTS);
  const { models, labels } = hub.registry;
  const model = found(
    await models.get(digest, { catalogue: c.req.query("catalogue") }),
    "the bundle",
    digest,
  );
  const { catalogue } = model;
  const [[evaluation], { labels: known }] = await Promise.all([
    models.evaluations(digest, { catalogue }),
    labels.list(catalogue),
  ]);
  const query = readQuery(c), offset = query.offset ?? 0;
  const page = evaluation === undefined ? null : await goldProducts(hub, evaluation, {
    ...query,
    limit: PER_PAGE,
  });
  const names = new Map(known.map(({ code, name }) => [code, name]));
  const end = offset + PER_PAGE;
  const body = html`
    <section class="panel">${filterForm(c, catalogue, query, names)}</section>
    ${page === null
      ? html`<section class="panel">${emptyState(t.gone, t.goneText)}</section>`
      : page.total === 0
      ? html`<section class="panel">${emptyState(t.none, t.noneText)}</section>`
      : html`<p class="soft">${t.found(whole(page.total))}</p><ul class="products">${
        page.items.map((item) => product(c, catalogue, item, names))
      }</ul>${pager(c, page.total > end ? String(end) : null)}`}
  `;
  return await respondWithPage(c, {
    title: t.title,
    section: "/models",
    catalogue,
    parent: {
      href: `/models/${digest}?catalogue=${encodeURIComponent(catalogue)}`,
      name: t.model(short(digest)),
    },
    body,
  });
}

function readQuery(c: HubContext): GoldQuery {
  const text = (name: string) => c.req.query(name) || undefined;
  const wrong = c.req.query("wrong"), offset = Number(c.req.query("cursor") ?? 0);
  return {
    code: text("code"),
    predicted: text("predicted"),
    wrong: wrong === "true" ? true : wrong === "false" ? false : undefined,
    offset: Number.isInteger(offset) && offset > 0 ? offset : 0,
  };
}

function filterForm(
  c: HubContext,
  catalogue: string,
  query: GoldQuery,
  names: ReadonlyMap<string, string>,
): Html {
  const t = textsOf(c, TEXTS);
  const option = (value: string, name: string, chosen: boolean) =>
    html`
      <option value="${value}" ${chosen
        ? html`
          selected
        `
        : ""}>${name}</option>
    `;
  const codes = (id: "code" | "predicted", label: string) => {
    const chosen = query[id];
    const all = chosen === undefined || names.has(chosen)
      ? [...names.keys()]
      : [chosen, ...names.keys()];
    return html`<div><label for="${id}">${label}</label><select id="${id}" name="${id}">${
      option("", t.any, chosen === undefined)
    }${all.map((code) => option(code, namedCode(names, code), code === chosen))}</select></div>`;
  };
  const { wrong } = query;
  return html`<form method="get" class="row" data-autosubmit>
<input type="hidden" name="catalogue" value="${catalogue}">
${codes("code", t.truth)}${codes("predicted", t.guess)}
<div><label for="wrong">${t.which}</label><select id="wrong" name="wrong">${
    option("", t.all, wrong === undefined)
  }${option("true", t.wrong, wrong === true)}${
    option("false", t.right, wrong === false)
  }</select></div>
<button>${t.show}</button></form>`;
}

function product(
  c: HubContext,
  catalogue: string,
  item: GoldProduct,
  names: ReadonlyMap<string, string>,
): Html {
  const t = textsOf(c, TEXTS), { id, code, predicted, confidence } = item;
  const right = code === predicted;
  return html`
    <li
      class="panel product">${pictureOf(
        catalogue,
        item.picture,
      )}<div><p><strong>${item.designation ?? id}</strong> <small class="soft">${id}</small></p>
    ${item.designation === null
      ? html`<p class="soft">${t.unknownText}</p>`
      : item.description === null || item.description === ""
      ? ""
      : html`<p class="words">${item.description}</p>`}
    <dl class="facts"><dt>${t.truth}</dt><dd>${namedCode(names, code)}</dd>
    <dt>${t.guess}</dt><dd>${stateBadge(c, right ? "right" : "wrong")} ${right
      ? ""
      : namedCode(names, predicted)}</dd>
    <dt>${t.confidence}</dt><dd>${percent(confidence)}</dd></dl></div></li>
  `;
}
