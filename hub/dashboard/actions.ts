/**
 * What the dashboard's buttons do: the same verbs as the API, then back to the page.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { findCatalogue } from "../api/catalogue_lookup.ts";
import { actorOf, type HubContext } from "../api/context.ts";
import { startJob } from "../api/job_start.ts";
import { JOB_KINDS } from "../api/ports.ts";
import { formField, localPath } from "./forms.ts";

async function back(c: HubContext): Promise<Response> {
  return c.redirect(localPath(await formField(c, "back")), 303);
}

/** A field that must not be empty. */
async function required(c: HubContext, name: string): Promise<string> {
  const value = (await formField(c, name)).trim();
  if (value === "") throw new AppError("input-invalid", `Cannot take this form: ${name} is empty`);
  return value;
}

/** Starts a job and shows it. */
export async function startAction(c: HubContext): Promise<Response> {
  const asked = await required(c, "kind");
  const kind = JOB_KINDS.find((known) => known === asked);
  if (kind === undefined) {
    throw new AppError("input-invalid", `Cannot start a job: there is no kind ${asked}`);
  }
  const job = await startJob(c, { kind, catalogue: await required(c, "catalogue"), input: {} });
  c.set("auditNote", { ...c.get("auditNote")!, action: "start-job" });
  return c.redirect(`/jobs/${job.id}`, 303);
}

/** Asks a job to stop. */
export async function cancelAction(c: HubContext): Promise<Response> {
  const id = c.req.param("id")!;
  c.set("auditNote", { action: "cancel-job", target: id });
  await c.get("hub").jobs.cancel(id);
  return await back(c);
}

/** The revision that the page showed: somebody else may have changed the aliases since. */
async function expectedRevision(c: HubContext): Promise<number> {
  const revision = Number(await required(c, "expectedRevision"));
  if (Number.isInteger(revision)) return revision;
  throw new AppError("input-invalid", "Cannot take this form: expectedRevision is no whole number");
}

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
  return await back(c);
}

/** Returns to the champion before. */
export async function rollbackAction(c: HubContext): Promise<Response> {
  const hub = c.get("hub");
  const { name: catalogue } = await findCatalogue(hub, await required(c, "catalogue"));
  const why = await required(c, "why");
  c.set("auditNote", { action: "rollback", target: catalogue, details: { why } });
  await hub.verbs.rollback({
    catalogue,
    why,
    by: actorOf(c),
    expectedRevision: await expectedRevision(c),
  });
  return await back(c);
}

/** Switches a schedule on or off. */
export async function scheduleAction(c: HubContext): Promise<Response> {
  const id = c.req.param("id")!, enabled = await required(c, "enabled") === "yes";
  c.set("auditNote", { action: "switch-schedule", target: id, details: { enabled } });
  await c.get("hub").registry.schedules.setEnabled(id, enabled);
  return await back(c);
}
