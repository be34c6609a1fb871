/**
 * Buttons that pin edges and let them go: the same verbs as the API.
 *
 * @module
 */
import { findCatalogue } from "../../api/catalogue_lookup.ts";
import { actorOf, type HubContext } from "../../api/context.ts";
import { flash } from "../flash.ts";
import { textsOf } from "../language.ts";
import { back, required } from "./form_action.ts";

export const TEXTS = {
  en: {
    pinned: (edge: string) => `${edge} is pinned.`,
    unpinned: (edge: string) => `${edge} serves what all serve again.`,
  },
  fr: {
    pinned: (edge: string) => `${edge} est épinglé.`,
    unpinned: (edge: string) => `${edge} sert de nouveau ce que tous servent.`,
  },
};

/** Pins an edge to a bundle. */
export async function pinAction(c: HubContext): Promise<Response> {
  const hub = c.get("hub");
  const { name: catalogue } = await findCatalogue(hub, await required(c, "catalogue"));
  const edgeId = await required(c, "edgeId"), digest = await required(c, "digest");
  const why = await required(c, "why");
  c.set("auditNote", {
    action: "pin-edge",
    target: `${catalogue}/${edgeId}`,
    details: { digest, why },
  });
  await hub.verbs.pin({ catalogue, edgeId, digest, why, by: actorOf(c) });
  flash(c, textsOf(c, TEXTS).pinned(edgeId));
  return await back(c);
}

/** Lets a pinned edge go. */
export async function unpinAction(c: HubContext): Promise<Response> {
  const hub = c.get("hub");
  const { name: catalogue } = await findCatalogue(hub, await required(c, "catalogue"));
  const edgeId = await required(c, "edgeId");
  c.set("auditNote", { action: "unpin-edge", target: `${catalogue}/${edgeId}` });
  await hub.verbs.unpin({
    catalogue,
    edgeId,
    by: actorOf(c),
    why: `edge ${edgeId} is no longer pinned`,
  });
  flash(c, textsOf(c, TEXTS).unpinned(edgeId));
  return await back(c);
}
