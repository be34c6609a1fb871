/**
 * What monitoring found: reports, figures by time, and what each edge sees.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { sketchQuantile } from "@aisle/shared/stats";
import type { TelemetrySums } from "../../registry/telemetry_sums.ts";
import { findCatalogue } from "../catalogue_lookup.ts";
import { endpoint } from "../endpoint.ts";
import { CatalogueParams, EXAMPLE, InstantSchema, listOf } from "../schemas.ts";

const tag = "monitoring";
const count = z.int().nonnegative();
const severity = z.enum(["none", "warning", "critical"]);
const counted = z.object({ n: count, value: z.number(), low: z.number(), high: z.number() });
const share = z.number().nullable();

const ReportSchema = z.object({
  catalogue: z.string(),
  at: InstantSchema,
  digest: z.string().nullable(),
  windowHours: z.number(),
  traffic: z.object({
    requests: count,
    predictions: count,
    errors: count,
    reviewShare: share,
    latencyP50Ms: share,
    latencyP95Ms: share,
    latencyP99Ms: share,
  }),
  accuracy: counted.nullable(),
  expectedAccuracy: counted.nullable().optional(),
  accuracySeverity: severity.optional(),
  estimatedAccuracy: counted.extend({
    classes: z.record(z.string(), z.object({ n: count, value: z.number() })),
  }).nullable(),
  drift: z.object({
    severity,
    findings: z.array(z.object({
      what: z.string(),
      area: z.enum(["inputs", "predictions", "confidence"]),
      n: count,
      psi: share,
      jensenShannon: share,
      chiSquared: z.object({ statistic: z.number(), df: count, p: z.number() }).nullable(),
      severity,
      expected: z.array(z.number()).readonly(),
      observed: z.array(z.number()).readonly(),
      buckets: z.array(z.string()).readonly(),
    })).readonly(),
    why: z.string().nullable(),
  }),
  recallDrops: z.array(z.object({
    code: z.string(),
    expected: z.number(),
    observed: counted,
    severity,
  })).readonly(),
}).openapi("MonitorReport");

const accuracy = { n: 120, value: 0.9, low: 0.83, high: 0.94 };
const report = {
  catalogue: EXAMPLE.catalogue,
  at: EXAMPLE.at,
  digest: EXAMPLE.digest,
  windowHours: 24,
  traffic: {
    requests: 1200,
    predictions: 1210,
    errors: 3,
    reviewShare: 0.2,
    latencyP50Ms: 2.1,
    latencyP95Ms: 4,
    latencyP99Ms: 9,
  },
  accuracy,
  expectedAccuracy: { n: 300, value: 0.93, low: 0.9, high: 0.95 },
  accuracySeverity: "none" as const,
  estimatedAccuracy: {
    n: 1210,
    value: 0.92,
    low: 0.91,
    high: 0.93,
    classes: { "food-fruit": { n: 300, value: 0.95 } },
  },
  drift: {
    severity: "warning" as const,
    findings: [{
      what: "pictures.share",
      area: "inputs" as const,
      n: 1210,
      psi: 0.13,
      jensenShannon: 0.02,
      chiSquared: { statistic: 61.2, df: 1, p: 5e-15 },
      severity: "warning" as const,
      expected: [0.8, 0.2],
      observed: [0.65, 0.35],
      buckets: ["with", "without"],
    }],
    why: null,
  },
  recallDrops: [],
};

const PointSchema = z.object({
  start: InstantSchema,
  requests: count,
  predictions: count,
  errors: count,
  review: count,
  meanConfidence: share,
  pictures: count,
  latencyP50Ms: share,
  latencyP95Ms: share,
  latencyP99Ms: share,
}).openapi("TelemetryPoint");
const point = {
  start: EXAMPLE.at,
  requests: 50,
  predictions: 52,
  errors: 0,
  review: 9,
  meanConfidence: 0.91,
  pictures: 30,
  latencyP50Ms: 2.1,
  latencyP95Ms: 4,
  latencyP99Ms: 9,
};

/** The figures of `sums` that are shown by time and by edge. */
export function figuresOf(sums: TelemetrySums): Omit<z.infer<typeof PointSchema>, "start"> {
  const quantile = (q: number) => {
    const value = sketchQuantile(sums.latencyMs, q);
    return Number.isNaN(value) ? null : value;
  };
  const told = Object.values(sums.confidenceSums).reduce(
    (sum, [confidence]) => sum + confidence,
    0,
  );
  return {
    requests: sums.requests,
    predictions: sums.predictions,
    errors: Object.values(sums.errors).reduce((sum, n) => sum + n, 0),
    review: sums.decisions.review,
    meanConfidence: told === 0 || sums.predictions === 0
      ? null
      : Math.min(1, told / sums.predictions),
    pictures: sums.inputs.pictures.reduce((sum, n) => sum + n, 0),
    latencyP50Ms: quantile(0.5),
    latencyP95Ms: quantile(0.95),
    latencyP99Ms: quantile(0.99),
  };
}

const DAY_MS = 86_400_000;

/** Endpoints of this area. */
export const MONITORING_REPORTS = [
  endpoint({
    method: "get",
    path: "/api/v1/catalogues/{catalogue}/monitoring",
    id: "monitoring-overview",
    tag,
    summary: "The newest report, and how many alerts are not resolved",
    params: CatalogueParams,
    answer: {
      description: "Report (null before the first look) and alerts by severity",
      schema: z.object({
        report: ReportSchema.nullable(),
        alerts: z.object({ info: count, warning: count, critical: count }),
      }),
      example: { report, alerts: { info: 0, warning: 1, critical: 0 } },
    },
    problems: ["not-found"],
    async handle({ params: { catalogue } }, c) {
      const hub = c.get("hub");
      await findCatalogue(hub, catalogue);
      const [report, alerts] = await Promise.all([
        hub.registry.monitoring.latest(catalogue),
        hub.registry.alerts.count(catalogue),
      ]);
      return { report, alerts };
    },
  }),
  endpoint({
    method: "post",
    path: "/api/v1/catalogues/{catalogue}/monitoring/look",
    id: "monitoring-look",
    tag,
    summary: "Looks now: accuracy, drift, recall by class; raises and clears alerts",
    params: CatalogueParams,
    answer: { description: "What was found", schema: ReportSchema, example: report },
    problems: ["not-found"],
    async handle({ params: { catalogue } }, c) {
      const hub = c.get("hub");
      await findCatalogue(hub, catalogue);
      c.set("auditNote", { target: catalogue });
      return await hub.monitor.look(catalogue);
    },
  }),
  endpoint({
    method: "get",
    path: "/api/v1/catalogues/{catalogue}/monitoring/reports",
    id: "monitoring-reports",
    tag,
    summary: "Reports, newest first",
    params: CatalogueParams,
    query: z.object({
      limit: z.coerce.number().int().min(1).max(500).optional(),
      since: z.iso.datetime({ offset: true }).optional(),
    }),
    answer: {
      description: "Reports",
      schema: listOf(ReportSchema),
      example: { items: [report] },
    },
    problems: ["not-found"],
    async handle({ params: { catalogue }, query: { limit, since } }, c) {
      const hub = c.get("hub");
      await findCatalogue(hub, catalogue);
      const sinceUtc = since === undefined ? undefined : new Date(since).toISOString();
      return { items: await hub.registry.monitoring.list(catalogue, { limit, since: sinceUtc }) };
    },
  }),
  endpoint({
    method: "get",
    path: "/api/v1/catalogues/{catalogue}/monitoring/series",
    id: "monitoring-series",
    tag,
    summary: "Traffic, latency, errors and confidence by minute, hour or day",
    description:
      "The longer ago it begins the coarser it is; of one edge by hour. A day when absent.",
    params: CatalogueParams,
    query: z.object({
      since: z.iso.datetime({ offset: true }).optional(),
      edge: z.string().min(1).max(100).optional(),
    }),
    answer: {
      description: "Figures, oldest first",
      schema: listOf(PointSchema),
      example: { items: [point] },
    },
    problems: ["not-found"],
    async handle({ params: { catalogue }, query: { since, edge } }, c) {
      const hub = c.get("hub");
      await findCatalogue(hub, catalogue);
      const sinceMs = since === undefined ? hub.now() - DAY_MS : Date.parse(since);
      const points = await hub.registry.telemetry.series(catalogue, { sinceMs, edgeId: edge });
      return {
        items: points.map(({ start, ...sums }) => ({
          start: new Date(start).toISOString(),
          ...figuresOf(sums),
        })),
      };
    },
  }),
];
