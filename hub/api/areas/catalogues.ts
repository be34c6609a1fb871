/**
 * Catalogues, their settings, data versions and splits.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { findCatalogue, found } from "../catalogue_lookup.ts";
import { endpoint } from "../endpoint.ts";
import { contentTag, expectedTag, requireTag } from "../revisions.ts";
import { CatalogueParams, DigestSchema, EXAMPLE, InstantSchema, listOf } from "../schemas.ts";

const tag = "catalogues";

const CatalogueSchema = z.object({
  name: z.string(),
  title: z.string(),
  createdAt: InstantSchema,
}).openapi("Catalogue");
const SettingsSchema = z.record(z.string(), z.unknown());
const CatalogueDetail = CatalogueSchema.extend({ settings: SettingsSchema });

/** A data version as it travels. */
export const DatasetSchema = z.object({
  digest: DigestSchema,
  catalogue: z.string(),
  parent: z.string().nullable(),
  blob: z.string(),
  rows: z.int(),
  classes: z.record(z.string(), z.int()),
  setAside: z.int(),
  source: z.unknown(),
  diff: z.object({ added: z.int(), removed: z.int(), changed: z.int() }).nullable(),
  reportBlob: z.string().nullable(),
  createdAt: InstantSchema,
}).openapi("Dataset");

const SplitSchema = z.object({
  digest: DigestSchema,
  catalogue: z.string(),
  dataset: z.string(),
  parent: z.string().nullable(),
  counts: z.record(z.string(), z.int()),
  createdAt: InstantSchema,
}).openapi("Split");

const catalogueExample = { name: EXAMPLE.catalogue, title: "Demo", createdAt: EXAMPLE.at };
const datasetExample = {
  digest: EXAMPLE.digest,
  catalogue: EXAMPLE.catalogue,
  parent: null,
  blob: EXAMPLE.other,
  rows: 727,
  classes: { "food-fruit": 19, "animal-bird": 21 },
  setAside: 2,
  source: { kind: "challenge", x: EXAMPLE.other, y: EXAMPLE.digest, images: null },
  diff: null,
  reportBlob: EXAMPLE.other,
  createdAt: EXAMPLE.at,
};

/** Endpoints of this area. */
export const CATALOGUES = [
  endpoint({
    method: "get",
    path: "/api/v1/catalogues",
    id: "list-catalogues",
    tag,
    summary: "All catalogues, oldest first",
    answer: {
      description: "Catalogues",
      schema: listOf(CatalogueSchema),
      example: { items: [catalogueExample] },
    },
    handle: async (_, c) => ({ items: await c.get("hub").registry.catalogues.list() }),
  }),
  endpoint({
    method: "get",
    path: "/api/v1/catalogues/{catalogue}",
    id: "get-catalogue",
    tag,
    summary: "One catalogue with its settings, whose tag is the ETag",
    params: CatalogueParams,
    answer: {
      description: "The catalogue",
      schema: CatalogueDetail,
      example: { ...catalogueExample, settings: { unseenShare: 0.8 } },
    },
    problems: ["not-found"],
    async handle({ params }, c) {
      const hub = c.get("hub");
      const catalogue = await findCatalogue(hub, params.catalogue);
      const settings = await hub.registry.catalogues.settings(catalogue.name);
      c.header("etag", contentTag(settings));
      return { ...catalogue, settings };
    },
  }),
  endpoint({
    method: "put",
    path: "/api/v1/catalogues/{catalogue}",
    id: "ensure-catalogue",
    tag,
    summary: "Makes a catalogue, or gives it another title",
    params: CatalogueParams,
    body: {
      schema: z.strictObject({ title: z.string().min(1).max(200).optional() }),
      example: { title: "Demo" },
    },
    answer: { description: "The catalogue", schema: CatalogueSchema, example: catalogueExample },
    handle: ({ params, body }, c) =>
      c.get("hub").registry.catalogues.ensure(params.catalogue, { title: body.title }),
  }),
  endpoint({
    method: "patch",
    path: "/api/v1/catalogues/{catalogue}/settings",
    id: "set-settings",
    tag,
    summary: "Sets the settings given, removes those that are null, keeps the others",
    params: CatalogueParams,
    body: { schema: SettingsSchema, example: { unseenShare: 0.5 } },
    answer: {
      description: "All settings",
      schema: SettingsSchema,
      example: { unseenShare: 0.5 },
    },
    problems: ["not-found", "revision-stale"],
    takesRevision: true,
    async handle({ params, body }, c) {
      const { catalogues } = c.get("hub").registry, expected = expectedTag(c);
      await findCatalogue(c.get("hub"), params.catalogue);
      c.set("auditNote", { target: params.catalogue, details: body });
      const settings = await catalogues.setSettings(
        params.catalogue,
        body,
        (before) => requireTag(expected, contentTag(before)),
      );
      c.header("etag", contentTag(settings));
      return settings;
    },
  }),
  endpoint({
    method: "get",
    path: "/api/v1/catalogues/{catalogue}/datasets",
    id: "list-datasets",
    tag,
    summary: "Data versions, newest first; `head` is the one in use",
    params: CatalogueParams,
    answer: {
      description: "Data versions",
      schema: listOf(DatasetSchema).extend({ head: z.string().nullable() }),
      example: { items: [datasetExample], head: EXAMPLE.digest },
    },
    problems: ["not-found"],
    async handle({ params: { catalogue } }, c) {
      const hub = c.get("hub");
      await findCatalogue(hub, catalogue);
      const [items, head] = await Promise.all([
        hub.registry.datasets.list(catalogue),
        hub.registry.datasets.head(catalogue),
      ]);
      return { items, head: head?.digest ?? null };
    },
  }),
  endpoint({
    method: "get",
    path: "/api/v1/catalogues/{catalogue}/datasets/{digest}",
    id: "get-dataset",
    tag,
    summary: "One data version",
    params: CatalogueParams.extend({ digest: DigestSchema }),
    answer: { description: "The data version", schema: DatasetSchema, example: datasetExample },
    problems: ["not-found"],
    async handle({ params: { catalogue, digest } }, c) {
      const dataset = await c.get("hub").registry.datasets.get(catalogue, digest);
      return found(dataset, `in ${catalogue} the data version`, digest);
    },
  }),
  endpoint({
    method: "get",
    path: "/api/v1/catalogues/{catalogue}/splits",
    id: "list-splits",
    tag,
    summary: "Frozen splits, newest first",
    params: CatalogueParams,
    answer: {
      description: "Splits",
      schema: listOf(SplitSchema),
      example: {
        items: [{
          digest: EXAMPLE.digest,
          catalogue: EXAMPLE.catalogue,
          dataset: EXAMPLE.other,
          parent: null,
          counts: { train: 120, gold: 73, unseen: 534 },
          createdAt: EXAMPLE.at,
        }],
      },
    },
    problems: ["not-found"],
    async handle({ params: { catalogue } }, c) {
      const hub = c.get("hub");
      await findCatalogue(hub, catalogue);
      return { items: await hub.registry.splits.list(catalogue) };
    },
  }),
];
