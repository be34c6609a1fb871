/**
 * The buttons that change what edges serve.
 *
 * @module
 */
import { html } from "hono/html";
import type { HubContext } from "../api/context.ts";
import type { AliasState } from "../registry/aliases.ts";
import { type Html, short } from "./format.ts";
import { actionForm, mayChange } from "./layout.ts";

/** Promotes a bundle that the gate accepted; says what else to do for one that it refused. */
export function promoteForm(
  c: HubContext,
  aliases: AliasState,
  bundle: { readonly digest: string; readonly accepted: boolean },
): Html | string {
  const { catalogue, revision: expectedRevision } = aliases, { digest, accepted } = bundle;
  if (!mayChange(c) || aliases.champion === digest) return "";
  if (!accepted) {
    return html`<p class="soft">If you know better than the gate:
      <code>deno task promote ${short(digest)} --force</code></p>`;
  }
  return actionForm(c, {
    action: "/ui/promote",
    button: "Promote",
    label: `Promote ${short(digest)}`,
    hidden: { catalogue, digest, expectedRevision, why: "by hand, from the dashboard" },
    confirm: `Make ${short(digest)} the champion of ${catalogue}?`,
  });
}

/** Returns to the champion before, with a reason. */
export function rollbackForm(c: HubContext, aliases: AliasState): Html | string {
  const { catalogue, previous, revision: expectedRevision } = aliases;
  if (previous === null || !mayChange(c)) return "";
  const form = actionForm(c, {
    action: "/ui/rollback",
    button: "Roll back",
    hidden: { catalogue, expectedRevision },
    fields: html`
      <label for="why">Reason, kept in the history</label>
      <input id="why" name="why" required maxlength="1000">
    `,
  });
  return html`<details><summary>Roll back to ${short(previous)}</summary>${form}</details>`;
}
