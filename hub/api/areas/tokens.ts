/**
 * Access tokens: made, listed, rotated, revoked.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { CatalogueName } from "@aisle/shared/contract";
import { MAX_GRACE_SECONDS } from "../../registry/tokens.ts";
import { endpoint } from "../endpoint.ts";
import { refuseLastAdmin } from "../last_admin.ts";
import { EXAMPLE, IdParams, InstantSchema, listOf } from "../schemas.ts";

const tag = "tokens";
const roleSchema = z.enum(["admin", "operator", "reviewer", "viewer", "edge"]);
const moment = z.iso.datetime({ offset: true });

const TokenSchema = z.object({
  id: z.string(),
  name: z.string(),
  role: roleSchema,
  catalogue: z.string().nullable(),
  createdAt: InstantSchema,
  rotatedAt: InstantSchema.nullable(),
  previousUntil: InstantSchema.nullable(),
  expiresAt: InstantSchema.nullable(),
  revokedAt: InstantSchema.nullable(),
  lastUsedAt: InstantSchema.nullable(),
}).openapi("Token");
const MadeTokenSchema = z.object({ token: z.string(), record: TokenSchema }).openapi("MadeToken");

const tokenExample = {
  id: EXAMPLE.id,
  name: "alice",
  role: "operator" as const,
  catalogue: null,
  createdAt: EXAMPLE.at,
  rotatedAt: null,
  previousUntil: null,
  expiresAt: "2027-01-02T03:04:05.000Z",
  revokedAt: null,
  lastUsedAt: EXAMPLE.at,
};
const madeExample = { token: "aisle_operator_(43 random characters)", record: tokenExample };

/** Endpoints of this area. */
export const TOKENS = [
  endpoint({
    method: "get",
    path: "/api/v1/tokens",
    id: "list-tokens",
    tag,
    summary: "Access tokens without their secrets, newest first",
    answer: {
      description: "Tokens, revoked and expired ones too",
      schema: listOf(TokenSchema),
      example: { items: [tokenExample] },
    },
    handle: async (_, c) => ({ items: await c.get("hub").registry.tokens.list() }),
  }),
  endpoint({
    method: "post",
    path: "/api/v1/tokens",
    id: "create-token",
    tag,
    summary: "Makes a token; its secret is in this answer and never again",
    description:
      "A token of role edge may be for one catalogue. Without `expiresAt` it counts until it is revoked.",
    body: {
      schema: z.strictObject({
        name: z.string().trim().min(1).max(100),
        role: roleSchema,
        catalogue: CatalogueName.optional(),
        expiresAt: moment.optional(),
      }),
      example: {
        name: "alice",
        role: "operator" as const,
        expiresAt: "2027-01-02T03:04:05.000Z",
      },
    },
    answer: {
      status: 201,
      description: "The token",
      schema: MadeTokenSchema,
      example: madeExample,
    },
    async handle({ body }, c) {
      const made = await c.get("hub").registry.tokens.create(body);
      c.set("answerIsSecret", true);
      c.set("auditNote", { target: made.record.id, details: body });
      return made;
    },
  }),
  endpoint({
    method: "post",
    path: "/api/v1/tokens/{id}/rotate",
    id: "rotate-token",
    tag,
    summary: "Gives a token a new secret; it keeps its id, name and role",
    description:
      "The old secret counts for `graceSeconds` more, so that its holder can change over. " +
      "`expiresAt` sets a new end, null none.",
    params: IdParams,
    body: {
      schema: z.strictObject({
        graceSeconds: z.int().min(0).max(MAX_GRACE_SECONDS).optional(),
        expiresAt: moment.nullable().optional(),
      }),
      example: { graceSeconds: 3600 },
    },
    answer: {
      description: "The token with its new secret, which is in this answer and never again",
      schema: MadeTokenSchema,
      example: {
        ...madeExample,
        record: { ...tokenExample, rotatedAt: EXAMPLE.at, previousUntil: EXAMPLE.at },
      },
    },
    problems: ["not-found", "conflict"],
    async handle({ params, body }, c) {
      const made = await c.get("hub").registry.tokens.rotate(params.id, body);
      c.set("answerIsSecret", true);
      c.set("auditNote", { target: params.id, details: body });
      return made;
    },
  }),
  endpoint({
    method: "delete",
    path: "/api/v1/tokens/{id}",
    id: "revoke-token",
    tag,
    summary: "Revokes a token, and with it the sessions that it opened",
    params: IdParams,
    answer: {
      description: "The token",
      schema: TokenSchema,
      example: { ...tokenExample, revokedAt: EXAMPLE.at },
    },
    problems: ["not-found", "conflict"],
    async handle({ params }, c) {
      const hub = c.get("hub");
      await refuseLastAdmin(hub, params.id);
      const record = await hub.registry.tokens.revoke(params.id);
      c.set("auditNote", { target: params.id, details: { name: record.name, role: record.role } });
      return record;
    },
  }),
];
