/**
 * Jobs: start, look, follow, cancel.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { CatalogueName } from "@aisle/shared/contract";
import { respondWithBlob } from "../byte_response.ts";
import { found } from "../catalogue_lookup.ts";
import type { HubContext } from "../context.ts";
import { type AnyEndpoint, endpoint } from "../endpoint.ts";
import { streamJobEvents } from "../job_events.ts";
import { stagesOf } from "../job_stages.ts";
import { JOB_INPUTS, startJob } from "../job_start.ts";
import { HUB_JOB_KINDS, JOB_KINDS, type JobKind } from "../ports.ts";
import {
  CatalogueParams,
  EXAMPLE,
  IdParams,
  InstantSchema,
  pageOf,
  PageParams,
} from "../schemas.ts";

const tag = "jobs";
const stageName = z.string().regex(/^[\w .-]{1,100}$/, "must be the name of a stage");
const stateSchema = z.enum(["queued", "running", "succeeded", "failed", "cancelled", "lost"]);

/** How often a failed job is tried again, and how long it waits. */
export const RetrySchema = z.strictObject({
  attempts: z.int().min(1).max(20),
  backoffMs: z.int().min(0),
  maxBackoffMs: z.int().min(0),
  jitter: z.number().min(0).max(1),
}).openapi("RetryPolicy");

/** A job as it travels. */
export const JobSchema = z.object({
  id: z.string(),
  catalogue: z.string(),
  kind: z.string(),
  state: stateSchema,
  attempt: z.int().nonnegative(),
  maxAttempts: z.int().positive(),
  input: z.unknown(),
  result: z.unknown(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  by: z.string(),
  cancelRequested: z.boolean(),
  createdAt: InstantSchema,
  startedAt: InstantSchema.nullable(),
  heartbeatAt: InstantSchema.nullable(),
  endedAt: InstantSchema.nullable(),
  notBefore: InstantSchema.nullable(),
  leaseUntil: InstantSchema.nullable(),
  timeoutMs: z.int().positive().nullable(),
  retry: RetrySchema.nullable(),
  scheduleId: z.string().nullable(),
}).openapi("Job");

const JobStageSchema = z.object({
  stage: z.string(),
  needs: z.array(z.string()).readonly(),
  state: z.enum([
    "waiting",
    "running",
    "done",
    "unchanged",
    "failed",
    "cancelled",
    "lost",
    "skipped",
  ]),
  attempt: z.int().positive().nullable(),
  startedAt: InstantSchema.nullable(),
  endedAt: InstantSchema.nullable(),
  summary: z.string().nullable(),
}).openapi("JobStage");

const JobEventSchema = z.looseObject({
  seq: z.int().nonnegative(),
  at: InstantSchema,
  type: z.enum(["stage", "progress", "log", "metric", "state"]),
}).openapi("JobEvent");

/** A queued job. */
export const JOB_EXAMPLE = {
  id: EXAMPLE.id,
  catalogue: EXAMPLE.catalogue,
  kind: "pipeline",
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
  notBefore: null,
  leaseUntil: null,
  timeoutMs: null,
  retry: null,
  scheduleId: null,
};

/** Starts a job and answers 202 with its address. */
async function answerStarted(c: HubContext, catalogue: string, kind: JobKind, input: unknown) {
  const job = await startJob(c, { catalogue, kind, input });
  c.header("location", `/api/v1/jobs/${job.id}`);
  return job;
}

const started = {
  status: 202 as const,
  description: "Queued; `Location` names the job",
  schema: JobSchema,
  example: JOB_EXAMPLE,
};

const SUMMARIES: Readonly<Record<JobKind, string>> = {
  check: "Checks raw files and writes a report",
  ingest: "Checks raw files and makes a data version of them",
  split: "Assigns products to train, gold and unseen",
  train: "Trains, up to a packed bundle",
  evaluate: "Judges the newest bundle on the gold rows",
  pipeline: "Everything from raw files (or the newest data version) to promotion",
  merge: "Joins the waiting feedback to the data",
  retrain: "Merges feedback, trains from the champion, judges, promotes if accepted",
  tune: "Searches for better params, each trial a tracked run",
  simulate: "Plays users against edges with unseen products",
  score: "Scores a file of products: its rows with code, confidence, and auto or review",
  review: "Fills the review queue from data, feedback and what edges were unsure of",
  inspect: "Looks at the waiting feedback and starts a retrain where the params say so",
};

/** A table to score. */
const TABLE = {
  kind: "table" as const,
  csv: EXAMPLE.digest,
  text: ["title", "description"],
  label: null,
  id: "sku",
  image: null,
  images: null,
};

/** One endpoint a kind, so that each can be called like the command of the same name. */
const STARTS: AnyEndpoint[] = JOB_KINDS.map((kind) =>
  endpoint({
    method: "post",
    path: `/api/v1/catalogues/{catalogue}/${kind}`,
    id: `start-${kind}`,
    tag,
    summary: SUMMARIES[kind],
    description: "Stages whose inputs have not changed answer from before.",
    params: CatalogueParams,
    body: kind === "score"
      ? { schema: JOB_INPUTS[kind], example: { source: TABLE } }
      : { schema: JOB_INPUTS[kind], example: {}, optional: true },
    startsJob: true,
    answer: started,
    problems: ["not-found", "data-invalid"],
    handle: ({ params, body }, c) => answerStarted(c, params.catalogue, kind, body),
  })
);

/** Endpoints of this area. */
export const JOBS: readonly AnyEndpoint[] = [
  endpoint({
    method: "post",
    path: "/api/v1/catalogues/{catalogue}/jobs",
    id: "start-job",
    tag,
    summary: "Starts a job of any kind",
    params: CatalogueParams,
    body: {
      schema: z.strictObject({ kind: z.enum(JOB_KINDS), input: z.unknown().optional() }),
      example: { kind: "pipeline" as const, input: { force: ["train"] } },
    },
    startsJob: true,
    answer: started,
    problems: ["not-found", "data-invalid"],
    handle: ({ params, body }, c) => answerStarted(c, params.catalogue, body.kind, body.input),
  }),
  ...STARTS,
  endpoint({
    method: "get",
    path: "/api/v1/jobs",
    id: "list-jobs",
    tag,
    summary: "Jobs, newest first",
    query: PageParams.extend({
      catalogue: CatalogueName.optional(),
      kind: z.enum([...JOB_KINDS, ...HUB_JOB_KINDS]).optional(),
      state: stateSchema.optional(),
    }),
    answer: {
      description: "A page of jobs",
      schema: pageOf(JobSchema),
      example: { items: [JOB_EXAMPLE], next: null },
    },
    handle: ({ query }, c) => c.get("hub").registry.jobs.list(query),
  }),
  endpoint({
    method: "get",
    path: "/api/v1/jobs/{id}",
    id: "get-job",
    tag,
    summary: "One job",
    params: IdParams,
    answer: { description: "The job", schema: JobSchema, example: JOB_EXAMPLE },
    problems: ["not-found"],
    handle: async ({ params }, c) =>
      found(await c.get("hub").registry.jobs.get(params.id), "the job", params.id),
  }),
  endpoint({
    method: "get",
    path: "/api/v1/jobs/{id}/log",
    id: "get-job-log",
    tag,
    summary: "What a job told, oldest first",
    params: IdParams,
    query: z.object({
      after: z.coerce.number().int().min(0).optional(),
      limit: z.coerce.number().int().min(1).max(1000).optional(),
      stage: stageName.optional(),
    }),
    answer: {
      description:
        "Lines with numbers above `after`; ask again with the last number until none come",
      schema: z.object({ items: z.array(JobEventSchema).readonly() }),
      example: {
        items: [{
          seq: 1,
          at: EXAMPLE.at,
          type: "stage" as const,
          stage: "train",
          state: "running",
        }],
      },
    },
    problems: ["not-found"],
    async handle({ params, query }, c) {
      const { jobs } = c.get("hub").registry;
      found(await jobs.get(params.id), "the job", params.id);
      return { items: await jobs.logs(params.id, query.after, query.limit, query.stage) };
    },
  }),
  endpoint({
    method: "get",
    path: "/api/v1/jobs/{id}/stages",
    id: "list-job-stages",
    tag,
    summary: "The stages of a job as they stand: what each needs, whether it ran, when",
    params: IdParams,
    answer: {
      description: "Stages in the order in which they run",
      schema: z.object({ items: z.array(JobStageSchema).readonly() }),
      example: {
        items: [{
          stage: "train",
          needs: ["features"],
          state: "done" as const,
          attempt: 1,
          startedAt: EXAMPLE.at,
          endedAt: EXAMPLE.at,
          summary: null,
        }],
      },
    },
    problems: ["not-found"],
    async handle({ params }, c) {
      const { registry } = c.get("hub");
      const job = found(await registry.jobs.get(params.id), "the job", params.id);
      return { items: (await stagesOf(registry, [job])).get(job.id)! };
    },
  }),
  endpoint({
    method: "get",
    path: "/api/v1/jobs/{id}/events",
    id: "follow-job",
    tag,
    summary: "What a job tells, as it happens (server-sent events)",
    description:
      "First what is in the log already (after `Last-Event-ID` or `after`), then what comes, " +
      "until the job has ended; of one stage alone where `stage` names it. Each event's data is a JobEvent; the last one has type `state` and `final`.",
    params: IdParams,
    query: z.object({
      after: z.coerce.number().int().min(0).optional(),
      stage: stageName.optional(),
    }),
    answer: {
      description: "A stream of events",
      schema: z.string(),
      example: `id: 1\ndata: {"seq":1,"at":"${EXAMPLE.at}","type":"log","message":"..."}\n\n`,
      contentType: "text/event-stream",
    },
    problems: ["not-found"],
    async handle({ params, query }, c) {
      const job = found(await c.get("hub").registry.jobs.get(params.id), "the job", params.id);
      const last = Number(c.req.header("last-event-id") ?? query.after ?? 0);
      return streamJobEvents(c, job.id, {
        after: Number.isInteger(last) && last > 0 ? last : 0,
        stage: query.stage,
      });
    },
  }),
  endpoint({
    method: "get",
    path: "/api/v1/jobs/{id}/predictions",
    id: "get-predictions",
    tag,
    summary: "What a score job made of its file: CSV",
    description:
      "The file's own columns, behind them code, label, confidence, decision (auto or review) and the next " +
      "guesses. A cell that a spreadsheet would run as a formula begins with an apostrophe.",
    params: IdParams,
    answer: {
      description: "The table",
      schema: z.string(),
      example: "sku,title,code,label,confidence,decision\nA1,Ballon,1280,Toys,0.981234,auto\n",
      contentType: "text/csv",
    },
    problems: ["not-found"],
    async handle({ params }, c) {
      const job = found(await c.get("hub").registry.jobs.get(params.id), "the job", params.id);
      const { blob } = (job.kind === "score" ? job.result : null) as { blob?: string } | null ?? {};
      return await respondWithBlob(c, found(blob ?? null, "predictions of the job", job.id), {
        contentType: "text/csv; charset=utf-8",
        headers: {
          "content-disposition": `attachment; filename="${job.catalogue}-predictions.csv"`,
        },
      });
    },
  }),
  endpoint({
    method: "post",
    path: "/api/v1/jobs/{id}/cancel",
    id: "cancel-job",
    tag,
    summary: "Asks a job to stop",
    params: IdParams,
    answer: {
      description: "The job; a running one stops soon, a queued one has stopped",
      schema: JobSchema,
      example: { ...JOB_EXAMPLE, state: "cancelled" as const, cancelRequested: true },
    },
    problems: ["not-found", "conflict"],
    handle: async ({ params }, c) => await c.get("hub").jobs.cancel(params.id),
  }),
];
