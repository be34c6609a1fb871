/**
 * Buttons that add, rename and merge labels: the same verbs as the API.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { HubContext } from "../../api/context.ts";
import { changeLabels } from "../../api/label_changes.ts";
import { flash } from "../flash.ts";
import { textsOf } from "../language.ts";
import { expectedRevision, required } from "./form_action.ts";

export const TEXTS = {
  en: {
    added: (code: string) => `Added ${code}.`,
    renamed: (code: string, name: string) => `${code} is called ${name} now.`,
    merged: (from: string, into: string) => `${from} counts as ${into} from now on.`,
  },
  fr: {
    added: (code: string) => `${code} est ajoutée.`,
    renamed: (code: string, name: string) => `${code} s’appelle désormais ${name}.`,
    merged: (from: string, into: string) => `${from} compte désormais comme ${into}.`,
  },
};

const MAX_CHARS = 200;

async function short(c: HubContext, field: string): Promise<string> {
  const value = await required(c, field);
  if (value.length <= MAX_CHARS && !/\p{Cc}/u.test(value)) return value;
  throw new AppError(
    "input-invalid",
    `Cannot take this form: ${field} must be ${MAX_CHARS} characters at most, none of them a control character`,
  );
}

function note(c: HubContext, action: string): void {
  c.set("auditNote", { ...c.get("auditNote")!, action });
}

const page = (c: HubContext, catalogue: string) =>
  c.redirect(`/labels?catalogue=${encodeURIComponent(catalogue)}`, 303);

/** Adds a label. */
export async function addLabelAction(c: HubContext): Promise<Response> {
  const catalogue = await required(c, "catalogue");
  const entry = { code: await short(c, "code"), name: await short(c, "name") };
  await changeLabels(
    c,
    catalogue,
    { what: `added ${entry.code}`, expectedRevision: await expectedRevision(c) },
    (by, version) => c.get("hub").registry.labels.add(catalogue, entry, by, version),
  );
  note(c, "add-label");
  flash(c, textsOf(c, TEXTS).added(entry.code));
  return page(c, catalogue);
}

/** Gives a label another name. */
export async function renameLabelAction(c: HubContext): Promise<Response> {
  const catalogue = await required(c, "catalogue");
  const code = await required(c, "code"), name = await short(c, "name");
  await changeLabels(
    c,
    catalogue,
    { what: `renamed ${code}`, expectedRevision: await expectedRevision(c) },
    (by, version) => c.get("hub").registry.labels.rename(catalogue, code, name, by, version),
  );
  note(c, "rename-label");
  flash(c, textsOf(c, TEXTS).renamed(code, name));
  return page(c, catalogue);
}

/** Lets a label count as another. */
export async function mergeLabelsAction(c: HubContext): Promise<Response> {
  const catalogue = await required(c, "catalogue");
  const from = await required(c, "from"), into = await required(c, "into");
  await changeLabels(
    c,
    catalogue,
    { what: `merged ${from} into ${into}`, expectedRevision: await expectedRevision(c) },
    (by, version) => c.get("hub").registry.labels.merge(catalogue, from, into, by, version),
  );
  note(c, "merge-labels");
  flash(c, textsOf(c, TEXTS).merged(from, into));
  return page(c, catalogue);
}
