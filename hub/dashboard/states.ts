/**
 * States of jobs, runs, verdicts and feedback as badges, in the language of the page.
 *
 * @module
 */
import type { HubContext } from "../api/context.ts";
import { badge, type Html } from "./format.ts";
import { textsOf } from "./language.ts";

export const TEXTS = {
  en: {
    queued: "queued",
    running: "running",
    succeeded: "succeeded",
    failed: "failed",
    cancelled: "cancelled",
    lost: "lost",
    accepted: "accepted",
    refused: "refused",
    warning: "warning",
    ok: "ok",
    info: "info",
    error: "error",
    silent: "silent",
    behind: "behind",
    "up to date": "up to date",
    active: "active",
    merged: "merged",
    "set-aside": "set aside",
    new: "new",
    unjoined: "unjoined",
    quarantined: "quarantined",
    critical: "critical",
    auto: "automatic",
    review: "to review",
    right: "right",
    wrong: "wrong",
    champion: "champion",
    challenger: "challenger",
    pending: "waiting",
    revoked: "revoked",
    delivered: "delivered",
    expired: "expired",
  },
  fr: {
    queued: "en attente",
    running: "en cours",
    succeeded: "réussi",
    failed: "échoué",
    cancelled: "annulé",
    lost: "perdu",
    accepted: "accepté",
    refused: "refusé",
    warning: "attention",
    ok: "ok",
    info: "info",
    error: "erreur",
    silent: "muet",
    behind: "en retard",
    "up to date": "à jour",
    active: "active",
    merged: "fusionnée",
    "set-aside": "écarté",
    new: "nouveau",
    unjoined: "sans produit",
    quarantined: "en quarantaine",
    critical: "critique",
    auto: "automatique",
    review: "à relire",
    right: "juste",
    wrong: "faux",
    champion: "champion",
    challenger: "prétendant",
    pending: "en attente",
    revoked: "révoqué",
    delivered: "livré",
    expired: "expiré",
  },
};

/** A state as a badge; one without a translation shows as it is. */
export function stateBadge(
  c: HubContext,
  state: string,
  options: {
    readonly id?: string;
    readonly look?: "good" | "bad" | "warn" | undefined;
    readonly text?: string;
  } = {},
): Html {
  const words: Readonly<Record<string, string>> = textsOf(c, TEXTS);
  return badge(state, { text: words[state] ?? state, ...options });
}
