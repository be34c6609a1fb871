/**
 * What the buttons of the review page do: answer, add a label and answer, skip, undo.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { findCatalogue } from "../../api/catalogue_lookup.ts";
import { actorOf, type HubContext } from "../../api/context.ts";
import { answerItem, undoAnswer } from "../../api/review_verbs.ts";
import { flash } from "../flash.ts";
import { formField } from "../forms.ts";
import { textsOf } from "../language.ts";
import { required } from "./form_action.ts";

export const TEXTS = {
  en: {
    answered: (name: string) => `Answered: ${name}.`,
    added: (name: string) => `The label ${name} is added, and the product has it.`,
    skipped: "Skipped.",
    undone: "The last answer is taken back.",
    nothing: "There is no answer to take back.",
  },
  fr: {
    answered: (name: string) => `Répondu : ${name}.`,
    added: (name: string) => `L’étiquette ${name} est ajoutée et donnée au produit.`,
    skipped: "Passé.",
    undone: "La dernière réponse est annulée.",
    nothing: "Il n’y a pas de réponse à annuler.",
  },
};

async function catalogueOf(c: HubContext): Promise<string> {
  return (await findCatalogue(c.get("hub"), await required(c, "catalogue"))).name;
}

function onwards(c: HubContext, catalogue: string): Response {
  return c.redirect(`/review?catalogue=${encodeURIComponent(catalogue)}`, 303);
}

/** What somebody else did meanwhile is told on the page, not as an error: the next product is what counts. */
async function orTell(c: HubContext, work: () => Promise<string>): Promise<void> {
  try {
    flash(c, await work());
  } catch (error) {
    if (!(error instanceof AppError) || c.get("principal")?.session == null) throw error;
    if (!["conflict", "not-found", "unknown-code"].includes(error.code)) throw error;
    flash(c, error.message, "bad");
    c.set("auditNote", null);
  }
}

/** Stores an answer: a guess's code, or what was typed, a code or a name. */
export async function answerAction(c: HubContext): Promise<Response> {
  const catalogue = await catalogueOf(c), id = await required(c, "id"), t = textsOf(c, TEXTS);
  const { labels } = await c.get("hub").registry.labels.list(catalogue);
  const said = await formField(c, "code") || (await required(c, "search"));
  const wanted = said.toLowerCase();
  const label = labels.find(({ code }) => code === said) ??
    labels.find(({ name }) => name.toLowerCase() === wanted);
  await orTell(c, async () => {
    await answerItem(c, catalogue, id, label?.code ?? said);
    return t.answered(label?.name ?? said);
  });
  return onwards(c, catalogue);
}

/** Adds a label to the catalogue and answers with it. */
export async function newLabelAction(c: HubContext): Promise<Response> {
  const hub = c.get("hub"), catalogue = await catalogueOf(c), by = actorOf(c);
  const id = await required(c, "id"), code = await required(c, "code");
  const name = await required(c, "name");
  if (/\p{Cc}/u.test(code)) {
    throw new AppError("input-invalid", "Cannot add the label: its code has a control character");
  }
  await orTell(c, async () => {
    const { version } = await hub.registry.labels.add(catalogue, { code, name }, by);
    await hub.verbs.relabel({ catalogue, by, why: `labels version ${version}: added ${code}` });
    await answerItem(c, catalogue, id, code);
    c.set("auditNote", {
      action: "add-label",
      target: catalogue,
      details: { what: `added ${code}`, version, answered: id },
    });
    return textsOf(c, TEXTS).added(name);
  });
  return onwards(c, catalogue);
}

/** Leaves a product to others. */
export async function skipAction(c: HubContext): Promise<Response> {
  const catalogue = await catalogueOf(c), id = await required(c, "id");
  c.set("auditNote", { action: "skip-review", target: catalogue, details: { id } });
  await orTell(c, async () => {
    await c.get("hub").registry.review.skip(catalogue, { id, reviewer: actorOf(c) });
    return textsOf(c, TEXTS).skipped;
  });
  return onwards(c, catalogue);
}

/** Takes the last answer back. */
export async function undoAction(c: HubContext): Promise<Response> {
  const catalogue = await catalogueOf(c), t = textsOf(c, TEXTS);
  await orTell(c, async () => await undoAnswer(c, catalogue) === null ? t.nothing : t.undone);
  return onwards(c, catalogue);
}
