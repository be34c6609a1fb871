/**
 * One bundle: what it is, the gate's verdict, classes and their confusions, calibration, thresholds.
 *
 * @module
 */
import { html } from "hono/html";
import { found } from "../../api/catalogue_lookup.ts";
import type { HubContext } from "../../api/context.ts";
import { fullEvaluation } from "../../api/gold_products.ts";
import type { AliasState } from "../../registry/aliases.ts";
import type { Model } from "../../registry/models.ts";
import { classTable } from "../class_table.ts";
import { confusionMatrix } from "../confusion_matrix.ts";
import { bytes, figure, type Html, short, time } from "../format.ts";
import { textsOf } from "../language.ts";
import { respondWithPage } from "../layout.ts";
import { reliabilityChart } from "../model_charts.ts";
import { picturePanel } from "../picture_panel.ts";
import { promoteForm } from "../release_forms.ts";
import { asList, asRecord } from "../stored_json.ts";
import { table } from "../tables.ts";
import { thresholdPanel } from "../threshold_panel.ts";
import { verdictPanel } from "../verdict_panel.ts";
import { rolesOf } from "./models.ts";

export const TEXTS = {
  en: {
    title: (version: number, digest: string) => `Model ${version} · ${digest}`,
    models: "Models",
    bundle: "Bundle",
    digest: "Digest",
    is: "Is",
    noAlias: "none of the aliases",
    packed: "Packed",
    kind: "Kind",
    run: "Run",
    data: "Data",
    more: "More",
    card: "model card",
    lineage: "lineage, both ways",
    gold: "every gold product with its guess",
    tryIt: "try it",
    classes: "Classes",
    gate: "Gate",
    figures: "On gold rows",
    figure: "Figure",
    value: "Value",
    notEvaluated: "Not evaluated yet.",
    byClass: "By class",
    confusions: "What is taken for what",
    calibration: "How far its confidence can be believed",
    reliability: (ece: string) => `Confidence against what came true (expected error ${ece})`,
    confidence: "Confidence",
    believed:
      "A dot above the line: more was right than it said. Larger dots stand on more products.",
    noDetails: "The evaluation in full is not here any more, or of another version.",
  },
  fr: {
    title: (version: number, digest: string) => `Modèle ${version} · ${digest}`,
    models: "Modèles",
    bundle: "Modèle",
    digest: "Empreinte",
    is: "Rôle",
    noAlias: "aucun alias",
    packed: "Empaqueté",
    kind: "Type",
    run: "Entraînement",
    data: "Données",
    more: "Plus",
    card: "fiche du modèle",
    lineage: "filiation, dans les deux sens",
    gold: "chaque produit gold avec sa réponse",
    tryIt: "l’essayer",
    classes: "Classes",
    gate: "Contrôle",
    figures: "Sur les produits gold",
    figure: "Mesure",
    value: "Valeur",
    notEvaluated: "Pas encore évalué.",
    byClass: "Par classe",
    confusions: "Ce qui est pris pour quoi",
    calibration: "Jusqu’où croire sa confiance",
    reliability: (ece: string) => `Confiance contre réalité (erreur attendue ${ece})`,
    confidence: "Confiance",
    believed:
      "Un point au-dessus de la ligne : plus de réponses justes qu’annoncé. Les grands points portent plus de produits.",
    noDetails: "L’évaluation complète n’est plus ici, ou d’une autre version.",
  },
};

/** Answers `/models/:digest`. */
export async function modelPage(c: HubContext): Promise<Response> {
  const hub = c.get("hub"), digest = c.req.param("digest")!, t = textsOf(c, TEXTS);
  const asked = c.req.query("catalogue");
  const { models, aliases, labels } = hub.registry;
  const model = found(await models.get(digest, { catalogue: asked }), "the bundle", digest);
  const { catalogue } = model;
  const [[evaluation], [verdict], state, labelList] = await Promise.all([
    models.evaluations(digest, { catalogue }),
    models.verdicts(digest, { catalogue }),
    aliases.get(catalogue),
    labels.list(catalogue),
  ]);
  const full = evaluation === undefined ? null : await fullEvaluation(hub, evaluation.blob);
  const manifest = asRecord(model.manifest);
  const names = new Map(labelList.labels.map(({ code, name }) => [code, name]));
  const details = full === null
    ? html`
      <section class="panel">
        <p class="soft">${evaluation === undefined ? t.notEvaluated : t.noDetails}</p>
      </section>
    `
    : html`
      <section class="panel" id="classes"><h2>${t.byClass}</h2>${classTable(
        c,
        model,
        full,
        names,
      )}</section>
      <section class="panel" id="confusions"><h2>${t.confusions}</h2>${confusionMatrix(
        c,
        model,
        full,
        names,
      )}</section>
      <div class="grid">
        <section class="panel"><h2>${t.calibration}</h2>${reliabilityChart(full.calibration.bins, {
          caption: t.reliability(figure(full.calibration.ece)),
          x: t.confidence,
          y: t.believed,
        })}</section>
        ${thresholdPanel(c, full.predictions, manifest)}
      </div>
    `;
  const body = html`
    <div class="grid">
      <section class="panel"><h2>${t.bundle}</h2>${facts(c, model, state, names)}${promoteForm(
        c,
        state,
        { digest, accepted: verdict?.accept ?? false },
      )}</section>
      <section class="panel"><h2>${t.gate}</h2>${await verdictPanel(c, verdict)}</section>
    </div>
    ${picturePanel(c, evaluation?.metrics ?? {}, manifest)}
    ${details}
    <section class="panel"><h2>${t.figures}</h2>${table(
      [t.figure, { number: t.value }],
      Object.entries(evaluation?.metrics ?? {}).map(([name, value]) =>
        html`
          <tr>
            <td>${name}</td>
            <td class="number">${figure(value)}</td>
          </tr>
        `
      ),
      t.notEvaluated,
    )}</section>
  `;
  return await respondWithPage(c, {
    title: t.title(model.version, short(digest)),
    section: "/models",
    catalogue,
    parent: { href: `/models?catalogue=${encodeURIComponent(catalogue)}`, name: t.models },
    scripts: ["threshold.js"],
    body,
  });
}

function facts(
  c: HubContext,
  model: Model,
  aliases: AliasState,
  names: ReadonlyMap<string, string>,
): Html {
  const t = textsOf(c, TEXTS), { digest, catalogue, runId, dataset } = model;
  const manifest = asRecord(model.manifest);
  const classes = asList(manifest["classes"]).map(String);
  const at = `catalogue=${encodeURIComponent(catalogue)}`;
  return html`
    <dl class="facts">
      <dt>${t.digest}</dt>
      <dd><code>${digest}</code></dd>
      <dt>${t.is}</dt>
      <dd>${rolesOf(c, aliases, digest) || t.noAlias}</dd>
      <dt>${t.packed}</dt>
      <dd>${time(model.createdAt)}, ${bytes(model.sizeBytes)}</dd>
      <dt>${t.kind}</dt>
      <dd>${String(manifest["kind"] ?? "–")}</dd>
      <dt>${t.run}</dt>
      <dd>${runId === null
        ? "–"
        : html`<a href="/runs/${encodeURIComponent(runId)}">${short(runId)}</a>`}</dd>
      <dt>${t.data}</dt>
      <dd>${dataset === null
        ? "–"
        : html`<a href="/data?${at}"><code>${short(dataset)}</code></a>`}</dd>
      <dt>${t.more}</dt>
      <dd><a href="/models/${digest}/card?${at}">${t.card}</a>,
    <a href="/lineage?${at}&amp;kind=bundle&amp;id=${digest}">${t.lineage}</a>,
    <a href="/models/${digest}/gold?${at}">${t.gold}</a>,
    <a href="/try?${at}&amp;bundle=${digest}">${t.tryIt}</a></dd>
      <dt>${t.classes}</dt>
      <dd>
        <details><summary>${classes.length}</summary>${classes.map((code) => namedCode(names, code))
          .join(", ")}</details>
      </dd>
    </dl>
  `;
}

/** A code with its name, where it has one. */
export function namedCode(names: ReadonlyMap<string, string>, code: string): string {
  const name = names.get(code);
  return name === undefined || name === code ? code : `${code} ${name}`;
}
