/**
 * Makes webhooks, for the API and for the dashboard's form alike.
 *
 * @module
 */
import type { NewWebhook, Webhook } from "../registry/webhooks.ts";
import { checkUrl } from "../watch/address_guard.ts";
import { findCatalogue } from "./catalogue_lookup.ts";
import { actorOf, type HubContext } from "./context.ts";

/**
 * Sends alerts to an address from now on; the audit tells its host.
 *
 * @throws {AppError} `input-invalid` for an address or a secret that is not taken; `not-found` without the catalogue
 */
export async function makeWebhook(
  c: HubContext,
  asked: Omit<NewWebhook, "by">,
): Promise<Webhook> {
  const hub = c.get("hub"), { name, url, catalogue, minSeverity } = asked;
  // Names are looked up when something is sent: what they lead to may change until then.
  const { origin } = checkUrl(url, hub.webhookHosts ?? []);
  if (catalogue !== null) await findCatalogue(hub, catalogue);
  c.set("auditNote", {
    action: "create-webhook",
    target: name,
    details: { name, origin, catalogue, minSeverity },
  });
  return await hub.registry.webhooks.create({ ...asked, by: actorOf(c) });
}
