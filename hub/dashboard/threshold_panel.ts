/**
 * What each threshold of confidence would accept, and how much of that is right: a slider over a table.
 *
 * The table is whole without scripts; `threshold.js` puts a slider before it that reads its rows.
 *
 * @module
 */
import { html } from "hono/html";
import { wilson } from "@aisle/shared/stats";
import type { HubContext } from "../api/context.ts";
import type { GoldPrediction } from "../evaluation/evaluation.ts";
import { figure, fixed, type Html, percent } from "./format.ts";
import { textsOf } from "./language.ts";
import { asRecord } from "./stored_json.ts";
import { table } from "./tables.ts";

export const TEXTS = {
  en: {
    title: "How much can be accepted automatically",
    slider: "Accept from this confidence",
    inUse: (confidence: string, precision: string) =>
      `In use: from ${confidence}, for ${precision} precision.`,
    never: (precision: string) =>
      `In use: nothing is accepted, as no confidence reached ${precision} precision.`,
    from: "From",
    coverage: "Accepted",
    precision: "Right",
    interval: "95 % interval",
    all: "Every threshold",
    none: "No gold product was scored.",
  },
  fr: {
    title: "Ce qui peut être accepté automatiquement",
    slider: "Accepter à partir de cette confiance",
    inUse: (confidence: string, precision: string) =>
      `En service : à partir de ${confidence}, pour ${precision} de précision.`,
    never: (precision: string) =>
      `En service : rien n’est accepté, aucune confiance n’ayant atteint ${precision} de précision.`,
    from: "À partir de",
    coverage: "Accepté",
    precision: "Juste",
    interval: "intervalle à 95 %",
    all: "Tous les seuils",
    none: "Aucun produit gold n’a été évalué.",
  },
};

/** What a threshold would do on gold products. */
export interface ThresholdRow {
  readonly threshold: number;
  readonly coverage: number;
  /** Null where nothing would be accepted. */
  readonly precision: number | null;
  readonly low: number;
  readonly high: number;
}

/** A row for each percent of confidence. */
export function thresholdRows(
  predictions: readonly Pick<GoldPrediction, "code" | "predicted" | "confidence">[],
): ThresholdRow[] {
  const accepted = new Array<number>(101).fill(0), right = new Array<number>(101).fill(0);
  for (const { code, predicted, confidence } of predictions) {
    // A little more, so that 0.29 * 100 = 28.999999999999996 is 29.
    const percent = Math.min(100, Math.floor(confidence * 100 + 1e-9));
    accepted[percent]!++;
    if (code === predicted) right[percent]!++;
  }
  for (let p = 99; p >= 0; p--) {
    accepted[p]! += accepted[p + 1]!;
    right[p]! += right[p + 1]!;
  }
  return accepted.map((count, p) => {
    const { value, low, high } = wilson(right[p]!, count);
    const coverage = predictions.length === 0 ? 0 : count / predictions.length;
    return { threshold: p / 100, coverage, precision: count === 0 ? null : value, low, high };
  });
}

/** The panel. */
export function thresholdPanel(
  c: HubContext,
  predictions: readonly Pick<GoldPrediction, "code" | "predicted" | "confidence">[],
  manifest: Readonly<Record<string, unknown>>,
): Html {
  const t = textsOf(c, TEXTS), decision = asRecord(manifest["decision"]);
  const used = decision["confidence"], wanted = decision["autoPrecision"];
  const goal = typeof wanted === "number" ? percent(wanted) : "–";
  const start = typeof used === "number" ? Math.round(used * 100) : 90;
  const rows = predictions.length === 0 ? [] : thresholdRows(predictions);
  return html`<section class="panel" id="thresholds"><h2>${t.title}</h2>${
    used === undefined
      ? ""
      : html`<p>${typeof used === "number" ? t.inUse(figure(used), goal) : t.never(goal)}</p>`
  }
<div data-slider="threshold-table" data-start="${start}" hidden>
<label for="threshold">${t.slider}</label>
<input id="threshold" type="range" min="0" max="100" step="1">
<dl class="tiles" aria-live="polite">
<div><dt>${t.from}</dt><dd data-cell="0"></dd></div>
<div><dt>${t.coverage}</dt><dd data-cell="1"></dd></div>
<div><dt>${t.precision}</dt><dd data-cell="2"></dd></div>
<div><dt>${t.interval}</dt><dd data-cell="3"></dd></div></dl></div>
<details open id="threshold-table"><summary>${t.all}</summary><div class="tall">${
    table(
      [{ number: t.from }, { number: t.coverage }, { number: t.precision }, { number: t.interval }],
      rows.map(({ threshold, coverage, precision, low, high }) =>
        html`
          <tr>
            <td class="number">${fixed(threshold, 2)}</td>
            <td class="number">${percent(coverage)}</td>
            <td class="number">${percent(precision)}</td>
            <td class="number">${precision === null
              ? "–"
              : `${percent(low)} – ${percent(high)}`}</td>
          </tr>
        `
      ),
      t.none,
    )
  }</div></details></section>`;
}
