/**
 * Trying a product against a bundle, as an edge would answer.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { Guess, hasText, Heatmap, PictureUse, ProductInput, Route } from "@aisle/shared/contract";
import { AppError } from "@aisle/shared/errors";
import { findCatalogue } from "../catalogue_lookup.ts";
import { endpoint } from "../endpoint.ts";
import { CatalogueParams, DigestSchema, EXAMPLE } from "../schemas.ts";
import { tryProduct } from "../trial.ts";

const { designation, description, image } = ProductInput.shape;

/** Endpoints of this area. */
export const TRIAL = [
  endpoint({
    method: "post",
    path: "/api/v1/catalogues/{catalogue}/try",
    id: "try-product",
    tag: "models",
    summary: "What the champion, or another bundle, says of a product, and why",
    description: "For people who look: a few products at a time. Applications ask an edge.",
    params: CatalogueParams,
    body: {
      schema: z.strictObject({
        designation,
        description,
        image,
        /** The champion where absent. */
        bundle: DigestSchema.optional(),
      }).refine((product) => hasText(product) || (product.image ?? "") !== "", {
        error: "Give a designation, a description, a picture or several of them",
      }),
      example: { designation: "Garden chair", description: "Stackable, green" },
    },
    answer: {
      description: "The bundle's answer; words that weigh most come first",
      schema: z.object({
        digest: DigestSchema,
        top: z.array(Guess).readonly(),
        confidence: z.number(),
        decision: z.enum(["auto", "review"]),
        route: Route,
        picture: PictureUse,
        pictureProblem: z.string().nullable(),
        words: z.array(z.object({
          word: z.string(),
          count: z.int(),
          contribution: z.number(),
        })).readonly(),
        heatmap: Heatmap.nullable(),
        ms: z.number(),
      }),
      example: {
        digest: EXAMPLE.digest,
        top: [{ code: "10", label: "Chairs", confidence: 0.97 }],
        confidence: 0.97,
        decision: "auto" as const,
        route: "text" as const,
        picture: "none" as const,
        pictureProblem: null,
        words: [{ word: "chair", count: 1, contribution: 2.3 }],
        heatmap: null,
        ms: 12,
      },
    },
    problems: ["not-found", "not-ready", "overloaded", "bundle-invalid"],
    async handle({ params: { catalogue }, body }, c) {
      const hub = c.get("hub");
      await findCatalogue(hub, catalogue);
      // It changes nothing: there is nothing to write down.
      c.set("auditNote", null);
      const { designation, description, image = "", bundle } = body;
      return await tryProduct(hub, {
        catalogue,
        digest: bundle,
        product: {
          designation,
          description,
          picture: image === "" ? null : fromBase64(image),
        },
      });
    },
  }),
];

/** Bytes of base64, or of a data URL of it. @throws {AppError} `input-invalid` */
function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.fromBase64(text.replace(/^data:[^,]{0,100},/, ""));
  } catch (cause) {
    throw new AppError("input-invalid", "Cannot read the picture: it must be base64", { cause });
  }
}
