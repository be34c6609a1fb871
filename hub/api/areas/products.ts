/**
 * What is in a data version: its products, how it differs from another, what was set aside.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { CHANGE_KINDS } from "../../data/product_shelf.ts";
import { found } from "../catalogue_lookup.ts";
import type { HubContext } from "../context.ts";
import { endpoint } from "../endpoint.ts";
import { CatalogueParams, DigestSchema, EXAMPLE } from "../schemas.ts";
import { readSetAside } from "../set_aside.ts";

const tag = "catalogues";
const LIMIT = 50;

const VersionParams = CatalogueParams.extend({ digest: DigestSchema });
/** Positions, not ids: what a version holds never changes. */
const Cursor = {
  limit: z.coerce.number().int().min(1).max(500).default(LIMIT),
  cursor: z.coerce.number().int().nonnegative().optional(),
};

/** A product as it travels. */
const ProductSchema = z.object({
  id: z.string(),
  designation: z.string(),
  description: z.string(),
  code: z.string(),
  productId: z.string(),
  imageId: z.string(),
  image: z.string(),
  /** SHA-256 of the picture's bytes; empty where there is none. */
  picture: z.string(),
  origin: z.enum(["raw", "feedback"]),
  source: z.string().optional(),
}).openapi("Product");

const productExample = {
  id: "12",
  designation: "Ballon de plage",
  description: "",
  code: "1280",
  productId: "33",
  imageId: "44",
  image: "",
  picture: "",
  origin: "raw" as const,
};

/** The version that a path names. */
async function versionOf(c: HubContext, catalogue: string, digest: string) {
  const dataset = await c.get("hub").registry.datasets.get(catalogue, digest);
  return found(dataset, `in ${catalogue} the data version`, digest);
}

const cursorOf = (position: number | null) => position === null ? null : String(position);

/** Endpoints of this area. */
export const PRODUCTS = [
  endpoint({
    method: "get",
    path: "/api/v1/catalogues/{catalogue}/datasets/{digest}/products",
    id: "list-products",
    tag,
    summary: "Products of a data version by id; search by words and by code",
    description:
      "Every word of `text` must stand in designation, description or an id, in any case, with or without accents.",
    params: VersionParams,
    query: z.object({
      text: z.string().max(200).optional(),
      code: z.string().max(200).optional(),
      ...Cursor,
    }),
    answer: {
      description: "A page of products; `total` counts all pages",
      schema: z.object({
        items: z.array(ProductSchema).readonly(),
        next: z.string().nullable(),
        total: z.int(),
      }),
      example: { items: [productExample], next: "50", total: 727 },
    },
    problems: ["not-found", "data-invalid"],
    async handle({ params, query: { cursor, ...query } }, c) {
      const { blob } = await versionOf(c, params.catalogue, params.digest);
      const page = await c.get("hub").products.find(blob, { ...query, from: cursor });
      return { items: page.rows, next: cursorOf(page.next), total: page.total };
    },
  }),
  endpoint({
    method: "get",
    path: "/api/v1/catalogues/{catalogue}/datasets/{digest}/diff",
    id: "diff-datasets",
    tag,
    summary: "How a data version differs from another: counts, classes, the rows themselves",
    params: VersionParams,
    query: z.object({ against: DigestSchema, kind: z.enum(CHANGE_KINDS).optional(), ...Cursor }),
    answer: {
      description: "Counts by kind, classes whose number of rows differs, a page of changes",
      schema: z.object({
        counts: z.object({ added: z.int(), removed: z.int(), changed: z.int() }),
        classes: z.array(z.object({ code: z.string(), before: z.int(), after: z.int() }))
          .readonly(),
        items: z.array(z.object({
          kind: z.enum(CHANGE_KINDS),
          before: ProductSchema.nullable(),
          after: ProductSchema.nullable(),
        })).readonly(),
        next: z.string().nullable(),
      }),
      example: {
        counts: { added: 1, removed: 0, changed: 0 },
        classes: [{ code: "1280", before: 4, after: 5 }],
        items: [{ kind: "added" as const, before: null, after: productExample }],
        next: null,
      },
    },
    problems: ["not-found", "data-invalid"],
    async handle({ params, query: { cursor, against, ...query } }, c) {
      const after = await versionOf(c, params.catalogue, params.digest);
      const before = await versionOf(c, params.catalogue, against);
      const diff = await c.get("hub").products.diff(after.blob, before.blob, {
        ...query,
        from: cursor,
      });
      const { counts, classes, page, next } = diff;
      return { counts, classes, items: page, next: cursorOf(next) };
    },
  }),
  endpoint({
    method: "get",
    path: "/api/v1/catalogues/{catalogue}/datasets/{digest}/set-aside",
    id: "list-set-aside",
    tag,
    summary: "Rows of the source that were set aside, with the reason",
    params: VersionParams,
    query: z.object(Cursor),
    answer: {
      description: "A page of rows; `reasons` counts all pages",
      schema: z.object({
        items: z.array(z.object({
          file: z.string(),
          line: z.int(),
          id: z.string(),
          reason: z.string(),
          message: z.string(),
          raw: z.string(),
        })).readonly(),
        next: z.string().nullable(),
        reasons: z.record(z.string(), z.int()),
      }),
      example: {
        items: [{
          file: "x",
          line: 12,
          id: EXAMPLE.id,
          reason: "duplicate-id",
          message: "its id has come before",
          raw: "7,Ballon",
        }],
        next: null,
        reasons: { "duplicate-id": 1 },
      },
    },
    problems: ["not-found"],
    async handle({ params, query: { cursor, limit } }, c) {
      const dataset = await versionOf(c, params.catalogue, params.digest);
      const page = await readSetAside(c.get("hub").blobs, dataset, { from: cursor, limit });
      return { ...page, next: cursorOf(page.next) };
    },
  }),
];
