/**
 * Pictures that come with feedback: an edge sends each once, by the name of its content, before the feedback.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { EDGE_PATHS, MAX_PICTURE_BYTES } from "@aisle/shared/contract";
import { AppError } from "@aisle/shared/errors";
import { sha256 } from "@aisle/shared/hash";
import { readPictureHeader } from "@aisle/shared/images";
import { limitedBody } from "../bodies.ts";
import { endpoint } from "../endpoint.ts";
import { DigestParams, DigestSchema, EXAMPLE } from "../schemas.ts";

const tag = "edge";

/** Endpoints of this area. */
export const EDGE_PICTURES = [
  endpoint({
    method: "get",
    path: `${EDGE_PATHS.pictures}/{digest}`,
    id: "edge-has-picture",
    tag,
    summary: "Whether the hub has a picture; ask with HEAD",
    description: "Customers' pictures come in this way and do not go out again.",
    params: DigestParams,
    answer: {
      description: "It has",
      schema: z.object({ digest: DigestSchema }),
      example: { digest: EXAMPLE.digest },
    },
    problems: ["not-found"],
    async handle({ params: { digest } }, c) {
      if (!await c.get("hub").blobs.has(digest)) {
        throw new AppError("not-found", `Cannot find the picture ${digest}: it was never sent`);
      }
      return { digest };
    },
  }),
  endpoint({
    method: "put",
    path: `${EDGE_PATHS.pictures}/{digest}`,
    id: "edge-picture",
    tag,
    summary: "Takes one picture's file (JPEG, PNG or WebP) whose SHA-256 is the digest",
    rawBody: "application/octet-stream",
    description: "The same again changes nothing. Feedback may name it from then on.",
    params: DigestParams,
    answer: {
      status: 201,
      description: "Stored, now or before",
      schema: z.object({ digest: DigestSchema, sizeBytes: z.int().nonnegative() }),
      example: { digest: EXAMPLE.digest, sizeBytes: 51_234 },
    },
    problems: ["data-invalid", "picture-invalid", "too-large"],
    async handle({ params: { digest } }, c) {
      const body = limitedBody(c, MAX_PICTURE_BYTES);
      const bytes = new Uint8Array(await new Response(body).arrayBuffer());
      if (sha256(bytes) !== digest) {
        throw new AppError(
          "data-invalid",
          `Cannot store the picture ${digest}: its bytes have the digest ${sha256(bytes)}`,
        );
      }
      readPictureHeader(bytes);
      const { sizeBytes } = await c.get("hub").blobs.put(new Blob([bytes]).stream());
      return { digest, sizeBytes };
    },
  }),
];
