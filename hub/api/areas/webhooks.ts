/**
 * Webhooks: where alerts are sent. No answer holds a secret, or an address beyond its host.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { CatalogueName } from "@aisle/shared/contract";
import { endpoint } from "../endpoint.ts";
import { makeWebhook } from "../webhook_verbs.ts";
import { EXAMPLE, IdParams, InstantSchema, listOf, pageOf, PageParams } from "../schemas.ts";
import { SeveritySchema } from "./alerts.ts";

const tag = "webhooks";

const WebhookSchema = z.object({
  id: z.string(),
  name: z.string(),
  origin: z.string(),
  catalogue: z.string().nullable(),
  minSeverity: SeveritySchema,
  enabled: z.boolean(),
  createdAt: InstantSchema,
  createdBy: z.string(),
}).openapi("Webhook");
const DeliverySchema = z.object({
  id: z.string(),
  webhook: z.string(),
  event: z.string(),
  state: z.enum(["pending", "delivered", "failed"]),
  attempts: z.int().nonnegative(),
  nextAt: InstantSchema,
  status: z.int().nullable(),
  error: z.string().nullable(),
  createdAt: InstantSchema,
  settledAt: InstantSchema.nullable(),
}).openapi("WebhookDelivery");

const name = z.string().trim().min(1).max(100);
const secret = z.string().min(32).max(256);
const example = {
  id: EXAMPLE.id,
  name: "on call",
  origin: "https://hooks.example.com",
  catalogue: null,
  minSeverity: "warning" as const,
  enabled: true,
  createdAt: EXAMPLE.at,
  createdBy: "alice",
};
const delivery = {
  id: EXAMPLE.id,
  webhook: EXAMPLE.id,
  event: "alert.raised",
  state: "delivered" as const,
  attempts: 1,
  nextAt: EXAMPLE.at,
  status: 204,
  error: null,
  createdAt: EXAMPLE.at,
  settledAt: EXAMPLE.at,
};
const answer = { description: "The webhook", schema: WebhookSchema, example };
const GUARD =
  "Bodies are signed with the secret: x-aisle-signature is t=<seconds>,v1=<hex HMAC-SHA256 " +
  "of t.body>; refuse times over 300 s away. Internal addresses are refused unless HUB_WEBHOOK_HOSTS names them.";

/** Endpoints of this area. */
export const WEBHOOKS = [
  endpoint({
    method: "get",
    path: "/api/v1/webhooks",
    id: "list-webhooks",
    tag,
    summary: "Webhooks, oldest first",
    answer: {
      description: "Webhooks",
      schema: listOf(WebhookSchema),
      example: { items: [example] },
    },
    handle: async (_, c) => ({ items: await c.get("hub").registry.webhooks.list() }),
  }),
  endpoint({
    method: "post",
    path: "/api/v1/webhooks",
    id: "create-webhook",
    tag,
    summary: "Sends alerts to an address from now on",
    description: GUARD,
    body: {
      schema: z.strictObject({
        name,
        url: z.string().min(1).max(2000),
        secret,
        catalogue: CatalogueName.nullable().default(null),
        minSeverity: SeveritySchema.default("warning"),
      }),
      example: {
        name: "on call",
        url: "https://hooks.example.com/aisle",
        secret: "at least thirty-two characters of chance",
        minSeverity: "warning" as const,
      },
    },
    answer: { ...answer, status: 201 },
    problems: ["not-found"],
    handle: ({ body }, c) => makeWebhook(c, body),
  }),
  endpoint({
    method: "patch",
    path: "/api/v1/webhooks/{id}",
    id: "change-webhook",
    tag,
    summary: "Switches a webhook on or off, or gives it another name, severity or secret",
    params: IdParams,
    body: {
      schema: z.strictObject({
        name: name.optional(),
        enabled: z.boolean().optional(),
        minSeverity: SeveritySchema.optional(),
        secret: secret.optional(),
      }),
      example: { enabled: false },
    },
    answer,
    problems: ["not-found"],
    handle({ params: { id }, body }, c) {
      const { secret, ...said } = body;
      c.set("auditNote", {
        target: id,
        details: { ...said, ...(secret === undefined ? {} : { secret: "changed" }) },
      });
      return c.get("hub").registry.webhooks.update(id, body);
    },
  }),
  endpoint({
    method: "delete",
    path: "/api/v1/webhooks/{id}",
    id: "remove-webhook",
    tag,
    summary: "Sends nothing there any more, what waits included",
    params: IdParams,
    answer: {
      description: "It is gone",
      schema: z.object({ removed: z.boolean() }),
      example: { removed: true },
    },
    problems: ["not-found"],
    async handle({ params: { id } }, c) {
      c.set("auditNote", { target: id });
      await c.get("hub").registry.webhooks.remove(id);
      return { removed: true };
    },
  }),
  endpoint({
    method: "post",
    path: "/api/v1/webhooks/{id}/test",
    id: "test-webhook",
    tag,
    summary: "Sends a message that says nothing, to see whether it comes through",
    params: IdParams,
    answer: {
      description: "The message, still to be sent",
      schema: DeliverySchema,
      example: { ...delivery, event: "test", state: "pending" as const, attempts: 0, status: null },
      status: 202,
    },
    problems: ["not-found"],
    handle({ params: { id } }, c) {
      c.set("auditNote", { target: id });
      return c.get("hub").registry.webhooks.test(id);
    },
  }),
  endpoint({
    method: "get",
    path: "/api/v1/webhooks/{id}/deliveries",
    id: "list-webhook-deliveries",
    tag,
    summary: "Messages to a webhook and what became of them, newest first",
    params: IdParams,
    query: PageParams,
    answer: {
      description: "A page of messages",
      schema: pageOf(DeliverySchema),
      example: { items: [delivery], next: null },
    },
    problems: ["not-found"],
    handle: ({ params: { id }, query }, c) => c.get("hub").registry.webhooks.deliveries(id, query),
  }),
];
