/**
 * How often users agreed, by champion, and how much feedback waits to train.
 *
 * @module
 */
import { html } from "hono/html";
import type { HubContext } from "../api/context.ts";
import type { AliasChange } from "../registry/aliases.ts";
import { shareChart, type ShareRow } from "./charts.ts";
import { type Html, percent, short, whole } from "./format.ts";
import { textsOf } from "./language.ts";
import { soon } from "./patience.ts";
import { stillReading } from "./product_list.ts";

export const TEXTS = {
  en: {
    title: "Feedback",
    agreed: "Users agreed",
    between: (low: string, high: string) => `${low} to ${high}`,
    records: "Records",
    waiting: "Waiting to train",
    of: (n: string) => `of ${n}`,
    until: "Feedback until a retrain starts",
    chart: "Share of answers that users confirmed, by champion (newest first), with 95 % intervals",
    note: (share: string, n: string) => `${share} of ${n}`,
  },
  fr: {
    title: "Retours",
    agreed: "Confirmés",
    between: (low: string, high: string) => `de ${low} à ${high}`,
    records: "Retours reçus",
    waiting: "En attente d’apprentissage",
    of: (n: string) => `sur ${n}`,
    until: "Retours avant un réentraînement",
    chart:
      "Part des réponses confirmées, par champion (le plus récent d’abord), intervalles à 95 %",
    note: (share: string, n: string) => `${share} de ${n}`,
  },
};

/** Champions whose feedback is compared. */
const COMPARED = 4;

/** The panel; where there is very much feedback it comes a moment later. */
export async function feedbackTiles(
  c: HubContext,
  catalogue: string,
  history: readonly AliasChange[],
): Promise<Html> {
  const t = textsOf(c, TEXTS);
  const shown = await soon(tiles(c, catalogue, history));
  return html`<section class="panel" id="feedback" data-live><h2>${t.title}</h2>${
    shown ?? stillReading(c)
  }</section>`;
}

async function tiles(
  c: HubContext,
  catalogue: string,
  history: readonly AliasChange[],
): Promise<Html> {
  const t = textsOf(c, TEXTS), { registry: { feedback }, params } = c.get("hub");
  const champions = [
    ...new Set(
      history.flatMap((h) => (h.kind === "challenger" || h.champion === null ? [] : [h.champion])),
    ),
  ].slice(0, COMPARED);
  const [stats, fresh, ...each] = await Promise.all([
    feedback.stats(catalogue),
    feedback.countNew(catalogue),
    ...champions.map((digest) => feedback.stats(catalogue, { digest })),
  ]);
  const rows = each.flatMap(({ n, interval }, i): ShareRow[] =>
    n === 0 ? [] : [{
      name: short(champions[i]!),
      value: interval.value,
      low: interval.low,
      high: interval.high,
      note: t.note(percent(interval.value), whole(n)),
    }]
  );
  const wanted = params.inspection.minRows, { interval } = stats;
  return html`
    <dl class="tiles">
      <div>
        <dt>${t.agreed}</dt>
        <dd>${stats.n === 0
          ? "–"
          : html`${percent(interval.value)} <small>${
            t.between(percent(interval.low), percent(interval.high))
          }</small>`}</dd>
      </div>
      <div>
        <dt>${t.records}</dt>
        <dd>${whole(stats.joined + stats.unjoined)}</dd>
      </div>
      <div>
        <dt>${t.waiting}</dt>
        <dd>${whole(fresh.rows)} <small>${t.of(whole(wanted))}</small></dd>
      </div>
    </dl>
    <progress max="${wanted}" value="${Math.min(fresh.rows, wanted)}" aria-label="${t
      .until}"></progress>
    ${shareChart(rows, t.chart)}
  `;
}
