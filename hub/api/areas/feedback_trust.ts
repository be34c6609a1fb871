/**
 * How far feedback is believed: its sources, what waits in quarantine, and products with two codes.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { findCatalogue } from "../catalogue_lookup.ts";
import { actorOf, type HubContext } from "../context.ts";
import { endpoint } from "../endpoint.ts";
import { CatalogueParams, DigestSchema, EXAMPLE, InstantSchema, listOf } from "../schemas.ts";

const tag = "feedback";
const count = z.int().nonnegative();
const trust = z.enum(["trusted", "neutral", "untrusted", "blocked"]);
const name = z.string().min(1).max(100);

const SourceSchema = z.object({
  source: z.string(),
  edgeId: z.string(),
  trust,
  weight: z.number(),
  quotaPerDay: count.nullable(),
  by: z.string().nullable(),
  at: InstantSchema.nullable(),
  records: count,
  lastDay: count,
  pending: count,
  merged: count,
  quarantined: count,
  rejected: count,
  known: count,
  confirms: count,
  firstAt: InstantSchema.nullable(),
  lastAt: InstantSchema.nullable(),
}).openapi("FeedbackSource");

const sourcesAnswer = {
  description: "Sources, most records first",
  schema: listOf(SourceSchema),
  example: {
    items: [{
      source: "user",
      edgeId: "edge-1",
      trust: "neutral" as const,
      weight: 0.5,
      quotaPerDay: null,
      by: null,
      at: null,
      records: 120,
      lastDay: 40,
      pending: 12,
      merged: 100,
      quarantined: 5,
      rejected: 3,
      known: 118,
      confirms: 97,
      firstAt: EXAMPLE.at,
      lastAt: EXAMPLE.at,
    }],
  },
};

const ConflictSchema = z.object({
  content: z.string(),
  designation: z.string(),
  description: z.string(),
  picture: z.string().nullable(),
  sides: z.array(z.object({
    key: z.string(),
    code: z.string(),
    source: z.string(),
    edgeId: z.string(),
    state: z.string(),
    at: InstantSchema,
  })).readonly(),
}).openapi("FeedbackConflict");

const side = { source: "user", edgeId: "edge-1", state: "quarantined", at: EXAMPLE.at };

const Choice = z.union([
  z.strictObject({ keys: z.array(z.string().min(1).max(100)).min(1).max(1000) }),
  z.strictObject({ source: name, edgeId: name }),
]);

/** What waits changed: the alerts about it end with it. */
export async function clearFeedbackAlerts(c: HubContext, catalogue: string): Promise<void> {
  const { registry } = c.get("hub");
  const { quarantined, conflicts } = await registry.quarantine.counts(catalogue);
  if (conflicts === 0) await registry.alerts.clear(catalogue, "feedback-conflict");
  if (quarantined === 0) await registry.alerts.clear(catalogue, "feedback-burst");
}

const decided = {
  description: "How many records it was",
  schema: z.object({ records: count }),
  example: { records: 12 },
};

/** Endpoints of this area. */
export const FEEDBACK_TRUST = [
  endpoint({
    method: "get",
    path: "/api/v1/catalogues/{catalogue}/feedback/sources",
    id: "list-feedback-sources",
    tag,
    summary: "Who gives feedback, how much of it, and how far each is believed",
    params: CatalogueParams,
    answer: sourcesAnswer,
    problems: ["not-found"],
    async handle({ params: { catalogue } }, c) {
      const hub = c.get("hub");
      await findCatalogue(hub, catalogue);
      return { items: await hub.registry.sources.list(catalogue, hub.params.sources) };
    },
  }),
  endpoint({
    method: "post",
    path: "/api/v1/catalogues/{catalogue}/feedback/sources",
    id: "judge-feedback-source",
    tag,
    summary: "Says how far a source is believed: trust, weight, records a day",
    description:
      "Blocked: what it said and waits is rejected, what it gave before neither trains " +
      "nor judges from the next training on. Untrusted: it trains, and no gold row of it judges.",
    params: CatalogueParams,
    body: {
      schema: z.strictObject({
        source: name,
        edgeId: name,
        trust: trust.optional(),
        weight: z.number().min(0).max(1).optional(),
        quotaPerDay: count.nullable().optional(),
      }),
      example: { source: "partner", edgeId: "edge-1", trust: "trusted" as const },
    },
    answer: sourcesAnswer,
    problems: ["not-found"],
    async handle({ params: { catalogue }, body: { source, edgeId, ...change } }, c) {
      const hub = c.get("hub"), by = actorOf(c), limits = hub.params.sources;
      await findCatalogue(hub, catalogue);
      await hub.registry.sources.set(catalogue, { source, edgeId }, change, { by, limits });
      await clearFeedbackAlerts(c, catalogue);
      c.set("auditNote", { target: catalogue, details: { source, edgeId, ...change } });
      return { items: await hub.registry.sources.list(catalogue, limits) };
    },
  }),
  ...(["release", "reject"] as const).map((verb) =>
    endpoint({
      method: "post",
      path: `/api/v1/catalogues/{catalogue}/feedback/${verb}`,
      id: `${verb}-feedback`,
      tag,
      summary: verb === "release"
        ? "Lets quarantined records train and count: by key, or all of a source"
        : "Rejects quarantined records for good: by key, or all of a source",
      params: CatalogueParams,
      body: { schema: Choice, example: { keys: ["k-1", "k-2"] } },
      answer: decided,
      problems: ["not-found"],
      async handle({ params: { catalogue }, body }, c) {
        const hub = c.get("hub");
        await findCatalogue(hub, catalogue);
        const records = await hub.registry.quarantine[verb](catalogue, body, actorOf(c));
        await clearFeedbackAlerts(c, catalogue);
        c.set("auditNote", { target: catalogue, details: { ...body, records } });
        return { records };
      },
    })
  ),
  endpoint({
    method: "get",
    path: "/api/v1/catalogues/{catalogue}/feedback/conflicts",
    id: "list-feedback-conflicts",
    tag,
    summary: "Products that different sources give different codes, those that wait longest first",
    params: CatalogueParams,
    query: z.object({ limit: z.coerce.number().int().min(1).max(1000).optional() }),
    answer: {
      description: "Conflicts",
      schema: listOf(ConflictSchema),
      example: {
        items: [{
          content: EXAMPLE.digest,
          designation: "Pomme",
          description: "",
          picture: null,
          sides: [
            { ...side, key: "k-1", code: "food-fruit" },
            { ...side, key: "k-2", code: "animal-bird", source: "partner" },
          ],
        }],
      },
    },
    problems: ["not-found"],
    async handle({ params: { catalogue }, query: { limit } }, c) {
      const hub = c.get("hub");
      await findCatalogue(hub, catalogue);
      const options = limit === undefined ? {} : { limit };
      return { items: await hub.registry.quarantine.conflicts(catalogue, options) };
    },
  }),
  endpoint({
    method: "post",
    path: "/api/v1/catalogues/{catalogue}/feedback/conflicts/resolve",
    id: "resolve-feedback-conflict",
    tag,
    summary: "Believes one code of a conflict: its side is released, the others are rejected",
    params: CatalogueParams,
    body: {
      schema: z.strictObject({ content: DigestSchema, code: z.string().min(1).max(200) }),
      example: { content: EXAMPLE.digest, code: "food-fruit" },
    },
    answer: {
      description: "Resolved",
      schema: z.object({ content: z.string(), code: z.string() }),
      example: { content: EXAMPLE.digest, code: "food-fruit" },
    },
    problems: ["not-found", "unknown-code"],
    async handle({ params: { catalogue }, body: { content, code } }, c) {
      const hub = c.get("hub");
      await findCatalogue(hub, catalogue);
      await hub.registry.quarantine.resolve(catalogue, content, code, actorOf(c));
      await clearFeedbackAlerts(c, catalogue);
      c.set("auditNote", { target: catalogue, details: { content, code } });
      return { content, code };
    },
  }),
];
