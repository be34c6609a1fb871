/**
 * Schedules: what runs by the clock, in which time zone, and what when it does not.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { AppError } from "@aisle/shared/errors";
import { CatalogueName } from "@aisle/shared/contract";
import { checkCron, nextRuns } from "../../scheduler/cron.ts";
import type { Schedule } from "../../registry/schedules.ts";
import { findCatalogue, found } from "../catalogue_lookup.ts";
import { actorOf, type HubContext } from "../context.ts";
import { endpoint } from "../endpoint.ts";
import { checkJobInput, startJob } from "../job_start.ts";
import { HUB_JOB_KINDS, JOB_KINDS } from "../ports.ts";
import { contentTag, expectedTag, requireTag } from "../revisions.ts";
import { EXAMPLE, IdParams, InstantSchema, listOf } from "../schemas.ts";
import { JOB_EXAMPLE, JobSchema, RetrySchema } from "./jobs.ts";

const tag = "schedules";
/** Due instants shown ahead. */
const AHEAD = 5;
const MOST_MS = 366 * 86_400_000;
const duration = z.int().min(1000).max(MOST_MS);

/** What people say of a schedule. */
export const ScheduleInput = z.strictObject({
  catalogue: CatalogueName,
  kind: z.enum(JOB_KINDS),
  cron: z.string().trim().min(1).max(200),
  timeZone: z.string().min(1).max(100).default("UTC"),
  enabled: z.boolean().default(true),
  input: z.unknown().optional(),
  missedPolicy: z.enum(["skip", "once"]).default("skip"),
  timeoutMs: duration.nullable().default(null),
  retry: RetrySchema.nullable().default(null),
  expectedByMs: duration.nullable().default(null),
}).openapi("ScheduleInput");
/** Parsed form of {@linkcode ScheduleInput}. */
export type ScheduleInput = z.infer<typeof ScheduleInput>;

const ScheduleSchema = z.object({
  id: z.string(),
  catalogue: z.string(),
  kind: z.string(),
  cron: z.string(),
  timeZone: z.string(),
  enabled: z.boolean(),
  input: z.unknown(),
  missedPolicy: z.enum(["skip", "once"]),
  timeoutMs: z.int().nullable(),
  retry: RetrySchema.nullable(),
  expectedByMs: z.int().nullable(),
  lastRunAt: InstantSchema.nullable(),
  nextRunAt: InstantSchema.nullable(),
  nextRuns: z.array(InstantSchema).readonly(),
  lastDueAt: InstantSchema.nullable(),
  lastJobId: z.string().nullable(),
  owedSince: InstantSchema.nullable(),
  note: z.string().nullable(),
  by: z.string(),
}).openapi("Schedule");

const example = {
  id: "nightly-demo",
  catalogue: EXAMPLE.catalogue,
  kind: "pipeline" as const,
  cron: "30 2 * * *",
  timeZone: "Europe/Paris",
  enabled: true,
  input: {},
  missedPolicy: "once" as const,
  timeoutMs: 3_600_000,
  retry: { attempts: 3, backoffMs: 60_000, maxBackoffMs: 3_600_000, jitter: 0.2 },
  expectedByMs: 7_200_000,
  lastRunAt: EXAMPLE.at,
  nextRunAt: EXAMPLE.at,
  nextRuns: [EXAMPLE.at],
  lastDueAt: EXAMPLE.at,
  lastJobId: EXAMPLE.id,
  owedSince: null,
  note: null,
  by: "alice",
};
const {
  id: _id,
  lastRunAt: _run,
  nextRunAt: _next,
  nextRuns: _runs,
  lastDueAt: _due,
  lastJobId: _job,
  owedSince: _owed,
  note: _note,
  by: _by,
  ...inputExample
} = example;
const answer = { description: "The schedule", schema: ScheduleSchema, example };

/** A schedule with the instants at which it is due next; none while it is switched off. */
export function withNextRuns(schedule: Schedule, nowMs: number): Schedule & {
  readonly nextRuns: readonly string[];
} {
  const ahead = schedule.enabled ? nextRuns(schedule, nowMs, AHEAD) : [];
  return { ...schedule, nextRuns: ahead.map((ms) => new Date(ms).toISOString()) };
}

/** The tag of what people say of a schedule: when it ran last is no part of it. */
function tagOf(schedule: Schedule | null): string {
  if (schedule === null) return '"none"';
  const { catalogue, kind, cron, timeZone, enabled, input, by } = schedule;
  const { missedPolicy, timeoutMs, retry, expectedByMs } = schedule;
  return contentTag({
    ...{ catalogue, kind, cron, timeZone, enabled, input, by },
    ...{ missedPolicy, timeoutMs, retry, expectedByMs },
  });
}

/** Refuses the change of a schedule that is not the one that whoever asks has read. */
function asExpected(c: HubContext): (before: Schedule | null) => void {
  const expected = expectedTag(c);
  return (before) => requireTag(expected, tagOf(before));
}

/** The answer of a read or a change, with its tag. */
function shown(c: HubContext, schedule: Schedule) {
  c.header("etag", tagOf(schedule));
  return withNextRuns(schedule, c.get("hub").now());
}

/**
 * Makes or changes a schedule in the name of whoever asks.
 *
 * @throws {AppError} `input-invalid` for an expression, zone or input that cannot be; `not-found` for the catalogue
 */
export async function setSchedule(c: HubContext, id: string, asked: ScheduleInput) {
  const hub = c.get("hub");
  checkCron(asked, hub.now());
  await findCatalogue(hub, asked.catalogue);
  const input = checkJobInput(hub, asked.kind, asked.input);
  c.set("auditNote", { target: id, details: asked });
  const { enabled } = asked;
  await hub.registry.schedules.upsert({ ...asked, id, input, by: actorOf(c) }, asExpected(c));
  const made = (await hub.registry.schedules.get(id))!;
  return made.enabled === enabled ? made : await hub.registry.schedules.setEnabled(id, enabled);
}

/**
 * Starts a schedule's job now; `input` stands in for the schedule's own where it is given.
 *
 * @throws {AppError} `not-found`; `conflict` when there is no such job; what {@linkcode startJob} refuses
 */
export async function runSchedule(c: HubContext, id: string, input?: unknown) {
  const { registry, now } = c.get("hub");
  const schedule = found(await registry.schedules.get(id), "the schedule", id);
  const kind = [...JOB_KINDS, ...HUB_JOB_KINDS].find((known) => known === schedule.kind);
  if (kind === undefined) {
    throw new AppError("conflict", `Cannot run ${id}: no job is called ${schedule.kind}`);
  }
  const { catalogue, timeoutMs, retry } = schedule;
  const job = await startJob(c, {
    catalogue,
    kind,
    input: input ?? schedule.input,
    timeoutMs,
    retry,
    scheduleId: id,
  });
  const lastRunAt = new Date(now()).toISOString();
  await registry.schedules.touch(id, { lastRunAt, lastJobId: job.id });
  return job;
}

/** Endpoints of this area. */
export const SCHEDULES = [
  endpoint({
    method: "get",
    path: "/api/v1/schedules",
    id: "list-schedules",
    tag,
    summary: "What runs by the clock",
    query: z.object({ catalogue: CatalogueName.optional() }),
    answer: {
      description: "Schedules",
      schema: listOf(ScheduleSchema),
      example: { items: [example] },
    },
    async handle({ query }, c) {
      const { registry, now } = c.get("hub"), nowMs = now();
      const items = await registry.schedules.list(query);
      return { items: items.map((schedule) => withNextRuns(schedule, nowMs)) };
    },
  }),
  endpoint({
    method: "get",
    path: "/api/v1/schedules/{id}",
    id: "get-schedule",
    tag,
    summary: "One schedule, with when it is due next",
    params: IdParams,
    answer,
    problems: ["not-found"],
    async handle({ params }, c) {
      const { schedules } = c.get("hub").registry;
      return shown(c, found(await schedules.get(params.id), "the schedule", params.id));
    },
  }),
  endpoint({
    method: "put",
    path: "/api/v1/schedules/{id}",
    id: "set-schedule",
    tag,
    summary: "Makes a schedule, or says anew what it is",
    description: "One that params.yaml makes is left alone by it from then on.",
    params: IdParams,
    body: { schema: ScheduleInput, example: inputExample },
    answer,
    problems: ["not-found", "params-invalid", "revision-stale"],
    takesRevision: true,
    handle: async ({ params, body }, c) => shown(c, await setSchedule(c, params.id, body)),
  }),
  endpoint({
    method: "patch",
    path: "/api/v1/schedules/{id}",
    id: "switch-schedule",
    tag,
    summary: "Pauses a schedule, or lets it go on",
    params: IdParams,
    body: { schema: z.strictObject({ enabled: z.boolean() }), example: { enabled: false } },
    answer,
    problems: ["not-found", "revision-stale"],
    takesRevision: true,
    async handle({ params, body }, c) {
      const { schedules } = c.get("hub").registry;
      c.set("auditNote", { target: params.id, details: body });
      return shown(c, await schedules.setEnabled(params.id, body.enabled, asExpected(c)));
    },
  }),
  endpoint({
    method: "delete",
    path: "/api/v1/schedules/{id}",
    id: "remove-schedule",
    tag,
    summary: "Removes a schedule that somebody made; its jobs stay",
    params: IdParams,
    answer,
    problems: ["not-found", "conflict", "revision-stale"],
    takesRevision: true,
    async handle({ params }, c) {
      const removed = await c.get("hub").registry.schedules.remove(params.id, asExpected(c));
      return { ...removed, nextRuns: [] };
    },
  }),
  endpoint({
    method: "post",
    path: "/api/v1/schedules/{id}/run",
    id: "run-schedule",
    tag,
    summary: "Starts a schedule's job now, whether it is paused or not",
    params: IdParams,
    startsJob: true,
    body: {
      schema: z.strictObject({ input: z.unknown().optional() }),
      example: { input: { params: { "train.c": 1 } } },
      optional: true,
    },
    answer: {
      status: 202,
      description: "Queued; `Location` names the job",
      schema: JobSchema,
      example: JOB_EXAMPLE,
    },
    problems: ["not-found", "conflict", "params-invalid"],
    async handle({ params, body }, c) {
      const job = await runSchedule(c, params.id, body.input);
      c.header("location", `/api/v1/jobs/${job.id}`);
      return job;
    },
  }),
];
