/**
 * Schedules and the audit.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { AppError } from "@aisle/shared/errors";
import { CatalogueName } from "@aisle/shared/contract";
import { found } from "../catalogue_lookup.ts";
import { endpoint } from "../endpoint.ts";
import { startJob } from "../job_start.ts";
import { JOB_KINDS, type JobKind } from "../ports.ts";
import { EXAMPLE, IdParams, InstantSchema, listOf, pageOf, PageParams } from "../schemas.ts";
import { JobSchema } from "./jobs.ts";

const ScheduleSchema = z.object({
  id: z.string(),
  catalogue: z.string(),
  kind: z.string(),
  cron: z.string(),
  enabled: z.boolean(),
  input: z.unknown(),
  lastRunAt: InstantSchema.nullable(),
  nextRunAt: InstantSchema.nullable(),
  lastJobId: z.string().nullable(),
}).openapi("Schedule");

const scheduleExample = {
  id: "inspect-demo",
  catalogue: EXAMPLE.catalogue,
  kind: "inspect",
  cron: "*/5 * * * *",
  enabled: true,
  input: {},
  lastRunAt: EXAMPLE.at,
  nextRunAt: EXAMPLE.at,
  lastJobId: EXAMPLE.id,
};

/** Endpoints of this area. */
export const ADMINISTRATION = [
  endpoint({
    method: "get",
    path: "/api/v1/schedules",
    id: "list-schedules",
    tag: "schedules",
    summary: "What runs by the clock",
    query: z.object({ catalogue: CatalogueName.optional() }),
    answer: {
      description: "Schedules",
      schema: listOf(ScheduleSchema),
      example: { items: [scheduleExample] },
    },
    handle: async ({ query }, c) => ({ items: await c.get("hub").registry.schedules.list(query) }),
  }),
  endpoint({
    method: "patch",
    path: "/api/v1/schedules/{id}",
    id: "switch-schedule",
    tag: "schedules",
    summary: "Switches a schedule on or off",
    params: IdParams,
    body: { schema: z.strictObject({ enabled: z.boolean() }), example: { enabled: false } },
    answer: { description: "The schedule", schema: ScheduleSchema, example: scheduleExample },
    problems: ["not-found"],
    async handle({ params, body }, c) {
      c.set("auditNote", { target: params.id, details: body });
      return await c.get("hub").registry.schedules.setEnabled(params.id, body.enabled);
    },
  }),
  endpoint({
    method: "post",
    path: "/api/v1/schedules/{id}/run",
    id: "run-schedule",
    tag: "schedules",
    summary: "Starts a schedule's job now, whether it is switched on or not",
    params: IdParams,
    answer: {
      status: 202,
      description: "Queued; `Location` names the job",
      schema: JobSchema,
      example: {
        id: EXAMPLE.id,
        catalogue: EXAMPLE.catalogue,
        kind: "inspect",
        state: "queued" as const,
        attempt: 0,
        maxAttempts: 2,
        input: {},
        result: null,
        error: null,
        by: "alice",
        cancelRequested: false,
        createdAt: EXAMPLE.at,
        startedAt: null,
        heartbeatAt: null,
        endedAt: null,
      },
    },
    problems: ["not-found"],
    async handle({ params }, c) {
      const { schedules } = c.get("hub").registry;
      const schedule = found(await schedules.get(params.id), "the schedule", params.id);
      const kind = JOB_KINDS.find((k): k is JobKind => k === schedule.kind);
      if (kind === undefined) {
        throw new AppError(
          "conflict",
          `Cannot run ${schedule.id}: no job is called ${schedule.kind}`,
        );
      }
      const { catalogue, input } = schedule;
      const job = await startJob(c, { catalogue, kind, input });
      const lastRunAt = new Date(c.get("hub").now()).toISOString();
      await schedules.touch(schedule.id, { lastRunAt, lastJobId: job.id });
      c.header("location", `/api/v1/jobs/${job.id}`);
      return job;
    },
  }),
  endpoint({
    method: "get",
    path: "/api/v1/audit",
    id: "list-audit",
    tag: "audit",
    summary: "Who changed what, newest first",
    query: PageParams.extend({
      actor: z.string().max(200).optional(),
      action: z.string().max(200).optional(),
    }),
    answer: {
      description: "A page of entries",
      schema: pageOf(z.object({
        id: z.int(),
        at: InstantSchema,
        actor: z.string(),
        action: z.string(),
        target: z.string(),
        details: z.unknown(),
      })),
      example: {
        items: [{
          id: 1,
          at: EXAMPLE.at,
          actor: "alice",
          action: "promote",
          target: EXAMPLE.catalogue,
          details: { digest: EXAMPLE.digest, why: "gate accepted it" },
        }],
        next: null,
      },
    },
    handle: ({ query }, c) => c.get("hub").registry.audit.list(query),
  }),
];
