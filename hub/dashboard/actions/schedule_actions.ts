/**
 * Buttons about schedules: make, pause, resume, run at once, remove; the same verbs as the API.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { runSchedule, ScheduleInput, setSchedule } from "../../api/areas/schedules.ts";
import type { HubContext } from "../../api/context.ts";
import { flash } from "../flash.ts";
import { formField } from "../forms.ts";
import { textsOf } from "../language.ts";
import { back, required } from "./form_action.ts";

export const TEXTS = {
  en: {
    on: "The schedule goes on.",
    off: "The schedule is paused.",
    made: (id: string) => `Schedule ${id} is set.`,
    removed: (id: string) => `Schedule ${id} is removed.`,
    started: (kind: string) => `Started ${kind}.`,
  },
  fr: {
    on: "La planification reprend.",
    off: "La planification est en pause.",
    made: (id: string) => `La planification ${id} est enregistrée.`,
    removed: (id: string) => `La planification ${id} est supprimée.`,
    started: (kind: string) => `Tâche ${kind} démarrée.`,
  },
};

const ID = /^[\w.-]{1,100}$/;

/** Makes a schedule, or says anew what it is. */
export async function setScheduleAction(c: HubContext): Promise<Response> {
  const id = await required(c, "id");
  if (!ID.test(id)) {
    throw new AppError(
      "input-invalid",
      `Cannot name a schedule: letters, digits, . _ -: it is ${id}`,
    );
  }
  const minutes = (await formField(c, "expectedBy")).trim();
  const asked = ScheduleInput.safeParse({
    catalogue: await required(c, "catalogue"),
    kind: await required(c, "kind"),
    cron: await required(c, "cron"),
    timeZone: await required(c, "timeZone"),
    missedPolicy: await required(c, "missedPolicy"),
    expectedByMs: minutes === "" ? null : Math.round(Number(minutes) * 60_000),
  });
  if (!asked.success) {
    const [issue] = asked.error.issues;
    throw new AppError(
      "input-invalid",
      `Cannot take this form: ${issue!.path.join(".")}: ${issue!.message}`,
    );
  }
  await setSchedule(c, id, asked.data);
  c.set("auditNote", { ...c.get("auditNote")!, action: "set-schedule" });
  flash(c, textsOf(c, TEXTS).made(id));
  return await back(c);
}

/** Pauses a schedule, or lets it go on. */
export async function switchScheduleAction(c: HubContext): Promise<Response> {
  const id = c.req.param("id")!, enabled = await required(c, "enabled") === "yes";
  c.set("auditNote", { action: "switch-schedule", target: id, details: { enabled } });
  await c.get("hub").registry.schedules.setEnabled(id, enabled);
  const t = textsOf(c, TEXTS);
  flash(c, enabled ? t.on : t.off);
  return await back(c);
}

/** Starts a schedule's job now and shows it. */
export async function runScheduleAction(c: HubContext): Promise<Response> {
  const job = await runSchedule(c, c.req.param("id")!);
  c.set("auditNote", { ...c.get("auditNote")!, action: "run-schedule" });
  flash(c, textsOf(c, TEXTS).started(job.kind));
  return c.redirect(`/jobs/${job.id}`, 303);
}

/** Removes a schedule that somebody made. */
export async function removeScheduleAction(c: HubContext): Promise<Response> {
  const id = c.req.param("id")!;
  c.set("auditNote", { action: "remove-schedule", target: id });
  await c.get("hub").registry.schedules.remove(id);
  flash(c, textsOf(c, TEXTS).removed(id));
  return await back(c);
}
