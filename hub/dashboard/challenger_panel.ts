/**
 * The bundle that was judged last and does not serve: its figures, what the gate said, and the button.
 *
 * @module
 */
import { html } from "hono/html";
import type { HubContext } from "../api/context.ts";
import type { AliasState } from "../registry/aliases.ts";
import { type Html, percent } from "./format.ts";
import { textsOf } from "./language.ts";
import { promoteForm } from "./release_forms.ts";
import { stateBadge } from "./states.ts";
import { readRules } from "./stored_json.ts";
import { bundleLink } from "./tables.ts";

export const TEXTS = {
  en: {
    challenger: "Challenger",
    f1: "Weighted F1",
    accuracy: "Accuracy",
    gate: "Gate:",
    notJudged: "not judged",
    report: "report",
  },
  fr: {
    challenger: "Prétendant",
    f1: "F1 pondéré",
    accuracy: "Exactitude",
    gate: "Contrôle :",
    notJudged: "pas encore jugé",
    report: "rapport",
  },
};

/** The panel; nothing while there is no other bundle than the champion. */
export async function challengerPanel(c: HubContext, aliases: AliasState): Promise<Html | ""> {
  const { catalogue, champion, challenger } = aliases;
  if (challenger === null || challenger === champion) return "";
  const t = textsOf(c, TEXTS), { registry, blobs } = c.get("hub");
  const [[evaluation], [verdict]] = await Promise.all([
    registry.models.evaluations(challenger, { catalogue }),
    registry.models.verdicts(challenger, { catalogue }),
  ]);
  const rules = verdict === undefined ? [] : await readRules(blobs, verdict.blob);
  return html`
    <section class="panel" id="challenger" data-live>
      <h2>${t.challenger} ${bundleLink(challenger, catalogue)}</h2>
      <dl class="tiles">
        <div><dt>${t.f1}</dt><dd>${percent(evaluation?.metrics["weightedF1"])}</dd></div>
        <div><dt>${t.accuracy}</dt><dd>${percent(evaluation?.metrics["accuracy"])}</dd></div>
      </dl>
      <p>${t.gate} ${verdict === undefined
        ? t.notJudged
        : stateBadge(c, verdict.accept ? "accepted" : "refused")}${verdict?.htmlBlob
        ? html`
          · <a href="/reports/${verdict.htmlBlob}">${t.report}</a>
        `
        : ""}</p>
      <ul class="rules">${rules.filter((rule) => !rule.ok).map((rule) =>
        html`<li>${
          stateBadge(c, rule.severity === "warning" ? "warning" : "failed")
        } ${rule.message}</li>`
      )}</ul>
      ${promoteForm(c, aliases, { digest: challenger, accepted: verdict?.accept ?? false })}
    </section>
  `;
}
