/**
 * The audit.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { endpoint } from "../endpoint.ts";
import { EXAMPLE, InstantSchema, pageOf, PageParams } from "../schemas.ts";

const moment = z.iso.datetime({ offset: true }).transform((text) => new Date(text).toISOString());

/** Endpoints of this area. */
export const ADMINISTRATION = [
  endpoint({
    method: "get",
    path: "/api/v1/audit",
    id: "list-audit",
    tag: "audit",
    summary: "Who changed what, newest first",
    query: PageParams.extend({
      actor: z.string().max(200).optional(),
      action: z.string().max(200).optional(),
      since: moment.optional(),
      until: moment.optional(),
    }),
    answer: {
      description: "A page of entries",
      schema: pageOf(z.object({
        id: z.int(),
        at: InstantSchema,
        actor: z.string(),
        action: z.string(),
        target: z.string(),
        details: z.unknown(),
      })),
      example: {
        items: [{
          id: 1,
          at: EXAMPLE.at,
          actor: "alice",
          action: "promote",
          target: EXAMPLE.catalogue,
          details: { digest: EXAMPLE.digest, why: "gate accepted it" },
        }],
        next: null,
      },
    },
    handle: ({ query }, c) => c.get("hub").registry.audit.list(query),
  }),
];
