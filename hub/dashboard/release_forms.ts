/**
 * The buttons that change what edges serve.
 *
 * @module
 */
import { html } from "hono/html";
import type { HubContext } from "../api/context.ts";
import type { AliasState } from "../registry/aliases.ts";
import { type Html, short } from "./format.ts";
import { textsOf } from "./language.ts";
import { actionForm, mayChange } from "./layout.ts";

export const TEXTS = {
  en: {
    force: "If you know better than the gate:",
    promote: "Promote",
    promoteIt: (digest: string) => `Promote ${digest}`,
    why: "by hand, from the dashboard",
    sure: (digest: string, catalogue: string) => `Make ${digest} the champion of ${catalogue}?`,
    rollback: "Roll back",
    reason: "Reason, kept in the history",
    rollbackTo: (digest: string) => `Roll back to ${digest}`,
    rollbackSure: (digest: string) => `Serve ${digest} again from now on?`,
  },
  fr: {
    force: "Si vous en savez plus que le contrôle :",
    promote: "Promouvoir",
    promoteIt: (digest: string) => `Promouvoir ${digest}`,
    why: "à la main, depuis le tableau de bord",
    sure: (digest: string, catalogue: string) => `Faire de ${digest} le champion de ${catalogue} ?`,
    rollback: "Revenir en arrière",
    reason: "Motif, conservé dans l’historique",
    rollbackTo: (digest: string) => `Revenir à ${digest}`,
    rollbackSure: (digest: string) => `Servir de nouveau ${digest} dès maintenant ?`,
  },
};

/** Promotes a bundle that the gate accepted; says what else to do for one that it refused. */
export function promoteForm(
  c: HubContext,
  aliases: AliasState,
  bundle: { readonly digest: string; readonly accepted: boolean },
): Html | string {
  const { catalogue, revision: expectedRevision } = aliases, { digest, accepted } = bundle;
  if (!mayChange(c) || aliases.champion === digest) return "";
  const t = textsOf(c, TEXTS);
  if (!accepted) {
    return html`<p class="soft">${t.force}
      <code>deno task promote ${short(digest)} --force</code></p>`;
  }
  return actionForm(c, {
    action: "/ui/promote",
    button: t.promote,
    label: t.promoteIt(short(digest)),
    hidden: { catalogue, digest, expectedRevision },
    confirm: t.sure(short(digest), catalogue),
    fields: html`
      <label for="promote-why">${t.reason}</label>
      <input id="promote-why" name="why" required maxlength="1000" value="${t.why}">
    `,
  });
}

/** Returns to the champion before, with a reason. */
export function rollbackForm(c: HubContext, aliases: AliasState): Html | string {
  const { catalogue, previous, revision: expectedRevision } = aliases;
  if (previous === null || !mayChange(c)) return "";
  const t = textsOf(c, TEXTS);
  const form = actionForm(c, {
    action: "/ui/rollback",
    button: t.rollback,
    confirm: t.rollbackSure(short(previous)),
    hidden: { catalogue, expectedRevision },
    fields: html`
      <label for="why">${t.reason}</label>
      <input id="why" name="why" required maxlength="1000">
    `,
  });
  return html`<details><summary>${t.rollbackTo(short(previous))}</summary>${form}</details>`;
}
