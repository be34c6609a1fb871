/**
 * What people ask first: how much can be accepted automatically, by which model, and since when.
 *
 * @module
 */
import { html } from "hono/html";
import type { HubContext } from "../api/context.ts";
import type { AliasChange, AliasState } from "../registry/aliases.ts";
import { figure, type Html, percent, time, whole } from "./format.ts";
import { textsOf } from "./language.ts";
import { rollbackForm } from "./release_forms.ts";
import { asList, asRecord } from "./stored_json.ts";
import { askedBy, bundleLink } from "./tables.ts";

export const TEXTS = {
  en: {
    champion: "Champion",
    acceptAt: (precision: string) =>
      `of products can be accepted automatically at ${precision} precision`,
    unknown: "How much can be accepted automatically is not known for this bundle.",
    auto: "automatic",
    review: "to review",
    measured: (achieved: string, rows: string) =>
      `On ${rows} products that never trained, ${achieved} of what it accepts is right.`,
    out: "As fitted on held-out products.",
    since: "Since",
    by: "promoted by",
    none: "No champion yet",
    noneText: "Edges answer 503 until the gate accepts a bundle.",
    f1: "Weighted F1",
    accuracy: "Accuracy",
    macro: "Macro F1",
    gold: "Gold rows",
  },
  fr: {
    champion: "Champion",
    acceptAt: (precision: string) =>
      `des produits peuvent être acceptés automatiquement à ${precision} de précision`,
    unknown: "La part acceptable automatiquement n’est pas connue pour ce modèle.",
    auto: "automatique",
    review: "à relire",
    measured: (achieved: string, rows: string) =>
      `Sur ${rows} produits jamais appris, ${achieved} de ce qu’il accepte est juste.`,
    out: "Ajusté sur des produits mis de côté.",
    since: "Depuis le",
    by: "promu par",
    none: "Pas encore de champion",
    noneText: "Les nœuds répondent 503 tant qu’aucun modèle n’est accepté.",
    f1: "F1 pondéré",
    accuracy: "Exactitude",
    macro: "F1 macro",
    gold: "Lignes gold",
  },
};

/** What a bundle accepts by itself. */
export interface Acceptance {
  /** The precision that was asked for. */
  readonly precision: number;
  /** Share of all products that is accepted. */
  readonly share: number;
  /** Share of the accepted ones that is right, on gold rows; null where it was not judged there. */
  readonly achieved: number | null;
}

/** From the evaluation on gold rows where there is one, else from the thresholds that travel in the bundle. */
export function acceptanceOf(
  metrics: Readonly<Record<string, number | null>>,
  manifest: unknown,
): Acceptance | null {
  const record = asRecord(manifest);
  const asked = asRecord(record["decision"])["autoPrecision"];
  const precision = typeof asked === "number" ? asked : 0.95;
  const name = String(Math.round(precision * 1000) / 10);
  const share = metrics[`coverageAt${name}`];
  if (typeof share === "number") {
    return { precision, share, achieved: metrics[`precisionAt${name}`] ?? null };
  }
  const threshold = asList(record["thresholds"]).map(asRecord)
    .find((each) => each["precision"] === precision);
  const coverage = threshold?.["coverage"];
  return typeof coverage === "number" ? { precision, share: coverage, achieved: null } : null;
}

/** The panel over the first page. */
export async function headline(
  c: HubContext,
  aliases: AliasState,
  history: readonly AliasChange[],
): Promise<Html> {
  const t = textsOf(c, TEXTS), { registry } = c.get("hub");
  const { catalogue, champion } = aliases;
  if (champion === null) {
    return html`
      <section class="panel hero" id="champion" data-live>
        <h2>${t.none}</h2>
        <p class="soft">${t.noneText}</p>
      </section>
    `;
  }
  const [[evaluation], model] = await Promise.all([
    registry.models.evaluations(champion, { catalogue }),
    registry.models.get(champion, { catalogue }),
  ]);
  const metrics = evaluation?.metrics ?? {};
  const accepted = acceptanceOf(metrics, model?.manifest);
  const crowned = history.find((change) =>
    change.kind !== "challenger" && change.champion === champion
  );
  const precise = (share: number) => `${figure(Number((share * 100).toFixed(1)))}\u00a0%`;
  return html`
    <section class="panel hero" id="champion" data-live>
      <div>
        ${accepted === null ? html`<p>${t.unknown}</p>` : html`
          <p class="headline"><strong>${percent(accepted.share)}</strong> ${t.acceptAt(
            precise(accepted.precision),
          )}</p>${shareBar(accepted.share, t)}<p
            class="soft">${accepted.achieved === null
              ? t.out
              : t.measured(percent(accepted.achieved), whole(metrics["goldRows"] ?? 0))}</p>
        `}
      </div>
      <div>
        <h2>${t.champion} ${bundleLink(champion, catalogue)}</h2>
        <p class="soft">${crowned === undefined
          ? ""
          : html`${t.since} ${time(crowned.at)}, ${t.by} ${askedBy(crowned.by)}`}</p>
        <dl class="tiles">
          <div><dt>${t.f1}</dt><dd>${percent(metrics["weightedF1"])}</dd></div>
          <div><dt>${t.accuracy}</dt><dd>${percent(metrics["accuracy"])}</dd></div>
          <div><dt>${t.macro}</dt><dd>${percent(metrics["macroF1"])}</dd></div>
          <div><dt>${t.gold}</dt><dd>${metrics["goldRows"] == null
            ? "–"
            : whole(metrics["goldRows"])}</dd></div>
        </dl>
        ${rollbackForm(c, aliases)}
      </div>
    </section>
  `;
}

/** Accepted against the rest, as one bar. */
function shareBar(share: number, t: { readonly auto: string; readonly review: string }): Html {
  const width = (share * 100).toFixed(1);
  return html`
    <svg class="accepted" viewBox="0 0 100 4" preserveAspectRatio="none" role="img"
      aria-label="${percent(share)} ${t.auto}, ${percent(1 - share)} ${t.review}">
      <rect class="track" width="100" height="4" rx="0.6" />
      <rect class="bar" width="${width}" height="4" rx="0.6" />
    </svg>
    <p class="ends"><span>${t.auto}</span><span>${t.review}</span></p>
  `;
}
