/**
 * What comes back from the edges: feedback, telemetry, and which edges there are.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { CatalogueName, FeedbackRecord } from "@aisle/shared/contract";
import { EdgeTrouble } from "@aisle/shared/fleet";
import { findCatalogue } from "../catalogue_lookup.ts";
import { endpoint } from "../endpoint.ts";
import {
  CatalogueParams,
  DigestSchema,
  EXAMPLE,
  InstantSchema,
  listOf,
  pageOf,
  PageParams,
} from "../schemas.ts";

const tag = "monitoring";
const stateSchema = z.enum([
  "pending",
  "unjoined",
  "merged",
  "set-aside",
  "quarantined",
  "rejected",
]);
const count = z.int().nonnegative();
const counts = z.record(z.string(), count);
const since = z.iso.datetime({ offset: true }).optional();

const StoredFeedbackSchema = z.object(FeedbackRecord.shape).extend({
  state: stateSchema,
  dataset: z.string().nullable(),
  reason: z.string().nullable(),
  storedAt: InstantSchema,
}).openapi("StoredFeedback");

const FeedbackStatsSchema = z.object({
  n: count,
  correct: count,
  interval: z.object({ value: z.number(), low: z.number(), high: z.number() }),
  joined: count,
  unjoined: count,
  pending: count,
  merged: count,
  setAside: count,
  quarantined: count,
  rejected: count,
  classes: z.record(z.string(), z.object({ n: count, correct: count })),
}).openapi("FeedbackStats");

const TelemetrySchema = z.object({
  windows: count,
  requests: count,
  predictions: count,
  errors: counts,
  codes: counts,
  decisions: z.object({ auto: count, review: count }),
  confidence: z.array(count).readonly(),
  latencyMs: counts,
  latencyP50Ms: z.number().nullable(),
  latencyP95Ms: z.number().nullable(),
  latencyP99Ms: z.number().nullable(),
  pictures: z.object({ used: count, skipped: count, invalid: count }),
  feedback: z.object({
    received: count,
    delivered: count,
    dropped: count,
    duplicate: count.optional(),
    kept: count.optional(),
    refused: count.optional(),
  }),
  boots: z.array(z.object({
    edgeId: z.string(),
    bootId: z.string(),
    windows: count,
    lastSeq: count,
    missing: count,
    dropped: count,
  })).readonly(),
}).openapi("TelemetrySummary");

/** Endpoints of this area. */
export const MONITORING = [
  endpoint({
    method: "get",
    path: "/api/v1/catalogues/{catalogue}/feedback",
    id: "list-feedback",
    tag,
    summary: "Feedback records, newest first",
    params: CatalogueParams,
    query: PageParams.extend({ state: stateSchema.optional() }),
    answer: {
      description: "A page of records",
      schema: pageOf(StoredFeedbackSchema),
      example: {
        items: [{
          idempotencyKey: "k-1",
          edgeId: "edge-1",
          catalogue: EXAMPLE.catalogue,
          requestId: "r-1",
          product: { designation: "Pomme", description: "", productid: "1", imageid: "1" },
          code: "food-fruit",
          predicted: { code: "food-fruit", confidence: 0.91, digest: EXAMPLE.digest },
          source: "user",
          at: EXAMPLE.at,
          state: "pending" as const,
          dataset: null,
          reason: null,
          storedAt: EXAMPLE.at,
        }],
        next: null,
      },
    },
    problems: ["not-found"],
    async handle({ params: { catalogue }, query }, c) {
      const hub = c.get("hub");
      await findCatalogue(hub, catalogue);
      return await hub.registry.feedback.list({ ...query, catalogue });
    },
  }),
  endpoint({
    method: "get",
    path: "/api/v1/catalogues/{catalogue}/feedback/stats",
    id: "feedback-stats",
    tag,
    summary: "How often users agreed, with a 95 % interval, and what waits for a merge",
    params: CatalogueParams,
    query: z.object({ digest: DigestSchema.optional(), since }),
    answer: {
      description: "Counts",
      schema: FeedbackStatsSchema,
      example: {
        n: 100,
        correct: 83,
        interval: { value: 0.83, low: 0.74, high: 0.89 },
        joined: 98,
        unjoined: 2,
        pending: 98,
        merged: 0,
        setAside: 0,
        quarantined: 0,
        rejected: 0,
        classes: { "food-fruit": { n: 4, correct: 3 } },
      },
    },
    problems: ["not-found"],
    async handle({ params: { catalogue }, query }, c) {
      const hub = c.get("hub");
      await findCatalogue(hub, catalogue);
      return await hub.registry.feedback.stats(catalogue, query);
    },
  }),
  endpoint({
    method: "get",
    path: "/api/v1/catalogues/{catalogue}/telemetry",
    id: "telemetry-summary",
    tag,
    summary: "The edges' windows added up, and which are missing",
    params: CatalogueParams,
    query: z.object({ since }),
    answer: {
      description: "Sums since then",
      schema: TelemetrySchema,
      example: {
        windows: 6,
        requests: 120,
        predictions: 118,
        errors: { "input-invalid": 2 },
        codes: { "food-fruit": 118 },
        decisions: { auto: 90, review: 28 },
        confidence: [0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10, 11, 12, 30],
        latencyMs: { "14": 118 },
        latencyP50Ms: 1.9,
        latencyP95Ms: 2.4,
        latencyP99Ms: 3.1,
        pictures: { used: 40, skipped: 60, invalid: 1 },
        feedback: { received: 20, delivered: 20, dropped: 0 },
        boots: [{
          edgeId: "edge-1",
          bootId: "b-1",
          windows: 6,
          lastSeq: 6,
          missing: 0,
          dropped: 0,
        }],
      },
    },
    problems: ["not-found"],
    async handle({ params: { catalogue }, query }, c) {
      const hub = c.get("hub");
      await findCatalogue(hub, catalogue);
      const sinceMs = query.since === undefined ? undefined : Date.parse(query.since);
      return await hub.registry.telemetry.summary(catalogue, sinceMs);
    },
  }),
  endpoint({
    method: "get",
    path: "/api/v1/edges",
    id: "list-edges",
    tag,
    summary: "Edges that the hub has heard of, last seen first",
    query: z.object({ catalogue: CatalogueName.optional() }),
    answer: {
      description: "Edges",
      schema: listOf(z.object({
        edgeId: z.string(),
        catalogue: z.string(),
        digest: z.string().nullable(),
        firstSeenAt: InstantSchema,
        lastSeenAt: InstantSchema,
        sequence: z.int().nullable(),
        trouble: EdgeTrouble.nullable(),
        reportedAt: InstantSchema.nullable(),
      })),
      example: {
        items: [{
          edgeId: "edge-1",
          catalogue: EXAMPLE.catalogue,
          digest: EXAMPLE.digest,
          firstSeenAt: EXAMPLE.at,
          lastSeenAt: EXAMPLE.at,
          sequence: 3,
          trouble: null,
          reportedAt: EXAMPLE.at,
        }],
      },
    },
    handle: async ({ query }, c) => ({ items: await c.get("hub").registry.edges.list(query) }),
  }),
];
