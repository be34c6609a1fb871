/**
 * Model cards, made from what the hub knows whenever they are asked for.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { CatalogueName } from "@aisle/shared/contract";
import { cardMarkdown } from "../../cards/card_markdown.ts";
import { endpoint } from "../endpoint.ts";
import { readModelCard } from "../model_cards.ts";
import { DigestParams, EXAMPLE } from "../schemas.ts";

const tag = "models";
const InCatalogueQuery = z.object({ catalogue: CatalogueName.optional() });

const FieldSchema = z.object({ name: z.string(), type: z.string(), meaning: z.string() });
const CardSchema = z.object({
  format: z.literal("aisle-card/1"),
  model: z.object({
    catalogue: z.string(),
    title: z.string(),
    version: z.int(),
    digest: z.string(),
    kind: z.enum(["text", "fused"]),
    sizeBytes: z.int(),
    createdAt: z.string(),
    aliases: z.array(z.string()).readonly(),
  }),
  intendedUse: z.array(z.string()).readonly(),
  signature: z.object({
    inputs: z.array(FieldSchema).readonly(),
    outputs: z.array(FieldSchema).readonly(),
    example: z.object({ designation: z.string(), description: z.string() }).nullable(),
  }),
  data: z.unknown(),
  metrics: z.unknown(),
  classes: z.array(z.object({
    code: z.string(),
    name: z.string(),
    dataRows: z.int().nullable(),
    goldRows: z.int(),
    precision: z.number(),
    recall: z.number(),
    f1: z.number(),
  })).readonly(),
  limits: z.array(z.string()).readonly(),
  verdict: z.object({ accept: z.boolean(), failed: z.array(z.string()).readonly() }).nullable(),
  run: z.unknown(),
}).openapi("ModelCard");

/** Endpoints of this area. */
export const CARDS = [
  endpoint({
    method: "get",
    path: "/api/v1/models/{digest}/card",
    id: "get-model-card",
    tag,
    summary: "The card of a bundle: use, limits, data, figures by class",
    description:
      "Made when asked for. The catalogue's setting `intendedUse` adds the owner's words.",
    params: DigestParams,
    query: InCatalogueQuery,
    answer: {
      description: "The card",
      schema: CardSchema,
      example: {
        format: "aisle-card/1" as const,
        model: {
          catalogue: EXAMPLE.catalogue,
          title: "Demo",
          version: 3,
          digest: EXAMPLE.digest,
          kind: "text" as const,
          sizeBytes: 412_337,
          createdAt: EXAMPLE.at,
          aliases: ["champion"],
        },
        intendedUse: ["Puts products of the catalogue Demo into one of 27 classes."],
        signature: { inputs: [], outputs: [], example: null },
        data: null,
        metrics: null,
        classes: [],
        limits: ["It was never judged on gold rows: how good it is, nobody knows."],
        verdict: null,
        run: null,
      },
    },
    problems: ["not-found"],
    handle: ({ params: { digest }, query: { catalogue } }, c) =>
      readModelCard(c.get("hub"), digest, catalogue),
  }),
  endpoint({
    method: "get",
    path: "/api/v1/models/{digest}/card.md",
    id: "get-model-card-markdown",
    tag,
    summary: "The card of a bundle as Markdown",
    params: DigestParams,
    query: InCatalogueQuery,
    answer: {
      description: "The card",
      schema: z.string(),
      example: "# Demo, version 3\n",
      contentType: "text/markdown",
    },
    problems: ["not-found"],
    async handle({ params: { digest }, query: { catalogue } }, c) {
      const card = await readModelCard(c.get("hub"), digest, catalogue);
      return c.body(cardMarkdown(card), 200, { "content-type": "text/markdown; charset=utf-8" });
    },
  }),
];
