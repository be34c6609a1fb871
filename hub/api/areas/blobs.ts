/**
 * Files in and out, named by what is in them.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { limitedBody, MAX_BLOB_BYTES } from "../bodies.ts";
import { respondWithBlob } from "../byte_response.ts";
import { endpoint } from "../endpoint.ts";
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
];
