/**
 * The labels of a catalogue. Each change reaches the edges as a new release of the same bundle.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { findCatalogue } from "../catalogue_lookup.ts";
import { endpoint } from "../endpoint.ts";
import { changeLabels } from "../label_changes.ts";
import { revisionTag } from "../revisions.ts";
import { CatalogueParams, EXAMPLE, InstantSchema, listOf } from "../schemas.ts";

const tag = "labels";
const code = z.string().max(200).refine(
  (text) => text.trim() !== "" && !/\p{Cc}/u.test(text),
  "must hold more than blanks, and no control character",
);
const name = z.string().trim().min(1).max(200);
/** Version of the labels that the caller saw. */
const revision = z.int().nonnegative().optional();

const LabelListSchema = z.object({
  version: z.int().nonnegative(),
  labels: z.array(z.object({
    code: z.string(),
    name: z.string(),
    state: z.enum(["active", "merged"]),
    mergedInto: z.string().nullable(),
  })).readonly(),
}).openapi("LabelList");

const listExample = {
  version: 2,
  labels: [
    { code: "2583", name: "Pool equipment", state: "active" as const, mergedInto: null },
    { code: "2584", name: "Pools", state: "merged" as const, mergedInto: "2583" },
  ],
};
const listAnswer = {
  description: "All labels as they are now",
  schema: LabelListSchema,
  example: listExample,
};

/** Endpoints of this area. */
export const LABELS = [
  endpoint({
    method: "get",
    path: "/api/v1/catalogues/{catalogue}/labels",
    id: "list-labels",
    tag,
    summary: "All labels by code, and their version",
    params: CatalogueParams,
    answer: listAnswer,
    problems: ["not-found"],
    async handle({ params: { catalogue } }, c) {
      const hub = c.get("hub");
      await findCatalogue(hub, catalogue);
      const labels = await hub.registry.labels.list(catalogue);
      c.header("etag", revisionTag(labels.version));
      return labels;
    },
  }),
  endpoint({
    method: "post",
    path: "/api/v1/catalogues/{catalogue}/labels",
    id: "add-label",
    tag,
    summary: "Adds a label",
    description: "Feedback may name it from now on, also before a model knows it.",
    params: CatalogueParams,
    body: {
      schema: z.strictObject({ code, name, expectedRevision: revision }),
      example: { code: "2583", name: "Pool equipment" },
    },
    answer: { ...listAnswer, status: 201 },
    problems: ["not-found", "conflict", "revision-stale"],
    takesRevision: true,
    handle: ({ params: { catalogue }, body }, c) =>
      changeLabels(
        c,
        catalogue,
        { what: `added ${body.code}`, expectedRevision: body.expectedRevision },
        (by, version) =>
          c.get("hub").registry.labels.add(
            catalogue,
            { code: body.code, name: body.name },
            by,
            version,
          ),
      ),
  }),
  endpoint({
    method: "post",
    path: "/api/v1/catalogues/{catalogue}/labels/rename",
    id: "rename-label",
    tag,
    summary: "Gives a label another name; its code stays",
    params: CatalogueParams,
    body: {
      schema: z.strictObject({ code, name, expectedRevision: revision }),
      example: { code: "2583", name: "Pools and equipment" },
    },
    answer: listAnswer,
    problems: ["not-found", "unknown-code", "revision-stale"],
    takesRevision: true,
    handle: ({ params: { catalogue }, body }, c) =>
      changeLabels(
        c,
        catalogue,
        { what: `renamed ${body.code}`, expectedRevision: body.expectedRevision },
        (by, version) =>
          c.get("hub").registry.labels.rename(catalogue, body.code, body.name, by, version),
      ),
  }),
  endpoint({
    method: "post",
    path: "/api/v1/catalogues/{catalogue}/labels/merge",
    id: "merge-labels",
    tag,
    summary: "Lets one label count as another from now on",
    params: CatalogueParams,
    body: {
      schema: z.strictObject({ from: code, into: code, expectedRevision: revision }),
      example: { from: "2584", into: "2583" },
    },
    answer: listAnswer,
    problems: ["not-found", "unknown-code", "conflict", "revision-stale"],
    takesRevision: true,
    handle: ({ params: { catalogue }, body }, c) =>
      changeLabels(
        c,
        catalogue,
        {
          what: `merged ${body.from} into ${body.into}`,
          expectedRevision: body.expectedRevision,
        },
        (by, version) =>
          c.get("hub").registry.labels.merge(catalogue, body.from, body.into, by, version),
      ),
  }),
  endpoint({
    method: "get",
    path: "/api/v1/catalogues/{catalogue}/labels/history",
    id: "label-history",
    tag,
    summary: "Every change of labels, newest first",
    params: CatalogueParams,
    answer: {
      description: "Changes",
      schema: listOf(z.object({
        version: z.int(),
        action: z.enum(["add", "rename", "merge"]),
        code: z.string(),
        value: z.string(),
        by: z.string(),
        at: InstantSchema,
      })),
      example: {
        items: [{
          version: 2,
          action: "merge" as const,
          code: "2584",
          value: "2583",
          by: "alice",
          at: EXAMPLE.at,
        }],
      },
    },
    problems: ["not-found"],
    async handle({ params: { catalogue } }, c) {
      const hub = c.get("hub");
      await findCatalogue(hub, catalogue);
      return { items: await hub.registry.labels.history(catalogue) };
    },
  }),
];
