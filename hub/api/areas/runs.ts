/**
 * Tracked runs: params, figures by step, artifacts.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { CatalogueName } from "@aisle/shared/contract";
import { found } from "../catalogue_lookup.ts";
import { endpoint } from "../endpoint.ts";
import {
  DigestSchema,
  EXAMPLE,
  FiguresSchema,
  IdParams,
  InstantSchema,
  listOf,
  pageOf,
  PageParams,
} from "../schemas.ts";

const tag = "runs";
const stateSchema = z.enum(["running", "succeeded", "failed", "cancelled", "lost"]);

const LinksSchema = z.object({
  datasets: z.array(z.unknown()).readonly().optional(),
  models: z.array(z.unknown()).readonly().optional(),
});

/** A run as it travels. */
export const RunSchema = z.object({
  id: z.string(),
  /** Empty where it belongs to none. */
  catalogue: z.string(),
  experiment: z.int(),
  kind: z.string(),
  name: z.string(),
  state: stateSchema,
  jobId: z.string().nullable(),
  params: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  tags: z.record(z.string(), z.string()),
  metrics: FiguresSchema,
  datasetDigest: z.string().nullable(),
  bundleDigest: z.string().nullable(),
  codeVersion: z.string().nullable(),
  device: z.string().nullable(),
  error: z.string().nullable(),
  inputs: LinksSchema,
  outputs: LinksSchema,
  createdAt: InstantSchema,
  startedAt: InstantSchema,
  endedAt: InstantSchema.nullable(),
  deletedAt: InstantSchema.nullable(),
}).openapi("Run");

/** An example for the documentation. */
export const runExample = {
  id: EXAMPLE.id,
  catalogue: EXAMPLE.catalogue,
  experiment: 1,
  kind: "pipeline",
  name: "pipeline",
  state: "succeeded" as const,
  jobId: EXAMPLE.id,
  params: { "train.c": 1, "train.passes": 8 },
  tags: {},
  metrics: { accuracy: 0.93, weightedF1: 0.93 },
  datasetDigest: EXAMPLE.other,
  bundleDigest: EXAMPLE.digest,
  codeVersion: EXAMPLE.other,
  device: "cpu",
  error: null,
  inputs: {},
  outputs: {},
  createdAt: EXAMPLE.at,
  startedAt: EXAMPLE.at,
  endedAt: EXAMPLE.at,
  deletedAt: null,
};

/** Endpoints of this area. */
export const RUNS = [
  endpoint({
    method: "get",
    path: "/api/v1/runs",
    id: "list-runs",
    tag,
    summary: "Runs, newest first",
    query: PageParams.extend({
      catalogue: CatalogueName.optional(),
      kind: z.string().max(100).optional(),
      state: stateSchema.optional(),
    }),
    answer: {
      description: "A page of runs",
      schema: pageOf(RunSchema),
      example: { items: [runExample], next: null },
    },
    handle: ({ query }, c) => c.get("hub").registry.runs.list(query),
  }),
  endpoint({
    method: "get",
    path: "/api/v1/runs/{id}",
    id: "get-run",
    tag,
    summary: "One run",
    params: IdParams,
    answer: { description: "The run", schema: RunSchema, example: runExample },
    problems: ["not-found"],
    handle: async ({ params }, c) =>
      found(await c.get("hub").registry.runs.get(params.id), "the run", params.id),
  }),
  endpoint({
    method: "get",
    path: "/api/v1/runs/{id}/metrics",
    id: "get-run-metrics",
    tag,
    summary: "Every value of every figure of a run",
    params: IdParams,
    answer: {
      description: "One series a figure, by rising step",
      schema: listOf(z.object({
        name: z.string(),
        points: z.array(
          z.object({ step: z.int(), value: z.number().nullable(), at: InstantSchema }),
        ).readonly(),
      })),
      example: { items: [{ name: "loss", points: [{ step: 0, value: 0.7, at: EXAMPLE.at }] }] },
    },
    problems: ["not-found"],
    async handle({ params }, c) {
      const { runs } = c.get("hub").registry;
      found(await runs.get(params.id), "the run", params.id);
      return { items: await runs.metrics(params.id) };
    },
  }),
  endpoint({
    method: "get",
    path: "/api/v1/runs/{id}/artifacts",
    id: "list-run-artifacts",
    tag,
    summary: "What a run left, by name; the bytes are blobs",
    params: IdParams,
    answer: {
      description: "Artifacts",
      schema: listOf(z.object({
        runId: z.string(),
        name: z.string(),
        digest: DigestSchema,
        sizeBytes: z.int(),
        contentType: z.string(),
        createdAt: InstantSchema,
      })),
      example: {
        items: [{
          runId: EXAMPLE.id,
          name: "evaluation.html",
          digest: EXAMPLE.digest,
          sizeBytes: 48_213,
          contentType: "text/html",
          createdAt: EXAMPLE.at,
        }],
      },
    },
    problems: ["not-found"],
    async handle({ params }, c) {
      const { runs } = c.get("hub").registry;
      found(await runs.get(params.id), "the run", params.id);
      return { items: await runs.artifacts(params.id) };
    },
  }),
];
