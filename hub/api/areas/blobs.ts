/**
 * Files in and out, named by what is in them.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { limitedBody, MAX_BLOB_BYTES } from "../bodies.ts";
import { respondWithBlob } from "../byte_response.ts";
import { endpoint } from "../endpoint.ts";
import { previewTable } from "../tables.ts";
import { DigestParams, DigestSchema, EXAMPLE } from "../schemas.ts";

const tag = "blobs";

/** Endpoints of this area. */
export const BLOBS = [
  endpoint({
    method: "put",
    path: "/api/v1/blobs",
    id: "put-blob",
    tag,
    summary: "Stores the body",
    rawBody: "application/octet-stream",
    description:
      "Any bytes, streamed. The answer comes when they are on the disk; the same bytes " +
      "again change nothing.",
    answer: {
      status: 201,
      description: "Stored",
      schema: z.object({ digest: DigestSchema, sizeBytes: z.int().nonnegative() }),
      example: { digest: EXAMPLE.digest, sizeBytes: 1_048_576 },
    },
    problems: ["too-large"],
    async handle(_, c) {
      const { blobs, maxBlobBytes = MAX_BLOB_BYTES } = c.get("hub");
      const { digest, sizeBytes } = await blobs.put(limitedBody(c, maxBlobBytes));
      c.set("auditNote", { target: digest, details: { sizeBytes } });
      return { digest, sizeBytes };
    },
  }),
  endpoint({
    method: "get",
    path: "/api/v1/blobs/{digest}",
    id: "get-blob",
    tag,
    summary: "The bytes of that digest",
    description: "HEAD tells whether it is there. One byte range at a time.",
    params: DigestParams,
    answer: {
      description: "The bytes (206 for a range)",
      schema: z.string().openapi({ format: "binary" }),
      example: "(bytes)",
      contentType: "application/octet-stream",
    },
    problems: ["not-found", "range-invalid"],
    handle: ({ params }, c) =>
      respondWithBlob(c, params.digest, {
        headers: { "content-disposition": `attachment; filename="${params.digest}"` },
      }),
  }),
  endpoint({
    method: "get",
    path: "/api/v1/blobs/{digest}/table",
    id: "preview-table",
    tag,
    summary: "The first rows of a CSV, and what its columns probably are",
    description: "Names, values and lengths are looked at; the guess is for a person to confirm.",
    params: DigestParams,
    query: z.object({ rows: z.coerce.number().int().min(1).max(100).default(10) }),
    answer: {
      description: "Header, rows and guesses",
      schema: z.object({
        header: z.array(z.string()).readonly(),
        delimiter: z.string(),
        rows: z.array(z.array(z.string()).readonly()).readonly(),
        guess: z.object({
          text: z.array(z.string()).readonly(),
          label: z.string().nullable(),
          id: z.string().nullable(),
          image: z.string().nullable(),
        }),
      }),
      example: {
        header: ["sku", "title", "category"],
        delimiter: ",",
        rows: [["A1", "Ballon de plage", "pool"]],
        guess: { text: ["title"], label: "category", id: "sku", image: null },
      },
    },
    problems: ["not-found", "csv-invalid"],
    handle: ({ params, query }, c) => previewTable(c.get("hub").blobs, params.digest, query.rows),
  }),
];
