/**
 * What a catalogue's edges serve: aliases, their history, releases, promotion and rollback.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { Audience } from "@aisle/shared/fleet";
import { findCatalogue } from "../catalogue_lookup.ts";
import { actorOf } from "../context.ts";
import { endpoint } from "../endpoint.ts";
import { expectedRevision, revisionTag } from "../revisions.ts";
import { CatalogueParams, DigestSchema, EXAMPLE, InstantSchema, listOf } from "../schemas.ts";

const tag = "releases";

const AliasSchema = z.object({
  catalogue: z.string(),
  revision: z.int().nonnegative(),
  champion: z.string().nullable(),
  challenger: z.string().nullable(),
  previous: z.string().nullable(),
}).openapi("Aliases");
const AliasChangeSchema = AliasSchema.extend({
  kind: z.enum(["challenger", "promote", "rollback"]),
  by: z.string(),
  why: z.string(),
  at: InstantSchema,
  release: z.int().nullable(),
}).openapi("AliasChange");
const ReleaseSchema = z.object({
  catalogue: z.string(),
  sequence: z.int().positive(),
  digest: DigestSchema,
  kind: z.enum(["promote", "rollback", "relabel"]),
  signed: z.object({ payload: z.string(), keyId: z.string(), signature: z.string() }),
  etag: z.string(),
  by: z.string(),
  why: z.string(),
  createdAt: InstantSchema,
  audience: Audience.nullable(),
}).openapi("Release");

const aliasExample = {
  catalogue: EXAMPLE.catalogue,
  revision: 4,
  champion: EXAMPLE.digest,
  challenger: null,
  previous: EXAMPLE.other,
};
const why = z.string().trim().min(1).max(1000);
const revision = z.int().nonnegative().optional();

/** Endpoints of this area. */
export const RELEASES = [
  endpoint({
    method: "get",
    path: "/api/v1/catalogues/{catalogue}/aliases",
    id: "get-aliases",
    tag,
    summary: "Champion, challenger and previous champion, and their revision",
    params: CatalogueParams,
    answer: { description: "The aliases", schema: AliasSchema, example: aliasExample },
    problems: ["not-found"],
    async handle({ params: { catalogue } }, c) {
      const hub = c.get("hub");
      await findCatalogue(hub, catalogue);
      const aliases = await hub.registry.aliases.get(catalogue);
      c.header("etag", revisionTag(aliases.revision));
      return aliases;
    },
  }),
  endpoint({
    method: "get",
    path: "/api/v1/catalogues/{catalogue}/aliases/history",
    id: "alias-history",
    tag,
    summary: "Every change of the aliases, newest first; it is never rewritten",
    params: CatalogueParams,
    answer: {
      description: "Changes, each with how the aliases stood after it",
      schema: listOf(AliasChangeSchema),
      example: {
        items: [{
          ...aliasExample,
          kind: "promote" as const,
          by: "alice",
          why: "gate accepted it",
          at: EXAMPLE.at,
          release: 3,
        }],
      },
    },
    problems: ["not-found"],
    async handle({ params: { catalogue } }, c) {
      const hub = c.get("hub");
      await findCatalogue(hub, catalogue);
      return { items: await hub.registry.aliases.history(catalogue) };
    },
  }),
  endpoint({
    method: "get",
    path: "/api/v1/catalogues/{catalogue}/releases",
    id: "list-releases",
    tag,
    summary:
      "Signed release documents, newest first; the first without an audience is what edges serve",
    params: CatalogueParams,
    answer: {
      description: "Releases",
      schema: listOf(ReleaseSchema),
      example: {
        items: [{
          catalogue: EXAMPLE.catalogue,
          sequence: 3,
          digest: EXAMPLE.digest,
          kind: "promote" as const,
          signed: {
            payload: '{"catalogue":"demo"}',
            keyId: "21fe31dfa154a261",
            signature: "c2lnbmF0dXJl",
          },
          etag: '"3-9f86d081"',
          by: "alice",
          why: "gate accepted it",
          createdAt: EXAMPLE.at,
          audience: null,
        }],
      },
    },
    problems: ["not-found"],
    async handle({ params: { catalogue } }, c) {
      const hub = c.get("hub");
      await findCatalogue(hub, catalogue);
      return { items: await hub.registry.releases.list(catalogue) };
    },
  }),
  endpoint({
    method: "post",
    path: "/api/v1/catalogues/{catalogue}/promote",
    id: "promote",
    tag,
    summary: "Makes a bundle the champion and releases it to the edges",
    description:
      "With `expectedRevision` it is refused when somebody else changed the aliases since. " +
      "`force` promotes what the gate refused or has not judged.",
    params: CatalogueParams,
    body: {
      schema: z.strictObject({
        digest: DigestSchema,
        why,
        expectedRevision: revision,
        force: z.boolean().optional(),
      }),
      example: { digest: EXAMPLE.digest, why: "gate accepted it", expectedRevision: 3 },
    },
    answer: { description: "The aliases after it", schema: AliasSchema, example: aliasExample },
    problems: ["not-found", "revision-stale", "conflict"],
    takesRevision: true,
    async handle({ params: { catalogue }, body }, c) {
      const hub = c.get("hub");
      await findCatalogue(hub, catalogue);
      c.set("auditNote", { target: catalogue, details: body });
      const aliases = await hub.verbs.promote({
        catalogue,
        ...body,
        by: actorOf(c),
        expectedRevision: expectedRevision(c, body.expectedRevision),
      });
      c.header("etag", revisionTag(aliases.revision));
      return aliases;
    },
  }),
  endpoint({
    method: "post",
    path: "/api/v1/catalogues/{catalogue}/rollback",
    id: "rollback",
    tag,
    summary: "Returns to the champion before",
    params: CatalogueParams,
    body: {
      schema: z.strictObject({ why, expectedRevision: revision }),
      example: { why: "wrong answers for figurines", expectedRevision: 4 },
    },
    answer: { description: "The aliases after it", schema: AliasSchema, example: aliasExample },
    problems: ["not-found", "revision-stale", "conflict"],
    takesRevision: true,
    async handle({ params: { catalogue }, body }, c) {
      const hub = c.get("hub");
      await findCatalogue(hub, catalogue);
      c.set("auditNote", { target: catalogue, details: body });
      const aliases = await hub.verbs.rollback({
        catalogue,
        ...body,
        by: actorOf(c),
        expectedRevision: expectedRevision(c, body.expectedRevision),
      });
      c.header("etag", revisionTag(aliases.revision));
      return aliases;
    },
  }),
];
