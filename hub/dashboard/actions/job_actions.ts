/**
 * Buttons that start and stop jobs: the same verbs as the API.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { HubContext } from "../../api/context.ts";
import { startJob } from "../../api/job_start.ts";
import { JOB_KINDS } from "../../api/ports.ts";
import { formField } from "../forms.ts";
import { flash } from "../flash.ts";
import { textsOf } from "../language.ts";
import { back, required } from "./form_action.ts";

export const TEXTS = {
  en: {
    started: (kind: string) => `Started ${kind}.`,
    cancelled: "Asked the job to stop.",
  },
  fr: {
    started: (kind: string) => `Tâche ${kind} démarrée.`,
    cancelled: "L’arrêt de la tâche est demandé.",
  },
};

/** Starts a job and shows it. */
export async function startAction(c: HubContext): Promise<Response> {
  const asked = await required(c, "kind");
  const kind = JOB_KINDS.find((known) => known === asked);
  if (kind === undefined) {
    throw new AppError("input-invalid", `Cannot start a job: there is no kind ${asked}`);
  }
  const params = readParamLines(await formField(c, "params"));
  const input = Object.keys(params).length === 0 ? {} : { params };
  const job = await startJob(c, { kind, catalogue: await required(c, "catalogue"), input });
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

/**
 * Lines such as `train.c = 3` as values by name; what is no JSON is a text.
 *
 * @throws {AppError} `input-invalid`
 */
export function readParamLines(text: string): Record<string, unknown> {
  const lines = text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  return Object.fromEntries(lines.map((line) => {
    const [, name, value] = /^([\w.]+)\s*[=:]\s*(.+)$/.exec(line) ?? [];
    if (name === undefined) {
      throw new AppError("input-invalid", `Cannot read the params: ${line} is not name = value`);
    }
    try {
      return [name, JSON.parse(value!)];
    } catch {
      return [name, value];
    }
  }));
}
