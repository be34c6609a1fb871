/**
 * Tracking: experiments, search over runs, runs beside each other, notes.
 *
 * Clients log runs through MLflow's API, beside this one.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { parseQuery } from "../../registry/query/parse.ts";
import { endpoint } from "../endpoint.ts";
import { EXAMPLE, IdParams, InstantSchema, pageOf, PageParams } from "../schemas.ts";
import { runExample, RunSchema } from "./runs.ts";

const tag = "tracking";

const ExperimentSchema = z.object({
  id: z.int(),
  name: z.string(),
  catalogue: z.string().nullable(),
  tags: z.record(z.string(), z.string()),
  createdAt: InstantSchema,
  updatedAt: InstantSchema,
  deletedAt: InstantSchema.nullable(),
}).openapi("Experiment");

const SearchParams = PageParams.extend({
  query: z.string().max(10_000).default(""),
  lifecycle: z.enum(["active", "deleted", "all"]).optional(),
});

const valueSchema = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const commaList = (max: number) =>
  z.string().max(max).transform((text) => text.split(",").filter((part) => part !== ""));

const LANGUAGE = 'For example `metrics.f1_weighted > 0.8 and params.text.ngrams = "2-5" order by ' +
  "metrics.f1_weighted desc`. Fields: metrics.NAME, params.NAME, tags.NAME and attributes by their " +
  "name; comparisons: = != < <= > >= like ilike in, is null; and, or, not, parentheses. Errors name " +
  "the position.";

/** Endpoints of this area. */
export const TRACKING = [
  endpoint({
    method: "get",
    path: "/api/v1/experiments",
    id: "search-experiments",
    tag,
    summary: "Experiments, newest first unless the query orders them",
    description: LANGUAGE,
    query: SearchParams,
    answer: {
      description: "A page of experiments",
      schema: pageOf(ExperimentSchema),
      example: {
        items: [{
          id: 1,
          name: EXAMPLE.catalogue,
          catalogue: EXAMPLE.catalogue,
          tags: {},
          createdAt: EXAMPLE.at,
          updatedAt: EXAMPLE.at,
          deletedAt: null,
        }],
        next: null,
      },
    },
    handle: ({ query: { query, ...page } }, c) =>
      c.get("hub").registry.experiments.search({ ...page, query: parseQuery(query) }),
  }),
  endpoint({
    method: "get",
    path: "/api/v1/search/runs",
    id: "search-runs",
    tag,
    summary: "Runs that a query finds, newest first unless it orders them",
    description: LANGUAGE,
    query: SearchParams.extend({ experiment: z.coerce.number().int().min(0).optional() }),
    answer: {
      description: "A page of runs",
      schema: pageOf(RunSchema),
      example: { items: [runExample], next: null },
    },
    handle: ({ query: { query, experiment, ...page } }, c) =>
      c.get("hub").registry.runs.search({
        ...page,
        query: parseQuery(query),
        experiments: experiment === undefined ? undefined : [experiment],
      }),
  }),
  endpoint({
    method: "get",
    path: "/api/v1/compare/runs",
    id: "compare-runs",
    tag,
    summary: "Runs beside each other: params that differ, curves laid over each other",
    description: "Curves are thinned to about `points` each; without `metrics` all are shown.",
    query: z.object({
      ids: commaList(3000),
      metrics: commaList(3000).optional(),
      points: z.coerce.number().int().min(2).max(5000).optional(),
    }),
    answer: {
      description: "The comparison; params that differ come first",
      schema: z.object({
        runs: z.array(RunSchema).readonly(),
        params: z.array(z.object({
          name: z.string(),
          differs: z.boolean(),
          values: z.array(valueSchema).readonly(),
        })).readonly(),
        metrics: z.array(z.object({
          name: z.string(),
          curves: z.array(z.object({
            run: z.string(),
            points: z.array(
              z.object({ step: z.int(), value: z.number().nullable(), at: InstantSchema }),
            ).readonly(),
          })).readonly(),
        })).readonly(),
      }),
      example: {
        runs: [runExample],
        params: [{ name: "train.c", differs: false, values: [1] }],
        metrics: [{
          name: "loss",
          curves: [{ run: EXAMPLE.id, points: [{ step: 0, value: 0.7, at: EXAMPLE.at }] }],
        }],
      },
    },
    problems: ["not-found"],
    handle: ({ query: { ids, metrics, points } }, c) =>
      c.get("hub").registry.runs.compare(ids, {
        metrics,
        ...(points === undefined ? {} : { maxPoints: points }),
      }),
  }),
  endpoint({
    method: "patch",
    path: "/api/v1/runs/{id}/tags",
    id: "tag-run",
    tag,
    summary: "Sets tags of a run, removes those that are null",
    description: "A run's note is its tag `mlflow.note.content`.",
    params: IdParams,
    body: {
      schema: z.record(z.string().min(1).max(250), z.string().max(8000).nullable()),
      example: { "mlflow.note.content": "best so far", draft: null },
    },
    answer: { description: "The run", schema: RunSchema, example: runExample },
    problems: ["not-found", "conflict"],
    async handle({ params: { id }, body }, c) {
      const { clientRuns, runs } = c.get("hub").registry;
      await clientRuns.log(id, { tags: body });
      c.set("auditNote", { target: id, details: { tags: Object.keys(body) } });
      return (await runs.get(id))!;
    },
  }),
];
