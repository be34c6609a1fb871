/**
 * What the buttons of a run's page do: note, tags, delete and restore.
 *
 * @module
 */
import type { HubContext } from "../../api/context.ts";
import { flash } from "../flash.ts";
import { formField } from "../forms.ts";
import { textsOf } from "../language.ts";
import { NOTE_TAG } from "../run_forms.ts";
import { back, required } from "./form_action.ts";

export const TEXTS = {
  en: {
    noted: "The note is kept.",
    tagged: (name: string) => `The tag ${name} is set.`,
    untagged: (name: string) => `The tag ${name} is gone.`,
    deleted: "The run is deleted. It can be restored here.",
    restored: "The run is back.",
  },
  fr: {
    noted: "La note est enregistrée.",
    tagged: (name: string) => `L’étiquette ${name} est posée.`,
    untagged: (name: string) => `L’étiquette ${name} est retirée.`,
    deleted: "L’entraînement est supprimé. Il peut être restauré ici.",
    restored: "L’entraînement est de retour.",
  },
};

/** Keeps a run's note; an empty one removes it. */
export async function noteAction(c: HubContext): Promise<Response> {
  const id = c.req.param("id")!, note = (await formField(c, "note")).trim();
  c.set("auditNote", { action: "tag-run", target: id, details: { tags: [NOTE_TAG] } });
  const { clientRuns } = c.get("hub").registry;
  await clientRuns.log(id, { tags: { [NOTE_TAG]: note === "" ? null : note } });
  flash(c, textsOf(c, TEXTS).noted);
  return await back(c);
}

/** Sets a tag of a run, or removes it. */
export async function tagAction(c: HubContext): Promise<Response> {
  const id = c.req.param("id")!, name = await required(c, "name"), t = textsOf(c, TEXTS);
  const remove = await formField(c, "remove") === "yes";
  c.set("auditNote", { action: "tag-run", target: id, details: { tags: [name] } });
  const value = remove ? null : await formField(c, "value");
  await c.get("hub").registry.clientRuns.log(id, { tags: { [name]: value } });
  flash(c, remove ? t.untagged(name) : t.tagged(name));
  return await back(c);
}

/** Hides a run from the lists. */
export async function deleteRunAction(c: HubContext): Promise<Response> {
  const id = c.req.param("id")!;
  c.set("auditNote", { action: "delete-run", target: id });
  await c.get("hub").registry.clientRuns.delete(id);
  flash(c, textsOf(c, TEXTS).deleted);
  return await back(c);
}

/** Brings a deleted run back. */
export async function restoreRunAction(c: HubContext): Promise<Response> {
  const id = c.req.param("id")!;
  c.set("auditNote", { action: "restore-run", target: id });
  await c.get("hub").registry.clientRuns.restore(id);
  flash(c, textsOf(c, TEXTS).restored);
  return await back(c);
}
