/**
 * Buttons that start and stop jobs and switch schedules: the same verbs as the API.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { HubContext } from "../../api/context.ts";
import { startJob } from "../../api/job_start.ts";
import { JOB_KINDS } from "../../api/ports.ts";
import { flash } from "../flash.ts";
import { textsOf } from "../language.ts";
import { back, required } from "./form_action.ts";

export const TEXTS = {
  en: {
    started: (kind: string) => `Started ${kind}.`,
    cancelled: "Asked the job to stop.",
    on: "The schedule is on.",
    off: "The schedule is off.",
  },
  fr: {
    started: (kind: string) => `Tâche ${kind} démarrée.`,
    cancelled: "L’arrêt de la tâche est demandé.",
    on: "La planification est activée.",
    off: "La planification est désactivée.",
  },
};

/** Starts a job and shows it. */
export async function startAction(c: HubContext): Promise<Response> {
  const asked = await required(c, "kind");
  const kind = JOB_KINDS.find((known) => known === asked);
  if (kind === undefined) {
    throw new AppError("input-invalid", `Cannot start a job: there is no kind ${asked}`);
  }
  const job = await startJob(c, { kind, catalogue: await required(c, "catalogue"), input: {} });
  c.set("auditNote", { ...c.get("auditNote")!, action: "start-job" });
  flash(c, textsOf(c, TEXTS).started(kind));
  return c.redirect(`/jobs/${job.id}`, 303);
}

/** Asks a job to stop. */
export async function cancelAction(c: HubContext): Promise<Response> {
  const id = c.req.param("id")!;
  c.set("auditNote", { action: "cancel-job", target: id });
  await c.get("hub").jobs.cancel(id);
  flash(c, textsOf(c, TEXTS).cancelled);
  return await back(c);
}

/** Switches a schedule on or off. */
export async function scheduleAction(c: HubContext): Promise<Response> {
  const id = c.req.param("id")!, enabled = await required(c, "enabled") === "yes";
  c.set("auditNote", { action: "switch-schedule", target: id, details: { enabled } });
  await c.get("hub").registry.schedules.setEnabled(id, enabled);
  const t = textsOf(c, TEXTS);
  flash(c, enabled ? t.on : t.off);
  return await back(c);
}
