/**
 * The fleet: what edges report, which of them are pinned, what served where at any moment.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { EDGE_PATHS } from "@aisle/shared/contract";
import { EdgeReport, EdgeReportReceipt } from "@aisle/shared/fleet";
import { findCatalogue } from "../catalogue_lookup.ts";
import { actorOf } from "../context.ts";
import { takeReport } from "../edge_reports.ts";
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

const tag = "edges";
const edgeId = z.string().regex(/^[\x21-\x7e]{1,100}$/, "must be the name of an edge");
const why = z.string().trim().min(1).max(1000);

const ServedSchema = z.object({
  edgeId: z.string(),
  digest: z.string().nullable(),
  sequence: z.int().nullable(),
  at: InstantSchema,
}).openapi("Served");
const servedExample = { edgeId: "edge-1", digest: EXAMPLE.digest, sequence: 3, at: EXAMPLE.at };

const PinSchema = z.object({
  catalogue: z.string(),
  edgeId: z.string(),
  digest: DigestSchema,
  release: z.int().positive(),
  by: z.string(),
  why: z.string(),
  at: InstantSchema,
}).openapi("EdgePin");
const pinExample = {
  catalogue: EXAMPLE.catalogue,
  edgeId: "edge-1",
  digest: EXAMPLE.digest,
  release: 4,
  by: "alice",
  why: "its shop compares the two",
  at: EXAMPLE.at,
};

/** Endpoints of this area. */
export const FLEET = [
  endpoint({
    method: "post",
    path: EDGE_PATHS.report,
    id: "edge-report",
    tag: "edge",
    summary: "Takes what an edge serves, and why it does not serve what it was told to",
    body: {
      schema: EdgeReport,
      example: {
        edgeId: "edge-1",
        catalogue: EXAMPLE.catalogue,
        digest: EXAMPLE.digest,
        sequence: 3,
        trouble: null,
      },
    },
    answer: { description: "Stored", schema: EdgeReportReceipt, example: { stored: true } },
    problems: ["not-found"],
    handle: ({ body }, c) => takeReport(c, body),
  }),
  endpoint({
    method: "get",
    path: "/api/v1/catalogues/{catalogue}/served",
    id: "served-at",
    tag,
    summary: "What each edge served at a moment; now, when none is given",
    params: CatalogueParams,
    query: z.object({ at: z.iso.datetime({ offset: true }).optional() }),
    answer: {
      description: "By edge, with the moment from which on it did",
      schema: listOf(ServedSchema),
      example: { items: [servedExample] },
    },
    problems: ["not-found"],
    async handle({ params: { catalogue }, query: { at } }, c) {
      const hub = c.get("hub");
      await findCatalogue(hub, catalogue);
      const moment = at ?? new Date(hub.now()).toISOString();
      return { items: await hub.registry.fleet.servedAt(catalogue, moment) };
    },
  }),
  endpoint({
    method: "get",
    path: "/api/v1/catalogues/{catalogue}/served/history",
    id: "served-history",
    tag,
    summary: "Every change of what edges serve, newest first",
    params: CatalogueParams,
    query: PageParams.extend({ edgeId: edgeId.optional() }),
    answer: {
      description: "A page of changes",
      schema: pageOf(ServedSchema),
      example: { items: [servedExample], next: null },
    },
    problems: ["not-found"],
    async handle({ params: { catalogue }, query }, c) {
      const hub = c.get("hub");
      await findCatalogue(hub, catalogue);
      return await hub.registry.fleet.history({ ...query, catalogue });
    },
  }),
  endpoint({
    method: "get",
    path: "/api/v1/catalogues/{catalogue}/pins",
    id: "list-pins",
    tag,
    summary: "Edges that serve a bundle of their own",
    params: CatalogueParams,
    answer: {
      description: "Pins, by edge",
      schema: listOf(PinSchema),
      example: { items: [pinExample] },
    },
    problems: ["not-found"],
    async handle({ params: { catalogue } }, c) {
      const hub = c.get("hub");
      await findCatalogue(hub, catalogue);
      return { items: await hub.registry.fleet.pins(catalogue) };
    },
  }),
  endpoint({
    method: "put",
    path: "/api/v1/catalogues/{catalogue}/pins/{edgeId}",
    id: "pin-edge",
    tag,
    summary: "Lets one edge serve a bundle, whatever the champion is",
    params: CatalogueParams.extend({ edgeId }),
    body: {
      schema: z.strictObject({ digest: DigestSchema, why }),
      example: { digest: EXAMPLE.digest, why: "its shop compares the two" },
    },
    answer: { description: "The pin", schema: PinSchema, example: pinExample },
    problems: ["not-found"],
    async handle({ params: { catalogue, edgeId }, body }, c) {
      const hub = c.get("hub");
      await findCatalogue(hub, catalogue);
      c.set("auditNote", { target: `${catalogue}/${edgeId}`, details: body });
      return await hub.verbs.pin({ catalogue, edgeId, ...body, by: actorOf(c) });
    },
  }),
  endpoint({
    method: "delete",
    path: "/api/v1/catalogues/{catalogue}/pins/{edgeId}",
    id: "unpin-edge",
    tag,
    summary: "Lets a pinned edge serve what all serve again",
    params: CatalogueParams.extend({ edgeId }),
    answer: { description: "The pin that was", schema: PinSchema, example: pinExample },
    problems: ["not-found", "no-release"],
    async handle({ params: { catalogue, edgeId } }, c) {
      const hub = c.get("hub");
      await findCatalogue(hub, catalogue);
      c.set("auditNote", { target: `${catalogue}/${edgeId}` });
      return await hub.verbs.unpin({
        catalogue,
        edgeId,
        by: actorOf(c),
        why: `edge ${edgeId} is no longer pinned`,
      });
    },
  }),
];
