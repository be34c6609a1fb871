/**
 * What the buttons of webhooks do: add, test, remove; the same verbs as the API.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { HubContext } from "../../api/context.ts";
import { makeWebhook } from "../../api/webhook_verbs.ts";
import { ALERT_WEIGHT, type AlertSeverity } from "../../registry/alerts.ts";
import { flash } from "../flash.ts";
import { formField } from "../forms.ts";
import { textsOf } from "../language.ts";
import { keepSecret, requireViewer } from "../new_secret.ts";
import { back, required } from "./form_action.ts";

export const TEXTS = {
  en: { tested: "A test is on its way.", removed: "The webhook is removed." },
  fr: { tested: "Un essai est en route.", removed: "Le webhook est retiré." },
};

/** Adds a webhook and shows once what its messages are signed with. */
export async function createWebhookAction(c: HubContext): Promise<Response> {
  const session = requireViewer(c);
  const name = (await required(c, "name")).slice(0, 100), url = await required(c, "url");
  const minSeverity = await required(c, "minSeverity"), about = await formField(c, "about");
  if (!isSeverity(minSeverity)) {
    throw new AppError("input-invalid", `Cannot add a webhook: no severity is ${minSeverity}`);
  }
  const secret = crypto.getRandomValues(new Uint8Array(32)).toHex();
  const catalogue = about === "" ? null : about;
  await makeWebhook(c, { name, url, secret, catalogue, minSeverity });
  keepSecret(session, { kind: "webhook", name, secret });
  return await back(c);
}

/** Sends a message that says nothing. */
export async function testWebhookAction(c: HubContext): Promise<Response> {
  const id = c.req.param("id")!;
  c.set("auditNote", { action: "test-webhook", target: id });
  await c.get("hub").registry.webhooks.test(id);
  flash(c, textsOf(c, TEXTS).tested);
  return await back(c);
}

/** Sends nothing there any more. */
export async function removeWebhookAction(c: HubContext): Promise<Response> {
  const id = c.req.param("id")!;
  c.set("auditNote", { action: "remove-webhook", target: id });
  await c.get("hub").registry.webhooks.remove(id);
  flash(c, textsOf(c, TEXTS).removed);
  return await back(c);
}

function isSeverity(text: string): text is AlertSeverity {
  return Object.hasOwn(ALERT_WEIGHT, text);
}
