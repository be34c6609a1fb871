/**
 * Buttons that change what edges serve: the same verbs as the API.
 *
 * @module
 */
import { findCatalogue } from "../../api/catalogue_lookup.ts";
import { actorOf, type HubContext } from "../../api/context.ts";
import { flash } from "../flash.ts";
import { short } from "../format.ts";
import { textsOf } from "../language.ts";
import { back, expectedRevision, required } from "./form_action.ts";

export const TEXTS = {
  en: {
    promoted: (digest: string) => `${digest} is the champion now.`,
    rolledBack: (digest: string) => `Rolled back: ${digest} is the champion again.`,
  },
  fr: {
    promoted: (digest: string) => `${digest} est désormais le champion.`,
    rolledBack: (digest: string) => `Retour effectué : ${digest} est de nouveau le champion.`,
  },
};

/** Makes a bundle the champion. */
export async function promoteAction(c: HubContext): Promise<Response> {
  const hub = c.get("hub");
  const { name: catalogue } = await findCatalogue(hub, await required(c, "catalogue"));
  const digest = await required(c, "digest"), why = await required(c, "why");
  c.set("auditNote", { action: "promote", target: catalogue, details: { digest, why } });
  await hub.verbs.promote({
    catalogue,
    digest,
    why,
    by: actorOf(c),
    expectedRevision: await expectedRevision(c),
  });
  flash(c, textsOf(c, TEXTS).promoted(short(digest)));
  return await back(c);
}

/** Returns to the champion before. */
export async function rollbackAction(c: HubContext): Promise<Response> {
  const hub = c.get("hub");
  const { name: catalogue } = await findCatalogue(hub, await required(c, "catalogue"));
  const why = await required(c, "why");
  c.set("auditNote", { action: "rollback", target: catalogue, details: { why } });
  const { champion } = await hub.verbs.rollback({
    catalogue,
    why,
    by: actorOf(c),
    expectedRevision: await expectedRevision(c),
  });
  flash(c, textsOf(c, TEXTS).rolledBack(short(champion ?? "")));
  return await back(c);
}
