/**
 * Pieces that the schemas of several areas share: digests, times, pages, examples.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { CatalogueName } from "@aisle/shared/contract";

/** Example values that stand in the documentation. */
export const EXAMPLE = {
  catalogue: "demo",
  digest: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0bcee1f6a1a5f1b5a3c7d2",
  other: "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
  id: "0190b5d2-7f3e-7cc0-b4b5-9f6f2d6a3c11",
  at: "2026-01-02T03:04:05.000Z",
} as const;

/** A SHA-256 in hex. */
export const DigestSchema = z.string().regex(
  /^[0-9a-f]{64}$/,
  "must be 64 lower-case hex digits",
);
/** ISO 8601, UTC. */
export const InstantSchema = z.string().openapi({ format: "date-time" });
/** An id as it stands in addresses. */
export const IdSchema = z.string().regex(/^[\w.-]{1,100}$/, "must be an id");

/** Parameters of paths below a catalogue. */
export const CatalogueParams = z.object({ catalogue: CatalogueName });
/** Parameters of paths that end in a digest. */
export const DigestParams = z.object({ digest: DigestSchema });
/** Parameters of paths that end in an id. */
export const IdParams = z.object({ id: IdSchema });

/** Which page of a list. */
export const PageParams = z.object({
  limit: z.coerce.number().int().min(1).max(1000).optional(),
  cursor: z.string().max(200).optional(),
});

/** A page of `item`s, newest first. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({
    items: z.array(item).readonly(),
    /** Cursor of the next page; null at the end. */
    next: z.string().nullable(),
  });
}

/** A whole list of `item`s. */
export function listOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item).readonly() });
}

/** Figures by name; null where one is not a number. */
export const FiguresSchema = z.record(z.string(), z.number().nullable());
