/**
 * Alerts: what needs somebody's eye, and what was done about it.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { CatalogueName } from "@aisle/shared/contract";
import { found } from "../catalogue_lookup.ts";
import { actorOf } from "../context.ts";
import { endpoint } from "../endpoint.ts";
import { EXAMPLE, IdParams, InstantSchema, pageOf, PageParams } from "../schemas.ts";

const tag = "alerts";

/** How bad an alert is. */
export const SeveritySchema = z.enum(["info", "warning", "critical"]);

const AlertSchema = z.object({
  id: z.string(),
  catalogue: z.string(),
  key: z.string(),
  kind: z.string(),
  severity: SeveritySchema,
  state: z.enum(["open", "acknowledged", "resolved"]),
  message: z.string(),
  details: z.unknown(),
  raisedAt: InstantSchema,
  lastRaisedAt: InstantSchema,
  times: z.int().positive(),
  acknowledgedAt: InstantSchema.nullable(),
  acknowledgedBy: z.string().nullable(),
  mutedUntil: InstantSchema.nullable(),
  mutedBy: z.string().nullable(),
  resolvedAt: InstantSchema.nullable(),
  resolvedBy: z.string().nullable(),
}).openapi("Alert");

const example = {
  id: EXAMPLE.id,
  catalogue: EXAMPLE.catalogue,
  key: "drift",
  kind: "drift",
  severity: "warning" as const,
  state: "acknowledged" as const,
  message: "Drift in demo: confidence (PSI 0.14)",
  details: { findings: [{ what: "confidence", psi: 0.14, n: 1200 }] },
  raisedAt: EXAMPLE.at,
  lastRaisedAt: EXAMPLE.at,
  times: 12,
  acknowledgedAt: EXAMPLE.at,
  acknowledgedBy: "alice",
  mutedUntil: null,
  mutedBy: null,
  resolvedAt: null,
  resolvedBy: null,
};
const answer = { description: "The alert", schema: AlertSchema, example };

/** Endpoints of this area. */
export const ALERTS = [
  endpoint({
    method: "get",
    path: "/api/v1/alerts",
    id: "list-alerts",
    tag,
    summary: "Alerts, newest first",
    query: PageParams.extend({
      catalogue: CatalogueName.optional(),
      state: z.enum(["open", "acknowledged", "resolved", "unresolved"]).optional(),
    }),
    answer: {
      description: "A page of alerts",
      schema: pageOf(AlertSchema),
      example: { items: [example], next: null },
    },
    handle: ({ query }, c) => c.get("hub").registry.alerts.list(query),
  }),
  endpoint({
    method: "get",
    path: "/api/v1/alerts/{id}",
    id: "get-alert",
    tag,
    summary: "One alert",
    params: IdParams,
    answer,
    problems: ["not-found"],
    handle: async ({ params: { id } }, c) =>
      found(await c.get("hub").registry.alerts.get(id), "the alert", id),
  }),
  endpoint({
    method: "post",
    path: "/api/v1/alerts/{id}/acknowledge",
    id: "acknowledge-alert",
    tag,
    summary: "Somebody knows; it stays until it is over, and comes back when it gets worse",
    params: IdParams,
    answer,
    problems: ["not-found", "conflict"],
    handle({ params: { id } }, c) {
      c.set("auditNote", { target: id });
      return c.get("hub").registry.alerts.acknowledge(id, actorOf(c));
    },
  }),
  endpoint({
    method: "post",
    path: "/api/v1/alerts/{id}/mute",
    id: "mute-alert",
    tag,
    summary: "No messages about it until then, also where it ends and comes back; null ends that",
    params: IdParams,
    body: {
      schema: z.strictObject({ until: z.iso.datetime({ offset: true }).nullable() }),
      example: { until: EXAMPLE.at },
    },
    answer,
    problems: ["not-found"],
    handle({ params: { id }, body: { until } }, c) {
      c.set("auditNote", { target: id, details: { until } });
      return c.get("hub").registry.alerts.mute(id, until, actorOf(c));
    },
  }),
  endpoint({
    method: "post",
    path: "/api/v1/alerts/{id}/resolve",
    id: "resolve-alert",
    tag,
    summary: "It is over; found again, it is a new alert",
    params: IdParams,
    answer,
    problems: ["not-found"],
    handle({ params: { id } }, c) {
      c.set("auditNote", { target: id });
      return c.get("hub").registry.alerts.resolve(id, actorOf(c));
    },
  }),
];
