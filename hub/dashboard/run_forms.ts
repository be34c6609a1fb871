/**
 * What people add to a run: a note and tags; and that it is deleted and comes back.
 *
 * @module
 */
import { html } from "hono/html";
import type { HubContext } from "../api/context.ts";
import type { Run } from "../registry/runs.ts";
import type { Html } from "./format.ts";
import { textsOf } from "./language.ts";
import { actionForm, mayChange } from "./layout.ts";
import { table } from "./tables.ts";

export const TEXTS = {
  en: {
    title: "Note and tags",
    note: "Note",
    save: "Save the note",
    tag: "Tag",
    value: "Value",
    add: "Set the tag",
    remove: "Remove",
    removeTag: (name: string) => `Remove the tag ${name}`,
    none: "No tag.",
    delete: "Delete this run",
    deleteSure: "Hide this run from the lists? It can be restored.",
    restore: "Restore this run",
  },
  fr: {
    title: "Note et étiquettes",
    note: "Note",
    save: "Enregistrer la note",
    tag: "Étiquette",
    value: "Valeur",
    add: "Poser l’étiquette",
    remove: "Retirer",
    removeTag: (name: string) => `Retirer l’étiquette ${name}`,
    none: "Aucune étiquette.",
    delete: "Supprimer cet entraînement",
    deleteSure: "Retirer cet entraînement des listes ? Il pourra être restauré.",
    restore: "Restaurer cet entraînement",
  },
};

/** The tag that holds a run's note, as MLflow's clients write it. */
export const NOTE_TAG = "mlflow.note.content";
/** Tags that the hub itself sets: told among the facts. */
const OWN = /^(env\.|device\.|code\.stages$|params\.digest$|by$|mlflow\.note\.content$)/;

/** The panel; readers see the tags without forms. */
export function runForms(c: HubContext, run: Run): Html {
  const t = textsOf(c, TEXTS), change = mayChange(c);
  const path = `/ui/runs/${encodeURIComponent(run.id)}`;
  const tags = Object.entries(run.tags).filter(([name]) => !OWN.test(name));
  const list = table(
    [t.tag, t.value, ""],
    tags.map(([name, value]) =>
      html`
        <tr>
          <td>${name}</td>
          <td class="long">${value}</td>
          <td>${change && run.deletedAt === null
            ? actionForm(c, {
              action: `${path}/tags`,
              button: t.remove,
              label: t.removeTag(name),
              hidden: { name, remove: "yes" },
            })
            : ""}</td>
        </tr>
      `
    ),
    t.none,
  );
  return html`<section class="panel"><h2>${t.title}</h2>${
    change && run.deletedAt === null ? noteForm(c, path, run.tags[NOTE_TAG] ?? "") : ""
  }${list}${change && run.deletedAt === null ? tagForm(c, path) : ""}${
    change ? deleteForm(c, path, run.deletedAt !== null) : ""
  }</section>`;
}

function noteForm(c: HubContext, path: string, note: string): Html {
  const t = textsOf(c, TEXTS);
  return actionForm(c, {
    action: `${path}/note`,
    button: t.save,
    fields: html`
      <label for="note">${t.note}</label>
      <textarea id="note" name="note" rows="3" maxlength="8000">${note}</textarea>
    `,
  });
}

function tagForm(c: HubContext, path: string): Html {
  const t = textsOf(c, TEXTS);
  return actionForm(c, {
    action: `${path}/tags`,
    button: t.add,
    fields: html`
      <div class="row">
        <div>
          <label for="tag-name">${t.tag}</label>
          <input id="tag-name" name="name" required maxlength="250">
        </div>
        <div>
          <label for="tag-value">${t.value}</label>
          <input id="tag-value" name="value" maxlength="8000">
        </div>
      </div>
    `,
  });
}

function deleteForm(c: HubContext, path: string, deleted: boolean): Html {
  const t = textsOf(c, TEXTS);
  return html`<p>${
    deleted
      ? actionForm(c, { action: `${path}/restore`, button: t.restore })
      : actionForm(c, { action: `${path}/delete`, button: t.delete, confirm: t.deleteSure })
  }</p>`;
}
