/**
 * A model's card: what it is for, what it learned from, how well it does, what it cannot do.
 *
 * @module
 */
import { html } from "hono/html";
import type { HubContext } from "../../api/context.ts";
import { readModelCard } from "../../api/model_cards.ts";
import type { ModelCard } from "../../cards/model_card.ts";
import { bytes, figure, type Html, percent, short, time, whole } from "../format.ts";
import { textsOf } from "../language.ts";
import { respondWithPage } from "../layout.ts";
import { stateBadge } from "../states.ts";
import { table } from "../tables.ts";

export const TEXTS = {
  en: {
    title: (name: string, version: number) => `${name}, version ${version}`,
    model: (digest: string) => `Model ${digest}`,
    markdown: "as Markdown",
    use: "Intended use",
    limits: "Limits",
    signature: "What goes in and comes out",
    name: "Name",
    type: "Type",
    meaning: "Meaning",
    in: "in",
    out: "out",
    example: "Example",
    data: "Data",
    noData: "The data version is not known here.",
    rows: "Products",
    fromUsers: "of them from users",
    setAside: "set aside",
    version: "Version",
    figures: "Figures",
    noFigures: "Never judged on gold rows.",
    gold: "Gold products",
    accuracy: "Accuracy",
    weightedF1: "Weighted F1",
    macroF1: "Macro F1",
    automatic: (precision: string) => `Accepted at ${precision} precision`,
    latency: "Latency, median",
    class: "Class",
    precision: "Precision",
    recall: "Recall",
    byClass: "By class",
    verdict: "Verdict",
    made: "Made",
  },
  fr: {
    title: (name: string, version: number) => `${name}, version ${version}`,
    model: (digest: string) => `Modèle ${digest}`,
    markdown: "en Markdown",
    use: "Usage prévu",
    limits: "Limites",
    signature: "Ce qui entre et ce qui sort",
    name: "Nom",
    type: "Type",
    meaning: "Sens",
    in: "entrée",
    out: "sortie",
    example: "Exemple",
    data: "Données",
    noData: "La version des données n’est pas connue ici.",
    rows: "Produits",
    fromUsers: "dont venus d’utilisateurs",
    setAside: "mis de côté",
    version: "Version",
    figures: "Mesures",
    noFigures: "Jamais jugé sur des produits gold.",
    gold: "Produits gold",
    accuracy: "Exactitude",
    weightedF1: "F1 pondéré",
    macroF1: "F1 macro",
    automatic: (precision: string) => `Accepté à ${precision} de précision`,
    latency: "Latence, médiane",
    class: "Classe",
    precision: "Précision",
    recall: "Rappel",
    byClass: "Par classe",
    verdict: "Verdict",
    made: "Fabriqué",
  },
};

/** Answers `/models/:digest/card`. */
export async function modelCardPage(c: HubContext): Promise<Response> {
  const t = textsOf(c, TEXTS), digest = c.req.param("digest")!;
  const card = await readModelCard(c.get("hub"), digest, c.req.query("catalogue"));
  const { model, verdict } = card, { catalogue } = model;
  const at = `catalogue=${encodeURIComponent(catalogue)}`;
  const sentences = (list: readonly string[]) => list.map((sentence) => html`<li>${sentence}</li>`);
  const body = html`
    <p><a href="/api/v1/models/${digest}/card.md?${at}">${t.markdown}</a></p>
    <div class="grid">
      <section class="panel">
        <h2>${t.use}</h2>
        <ul>${sentences(card.intendedUse)}</ul>
        <dl class="facts"><dt>${t.made}</dt><dd>${time(model.createdAt)}, ${bytes(
          model.sizeBytes,
        )}</dd>${verdict === null ? "" : html`
          <dt>${t.verdict}</dt>
          <dd>${stateBadge(c, verdict.accept ? "accepted" : "refused")}</dd>
        `}</dl>
      </section>
      <section class="panel">
        <h2>${t.limits}</h2>
        <ul>${sentences(card.limits)}</ul>
      </section>
      <section class="panel"><h2>${t.data}</h2>${data(t, card)}</section>
      <section class="panel"><h2>${t.figures}</h2>${figures(t, card)}</section>
    </div>
    <section class="panel"><h2>${t.signature}</h2>${signature(t, card)}</section>
    <section class="panel"><h2>${t.byClass}</h2>${table(
      [t.class, { number: t.gold }, { number: t.precision }, { number: t.recall }],
      card.classes.map(({ code, name, goldRows, precision, recall }) =>
        html`
          <tr>
            <td>${code}${name === code ? "" : ` ${name}`}</td>
            <td class="number">${whole(goldRows)}</td>
            <td class="number">${percent(precision)}</td>
            <td class="number">${percent(recall)}</td>
          </tr>
        `
      ),
      t.noFigures,
    )}</section>
  `;
  return await respondWithPage(c, {
    title: t.title(model.title, model.version),
    section: "/models",
    catalogue,
    parent: { href: `/models/${digest}?${at}`, name: t.model(short(digest)) },
    body,
  });
}

type T = ReturnType<typeof textsOf<typeof TEXTS.en>>;

function data(t: T, { data }: ModelCard): Html {
  if (data === null) return html`<p class="soft">${t.noData}</p>`;
  return html`
    <dl class="facts">
      <dt>${t.version}</dt>
      <dd><code>${short(data.digest)}</code></dd>
      <dt>${t.rows}</dt>
      <dd>${whole(data.rows)}</dd>
      <dt>${t.fromUsers}</dt>
      <dd>${whole(data.feedback)}</dd>
      <dt>${t.setAside}</dt>
      <dd>${whole(data.setAside)}</dd>
    </dl>
  `;
}

function figures(t: T, { metrics }: ModelCard): Html {
  if (metrics === null) return html`<p class="soft">${t.noFigures}</p>`;
  return html`
    <dl
      class="facts"><dt>${t.gold}</dt><dd>${whole(
        metrics.goldRows,
      )}</dd>${(["weightedF1", "accuracy", "macroF1"] as const).map((name) => {
        const { low, high } = metrics.intervals[name];
        return html`
          <dt>${t[name]}</dt>
          <dd>${percent(metrics.scores[name])} [${percent(low)} – ${percent(high)}]</dd>
        `;
      })}${metrics.automatic.map(({ precision, coverage }) =>
        html`
          <dt>${t.automatic(percent(precision))}</dt>
          <dd>${percent(coverage)}</dd>
        `
      )}<dt>${t.latency}</dt><dd>${figure(metrics.latency.p50Ms)} ms</dd></dl>
  `;
}

function signature(t: T, { signature }: ModelCard): Html {
  const { inputs, outputs, example } = signature;
  const rows = (fields: typeof inputs, way: string) =>
    fields.map(({ name, type, meaning }) =>
      html`
        <tr>
          <td>${way}</td>
          <td><code>${name}</code></td>
          <td>${type}</td>
          <td class="long">${meaning}</td>
        </tr>
      `
    );
  return html`${
    table(["", t.name, t.type, t.meaning], [...rows(inputs, t.in), ...rows(outputs, t.out)], "")
  }${
    example === null ? "" : html`
      <p>${t.example}</p>
      <pre tabindex="0">${JSON.stringify(example, null, 2)}</pre>
    `
  }`;
}
