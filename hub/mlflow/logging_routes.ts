/**
 * What runs log: metrics, params, tags, inputs and outputs; and the histories of metrics.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { AppError } from "@aisle/shared/errors";
import type { HubContext } from "../api/context.ts";
import type { ClientLog } from "../registry/client_runs.ts";
import type { MetricSeries } from "../registry/runs.ts";
import { CLIENT_KIND } from "../registry/run_rows.ts";
import { type Route, route } from "./route.ts";
import { findRun, RunId, runIdOf } from "./run_routes.ts";
import { metricOut } from "./run_wire.ts";
import {
  KeySchema,
  MetricValue,
  Millis,
  millis,
  ParamValue,
  recordOf,
  TagSchema,
  TextList,
  Whole,
} from "./wire.ts";

/** Most of each in one batch, and most of all together. */
const MAX_METRICS = 1000, MAX_PARAMS = 100, MAX_TAGS = 100, MAX_ENTITIES = 1000;
/** Most points of one run in an answer about several, and most of these. */
const MAX_BULK_POINTS = 2500, MAX_BULK_RUNS = 100;

const MetricSchema = z.object({
  key: KeySchema,
  value: MetricValue,
  timestamp: Millis,
  step: Whole.default(0),
});
const ParamSchema = z.object({ key: KeySchema, value: ParamValue.default("") });

const registryOf = (c: HubContext) => c.get("hub").registry;

/** Logs to a run, and keeps its name level with its tag. */
async function log(c: HubContext, id: string, log: ClientLog): Promise<Record<string, never>> {
  const { clientRuns, runs } = registryOf(c);
  await clientRuns.log(id, log);
  const name = log.tags?.["mlflow.runName"];
  if (name && (await runs.get(id))?.kind === CLIENT_KIND) await clientRuns.update(id, { name });
  return {};
}

function point({ key, value, timestamp, step }: z.output<typeof MetricSchema>) {
  return { name: key, value, atMs: timestamp, step };
}

/** The params of a batch. @throws {AppError} `input-invalid` when one has two values */
function paramsOf(params: readonly z.output<typeof ParamSchema>[]): Record<string, string> {
  const record: Record<string, string> = {};
  for (const { key, value } of params) {
    if (Object.hasOwn(record, key) && record[key] !== value) {
      throw new AppError(
        "input-invalid",
        `Cannot log param ${key}: the batch has two values of it`,
      );
    }
    record[key] = value;
  }
  return record;
}

/** The page `token` of `items`; tokens are offsets, since a history only grows at its end. */
function slice<T>(items: readonly T[], size: number | undefined, token: string | undefined) {
  if (token && !/^\d{1,12}$/.test(token)) {
    throw new AppError(
      "input-invalid",
      `Invalid page token: current value is ${token.slice(0, 60)}`,
    );
  }
  const from = Number(token || 0);
  const to = size === undefined ? items.length : from + size;
  return {
    items: items.slice(from, to),
    ...(to < items.length ? { next_page_token: String(to) } : {}),
  };
}

function pointsOut(key: string, series: MetricSeries | undefined) {
  return (series?.points ?? []).map(({ step, value, at }) =>
    metricOut(key, { step, value, atMs: millis(at) })
  );
}

/** Routes of what runs log. */
export const LOGGING_ROUTES: readonly Route[] = [
  route({
    method: "POST",
    path: "/runs/log-metric",
    input: RunId.extend(MetricSchema.shape),
    handle: (input, c) => log(c, runIdOf(input), { metrics: [point(input)] }),
  }),
  route({
    method: "POST",
    path: "/runs/log-parameter",
    input: RunId.extend(ParamSchema.shape),
    handle: (input, c) => log(c, runIdOf(input), { params: { [input.key]: input.value } }),
  }),
  route({
    method: "POST",
    path: "/runs/set-tag",
    input: RunId.extend(TagSchema.shape),
    handle: (input, c) => log(c, runIdOf(input), { tags: { [input.key]: input.value } }),
  }),
  route({
    method: "POST",
    path: "/runs/delete-tag",
    input: RunId.extend({ key: KeySchema }),
    async handle(input, c) {
      const { id, tags, deletedAt } = await findRun(c, runIdOf(input));
      if (deletedAt === null && !Object.hasOwn(tags, input.key)) {
        throw new AppError("not-found", `No tag with name: ${input.key} in run with id ${id}`);
      }
      return await log(c, id, { tags: { [input.key]: null } });
    },
  }),
  route({
    method: "POST",
    path: "/runs/log-batch",
    input: RunId.extend({
      metrics: z.array(MetricSchema).max(MAX_METRICS).default([]),
      params: z.array(ParamSchema).max(MAX_PARAMS).default([]),
      tags: z.array(TagSchema).max(MAX_TAGS).default([]),
    }),
    async handle({ metrics, params, tags, ...id }, c) {
      const entities = metrics.length + params.length + tags.length;
      if (entities > MAX_ENTITIES) {
        throw new AppError(
          "input-invalid",
          `Cannot log a batch: it holds at most ${MAX_ENTITIES} things: current value is ${entities}`,
        );
      }
      return await log(c, runIdOf(id), {
        metrics: metrics.map(point),
        params: paramsOf(params),
        tags: recordOf(tags),
      });
    },
  }),
  route({
    method: "POST",
    path: "/runs/log-model",
    input: RunId.extend({ model_json: z.string().max(100_000) }),
    async handle({ model_json, ...input }, c) {
      const id = runIdOf(input), key = "mlflow.log-model.history";
      const run = await findRun(c, id);
      let history: unknown[];
      try {
        history = [...JSON.parse(run.tags[key] ?? "[]"), JSON.parse(model_json)];
      } catch (cause) {
        throw new AppError("input-invalid", "Malformed model info: it is not JSON", { cause });
      }
      return await log(c, id, { tags: { [key]: JSON.stringify(history) } });
    },
  }),
  route({
    method: "POST",
    path: "/runs/log-inputs",
    input: RunId.extend({
      datasets: z.array(z.record(z.string(), z.unknown())).default([]),
      models: z.array(z.record(z.string(), z.unknown())).default([]),
    }),
    async handle({ datasets, models, ...id }, c) {
      await registryOf(c).clientRuns.link(runIdOf(id), "inputs", { datasets, models });
      return {};
    },
  }),
  route({
    method: "POST",
    path: "/runs/outputs",
    input: RunId.extend({ models: z.array(z.record(z.string(), z.unknown())).default([]) }),
    async handle({ models, ...id }, c) {
      await registryOf(c).clientRuns.link(runIdOf(id), "outputs", { models });
      return {};
    },
  }),
  route({
    method: "GET",
    path: "/metrics/get-history",
    input: RunId.extend({
      metric_key: z.string(),
      page_token: z.string().optional(),
      max_results: Whole.pipe(z.int().min(1)).optional(),
    }),
    async handle({ metric_key: key, page_token, max_results, ...input }, c) {
      const { id } = await findRun(c, runIdOf(input));
      const [series] = await registryOf(c).runs.metrics(id, key);
      const { items, ...next } = slice(pointsOut(key, series), max_results, page_token);
      return { metrics: items, ...next };
    },
  }),
  route({
    method: "GET",
    path: "/metrics/get-history-bulk-interval",
    input: z.object({
      run_ids: TextList.pipe(z.array(z.string()).min(1).max(MAX_BULK_RUNS)),
      metric_key: z.string().min(1),
      start_step: Whole.optional(),
      end_step: Whole.optional(),
      max_results: Whole.pipe(z.int().min(1).max(MAX_BULK_POINTS)).default(MAX_BULK_POINTS),
    }),
    async handle({ run_ids, metric_key: key, start_step, end_step, max_results }, c) {
      if ((start_step === undefined) !== (end_step === undefined)) {
        throw new AppError(
          "input-invalid",
          "If either start step or end step are specified, both must be specified.",
        );
      }
      const from = start_step ?? -Infinity, to = end_step ?? Infinity;
      if (from > to) {
        throw new AppError("input-invalid", "end_step must be greater than start_step.");
      }
      const histories = [];
      for (const run_id of run_ids) {
        const [series] = await registryOf(c).runs.metrics((await findRun(c, run_id)).id, key);
        const points = pointsOut(key, series).filter(({ step }) => step >= from && step <= to);
        histories.push(points.map((point) => ({ run_id, ...point })));
      }
      const steps = sampledSteps(histories.map((of) => of.map(({ step }) => step)), max_results);
      return { metrics: histories.flatMap((of) => of.filter(({ step }) => steps.has(step))) };
    },
  }),
];

/** About `max` of all steps, evenly, with the first and last of every run: the same for all, so that curves compare. */
export function sampledSteps(byRun: readonly (readonly number[])[], max: number): Set<number> {
  const all = [...new Set(byRun.flat())].sort((a, b) => a - b);
  if (all.length <= max) return new Set(all);
  const even = Array.from({ length: max }, (_, i) => all[Math.floor(i * all.length / max)]!);
  const ends = byRun.filter((steps) => steps.length > 0).flatMap((
    steps,
  ) => [steps[0]!, steps.at(-1)!]);
  return new Set([...even, ...ends]);
}
