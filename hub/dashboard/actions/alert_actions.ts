/**
 * Buttons of the monitoring page: the same verbs as the API.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { findCatalogue } from "../../api/catalogue_lookup.ts";
import { actorOf, type HubContext } from "../../api/context.ts";
import { flash } from "../flash.ts";
import { textsOf } from "../language.ts";
import { TEXTS } from "../monitoring_texts.ts";
import { back, required } from "./form_action.ts";

const HOUR_MS = 3_600_000;
/** A year: longer is forgetting it. */
const MAX_HOURS = 8784;

/** Looks at a catalogue now. */
export async function lookAction(c: HubContext): Promise<Response> {
  const catalogue = await required(c, "catalogue"), hub = c.get("hub");
  await findCatalogue(hub, catalogue);
  c.set("auditNote", { action: "monitoring-look", target: catalogue });
  await hub.monitor.look(catalogue);
  flash(c, textsOf(c, TEXTS).doneLooked);
  return await back(c);
}

/** Somebody knows. */
export async function acknowledgeAction(c: HubContext): Promise<Response> {
  const id = c.req.param("id")!;
  c.set("auditNote", { action: "acknowledge-alert", target: id });
  await c.get("hub").registry.alerts.acknowledge(id, actorOf(c));
  flash(c, textsOf(c, TEXTS).doneAcknowledged);
  return await back(c);
}

/** No messages for some hours; 0 ends that. */
export async function muteAction(c: HubContext): Promise<Response> {
  const id = c.req.param("id")!, hours = Number(await required(c, "hours")), hub = c.get("hub");
  if (!Number.isInteger(hours) || hours < 0 || hours > MAX_HOURS) {
    throw new AppError("input-invalid", `Cannot mute for ${hours} hours: 0 to ${MAX_HOURS}`);
  }
  const until = hours === 0 ? null : new Date(hub.now() + hours * HOUR_MS).toISOString();
  c.set("auditNote", { action: "mute-alert", target: id, details: { until } });
  await hub.registry.alerts.mute(id, until, actorOf(c));
  const t = textsOf(c, TEXTS);
  flash(c, until === null ? t.doneUnmuted : t.doneMuted);
  return await back(c);
}

/** It is over. */
export async function resolveAlertAction(c: HubContext): Promise<Response> {
  const id = c.req.param("id")!;
  c.set("auditNote", { action: "resolve-alert", target: id });
  await c.get("hub").registry.alerts.resolve(id, actorOf(c));
  flash(c, textsOf(c, TEXTS).doneResolved);
  return await back(c);
}
