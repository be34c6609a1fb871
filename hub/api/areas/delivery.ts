/**
 * Feedback as edges say that they delivered it, against what is stored.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { findCatalogue } from "../catalogue_lookup.ts";
import { endpoint } from "../endpoint.ts";
import { CatalogueParams } from "../schemas.ts";

const count = z.int().nonnegative();
const DAY_MS = 86_400_000, DEFAULT_DAYS = 7;

/** Endpoints of this area. */
export const DELIVERY = [
  endpoint({
    method: "get",
    path: "/api/v1/catalogues/{catalogue}/feedback/delivery",
    id: "feedback-delivery",
    tag: "feedback",
    summary: "Feedback of each edge: sent, stored, duplicate, missing, kept, refused, dropped",
    description:
      "Since a moment (default: 7 days ago); its hour counts whole. A gap is what an edge was told is stored and is not here.",
    params: CatalogueParams,
    query: z.object({ since: z.iso.datetime({ offset: true }).optional() }),
    answer: {
      description: "One entry an edge, by name",
      schema: z.object({
        items: z.array(z.object({
          edgeId: z.string(),
          received: count,
          sent: count,
          duplicate: count,
          stored: count,
          gap: count,
          kept: count,
          refused: count,
          dropped: count,
        })).readonly(),
      }),
      example: {
        items: [{
          edgeId: "edge-1",
          received: 42,
          sent: 40,
          duplicate: 1,
          stored: 39,
          gap: 0,
          kept: 5,
          refused: 1,
          dropped: 0,
        }],
      },
    },
    problems: ["not-found"],
    async handle({ params: { catalogue }, query: { since } }, c) {
      const hub = c.get("hub");
      await findCatalogue(hub, catalogue);
      const sinceMs = since === undefined ? hub.now() - DEFAULT_DAYS * DAY_MS : Date.parse(since);
      return { items: await hub.registry.delivery.report(catalogue, sinceMs) };
    },
  }),
];
