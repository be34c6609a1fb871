/**
 * A verdict of the gate: what the candidate gains over the champion, and every rule with its numbers.
 *
 * @module
 */
import { html } from "hono/html";
import type { HubContext } from "../api/context.ts";
import { fullVerdict } from "../api/gold_products.ts";
import type { VerdictRecord } from "../registry/models.ts";
import { figure, type Html, time } from "./format.ts";
import { languageOf, textsOf } from "./language.ts";
import { gainChart, points } from "./model_charts.ts";
import { stateBadge } from "./states.ts";
import { readRules, type ShownRule } from "./stored_json.ts";
import { ruleName } from "./rule_names.ts";
import { bundleLink, table } from "./tables.ts";

export const TEXTS = {
  en: {
    notJudged: "Not judged yet.",
    alone: "with no champion to beat",
    against: "against",
    report: "report with plots",
    accuracy: "Accuracy",
    weightedF1: "Weighted F1",
    macroF1: "Macro F1",
    gains: (rows: number) =>
      `Candidate minus champion in points, on the same ${rows} gold products, with 95 % intervals`,
    mcnemar: (ours: number, theirs: number, p: string) =>
      `Right where the other is wrong: candidate ${ours}, champion ${theirs} (McNemar’s p = ${p}).`,
    numbers: "The numbers of every rule",
  },
  fr: {
    notJudged: "Pas encore jugé.",
    alone: "sans champion à battre",
    against: "contre",
    report: "rapport avec graphiques",
    accuracy: "Exactitude",
    weightedF1: "F1 pondéré",
    macroF1: "F1 macro",
    gains: (rows: number) =>
      `Candidat moins champion en points, sur les mêmes ${rows} produits gold, intervalles à 95 %`,
    mcnemar: (ours: number, theirs: number, p: string) =>
      `Juste là où l’autre se trompe : candidat ${ours}, champion ${theirs} (McNemar p = ${p}).`,
    numbers: "Les chiffres de chaque règle",
  },
};

/** The newest verdict; a sentence where there is none. */
export async function verdictPanel(
  c: HubContext,
  verdict: VerdictRecord | undefined,
): Promise<Html> {
  const t = textsOf(c, TEXTS), hub = c.get("hub");
  if (verdict === undefined) return html`<p class="soft">${t.notJudged}</p>`;
  const full = await fullVerdict(hub, verdict.blob);
  const rules = full?.rules ?? await readRules(hub.blobs, verdict.blob);
  const { catalogue } = verdict;
  const comparison = full?.comparison ?? null;
  return html`<p>${stateBadge(c, verdict.accept ? "accepted" : "refused")} ${
    verdict.against === null
      ? t.alone
      : html`${t.against} ${bundleLink(verdict.against, catalogue)}`
  }, ${time(verdict.createdAt, "ago")}${
    verdict.htmlBlob === null ? "" : html`
      · <a href="/reports/${verdict.htmlBlob}">${t.report}</a>
    `
  }</p>
${
    comparison === null ? "" : html`${
      gainChart(
        (["weightedF1", "accuracy", "macroF1"] as const).map((name) => {
          const { value, low, high } = comparison.gains[name];
          const note = `${points(value)} [${points(low)}, ${points(high)}]`;
          return { name: t[name], value, low, high, note };
        }),
        t.gains(full!.rows),
      )
    }<p class="soft">${
      t.mcnemar(
        comparison.mcnemar.candidateOnly,
        comparison.mcnemar.championOnly,
        figure(comparison.mcnemar.p),
      )
    }</p>`
  }
<ul class="rules">${
    rules.map(({ id, ok, severity, message }) =>
      html`<li>${
        stateBadge(c, ok ? "ok" : severity === "warning" ? "warning" : "failed")
      } <strong>${ruleName(c, id)}</strong> <span${
        languageOf(c) === "en" ? "" : html`
          lang="en"
        `
      }>${message}</span></li>`
    )
  }</ul>${numbersOf(c, t.numbers, rules)}`;
}

/** The numbers that each rule looked at. */
function numbersOf(c: HubContext, title: string, rules: readonly ShownRule[]): Html | "" {
  const rows = rules.filter(({ numbers }) => Object.keys(numbers).length > 0);
  if (rows.length === 0) return "";
  return html`<details><summary>${title}</summary>${
    table(
      [],
      rows.map(({ id, numbers }) =>
        html`
          <tr>
            <th scope="row">${ruleName(c, id)}</th>
            <td class="long">${Object.entries(numbers).map(([name, value]) =>
              `${name} ${figure(value)}`
            ).join(", ")}</td>
          </tr>
        `
      ),
      "",
    )
  }</details>`;
}
