/**
 * Pictures of products, for pages that people read.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { readPictureHeader } from "@aisle/shared/images";
import { cataloguePictures } from "../catalogue_pictures.ts";
import { findCatalogue, found } from "../catalogue_lookup.ts";
import { endpoint } from "../endpoint.ts";
import { CatalogueParams, DigestSchema } from "../schemas.ts";

/** Endpoints of this area. */
export const PICTURES = [
  endpoint({
    method: "get",
    path: "/api/v1/catalogues/{catalogue}/pictures/{digest}",
    id: "get-picture",
    tag: "catalogues",
    summary: "The picture of that digest: JPEG, PNG or WebP, as it came",
    description: "From the catalogue's raw files or from feedback; what is no picture is refused.",
    params: CatalogueParams.extend({ digest: DigestSchema }),
    answer: {
      description: "The file's bytes, with their own type",
      schema: z.string().openapi({ format: "binary" }),
      example: "(bytes)",
      contentType: "image/jpeg",
    },
    problems: ["not-found", "picture-invalid"],
    async handle({ params: { catalogue, digest } }, c) {
      const hub = c.get("hub");
      await findCatalogue(hub, catalogue);
      const reader = await cataloguePictures(hub, catalogue);
      const bytes = found(await reader.read(digest), "the picture", digest);
      const { format } = readPictureHeader(bytes);
      return new Response(bytes, {
        headers: {
          "content-type": `image/${format}`,
          "content-length": String(bytes.length),
          "cache-control": "private, max-age=31536000, immutable",
          etag: `"${digest}"`,
          // The file of a stranger, opened by itself: nothing in it runs.
          "content-security-policy": "sandbox; default-src 'none'",
          "x-content-type-options": "nosniff",
        },
      });
    },
  }),
];
