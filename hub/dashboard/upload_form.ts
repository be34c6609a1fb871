/**
 * Where files are dropped: `assets/upload.js` sends them, then goes on to the page that asks about their columns.
 *
 * @module
 */
import { html } from "hono/html";
import type { HubContext } from "../api/context.ts";
import type { Html } from "./format.ts";
import { textsOf } from "./language.ts";

export const TEXTS = {
  en: {
    csv: "Table (CSV)",
    zip: "Pictures (ZIP), if there are any",
    drop: "or drop the files here",
    send: "Send",
    sending: "Sending",
    failed: "This could not be sent:",
    noScript: "Sending files needs the page’s script. Without it: deno task pipeline --csv FILE",
  },
  fr: {
    csv: "Tableau (CSV)",
    zip: "Images (ZIP), s’il y en a",
    drop: "ou déposez les fichiers ici",
    send: "Envoyer",
    sending: "Envoi de",
    failed: "L’envoi a échoué :",
    noScript:
      "L’envoi de fichiers demande le script de la page. Sans lui : deno task pipeline --csv FICHIER",
  },
};

/** The form; `next` is where the digests go. */
export function uploadForm(
  c: HubContext,
  { id, next }: { readonly id: string; readonly next: string },
): Html {
  const t = textsOf(c, TEXTS), csrf = c.get("principal")?.session?.csrf ?? "";
  return html`
    <form class="upload" data-upload="/ui/blobs" data-next="${next}" data-csrf="${csrf}"
      data-sending="${t.sending}" data-failed="${t.failed}">
      <label for="${id}-csv">${t.csv}</label>
      <input id="${id}-csv" name="csv" type="file" accept=".csv,.tsv,.txt,text/csv" required>
      <label for="${id}-zip">${t.zip}</label>
      <input id="${id}-zip" name="images" type="file" accept=".zip,application/zip">
      <p class="soft">${t.drop}</p>
      <noscript><p>${t.noScript}</p></noscript>
      <div class="sending" hidden><span class="soft" aria-live="polite"></span>
    <progress max="1" value="0" aria-label="${t.sending}"></progress></div>
      <p class="problem" role="alert" hidden></p>
      <button class="main">${t.send}</button>
    </form>
  `;
}
