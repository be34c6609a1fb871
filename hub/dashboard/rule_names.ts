/**
 * What the gate's rules are called on the pages. The sentences beside them are the verdict's own, which stays English.
 *
 * @module
 */
import type { HubContext } from "../api/context.ts";
import { textsOf } from "./language.ts";

export const TEXTS = {
  en: {
    "candidate-sane": "Figures of the candidate",
    "champion-sane": "Figures of the champion",
    "no-leak": "No gold row was learned",
    "champion-no-leak": "No gold row was learned by the champion",
    "same-gold": "Same gold rows",
    "better-than-majority": "Better than the largest class",
    "enough-rows": "Enough gold rows",
    "not-inferior": "No loss",
    "gain": "Gain",
    "significance": "Significance",
    "class-recall": "Recall by class",
    "calibration": "Calibration",
    "latency": "Latency",
    "thresholds-hold": "Thresholds",
    "one-source": "More than one source",
    "cascade-loss": "Pictures left unread",
    "pictures-pay": "Gain by pictures",
    "runtimes-agree": "Same answers on an edge",
  },
  fr: {
    "candidate-sane": "Chiffres du candidat",
    "champion-sane": "Chiffres du champion",
    "no-leak": "Aucune ligne gold apprise",
    "champion-no-leak": "Aucune ligne gold apprise par le champion",
    "same-gold": "Mêmes lignes gold",
    "better-than-majority": "Mieux que la plus grande classe",
    "enough-rows": "Assez de lignes gold",
    "not-inferior": "Pas de perte",
    "gain": "Gain",
    "significance": "Significativité",
    "class-recall": "Rappel par classe",
    "calibration": "Calibrage",
    "latency": "Latence",
    "thresholds-hold": "Seuils",
    "one-source": "Plus d’une source",
    "cascade-loss": "Images non lues",
    "pictures-pay": "Apport des images",
    "runtimes-agree": "Mêmes réponses sur un nœud",
  },
};

/** The name of the rule `id`; the id itself where it has none, as in verdicts of another version. */
export function ruleName(c: HubContext, id: string): string {
  const names: Readonly<Record<string, string>> = textsOf(c, TEXTS);
  return Object.hasOwn(names, id) ? names[id]! : id;
}
