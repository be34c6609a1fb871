/**
 * Bundles with what was found out about them.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { CatalogueName } from "@aisle/shared/contract";
import { found } from "../catalogue_lookup.ts";
import { endpoint } from "../endpoint.ts";
import { goldProducts } from "../gold_products.ts";
import {
  DigestParams,
  DigestSchema,
  EXAMPLE,
  FiguresSchema,
  InstantSchema,
  listOf,
} from "../schemas.ts";

const tag = "models";
const InCatalogueQuery = z.object({ catalogue: CatalogueName.optional() });

const ModelSchema = z.object({
  digest: DigestSchema,
  catalogue: z.string(),
  runId: z.string().nullable(),
  dataset: z.string().nullable(),
  sizeBytes: z.int(),
  manifest: z.unknown(),
  createdAt: InstantSchema,
  version: z.int(),
}).openapi("Model");

const EvaluationSchema = z.object({
  id: z.int(),
  catalogue: z.string(),
  bundle: z.string(),
  goldDigest: z.string(),
  metrics: FiguresSchema,
  blob: z.string(),
  htmlBlob: z.string().nullable(),
  createdAt: InstantSchema,
}).openapi("Evaluation");

const VerdictSchema = z.object({
  digest: z.string(),
  catalogue: z.string(),
  bundle: z.string(),
  against: z.string().nullable(),
  accept: z.boolean(),
  blob: z.string(),
  htmlBlob: z.string().nullable(),
  runId: z.string().nullable(),
  createdAt: InstantSchema,
}).openapi("Verdict");

const modelExample = {
  digest: EXAMPLE.digest,
  catalogue: EXAMPLE.catalogue,
  runId: EXAMPLE.id,
  dataset: EXAMPLE.other,
  sizeBytes: 412_337,
  manifest: { format: "aisle-bundle/1", kind: "text" },
  createdAt: EXAMPLE.at,
  version: 3,
};

/** Endpoints of this area. */
export const MODELS = [
  endpoint({
    method: "get",
    path: "/api/v1/models",
    id: "list-models",
    tag,
    summary: "Bundles, newest first, with their latest figures and verdict",
    query: InCatalogueQuery.extend({ limit: z.coerce.number().int().min(1).max(1000).optional() }),
    answer: {
      description: "Bundles; `manifest` is left out",
      schema: listOf(
        ModelSchema.omit({ manifest: true }).extend({
          metrics: FiguresSchema,
          accepted: z.boolean().nullable(),
        }),
      ),
      example: {
        items: [{
          digest: modelExample.digest,
          catalogue: modelExample.catalogue,
          runId: modelExample.runId,
          dataset: modelExample.dataset,
          sizeBytes: modelExample.sizeBytes,
          createdAt: modelExample.createdAt,
          version: modelExample.version,
          metrics: { accuracy: 0.93, weightedF1: 0.93 },
          accepted: true,
        }],
      },
    },
    async handle({ query }, c) {
      const { models } = c.get("hub").registry;
      const items = [];
      for (const { manifest: _, ...model } of await models.list(query)) {
        const { digest, catalogue } = model;
        const [evaluation] = await models.evaluations(digest, { catalogue });
        const [verdict] = await models.verdicts(digest, { catalogue });
        items.push({
          ...model,
          metrics: evaluation?.metrics ?? {},
          accepted: verdict?.accept ?? null,
        });
      }
      return { items };
    },
  }),
  endpoint({
    method: "get",
    path: "/api/v1/models/{digest}",
    id: "get-model",
    tag,
    summary: "One bundle with its evaluations and verdicts, newest first",
    description: "Reports and figures in full are blobs.",
    params: DigestParams,
    query: InCatalogueQuery,
    answer: {
      description: "The bundle",
      schema: ModelSchema.extend({
        evaluations: z.array(EvaluationSchema).readonly(),
        verdicts: z.array(VerdictSchema).readonly(),
      }),
      example: {
        ...modelExample,
        evaluations: [{
          id: 1,
          catalogue: EXAMPLE.catalogue,
          bundle: EXAMPLE.digest,
          goldDigest: EXAMPLE.other,
          metrics: { accuracy: 0.93, weightedF1: 0.93, macroF1: 0.91 },
          blob: EXAMPLE.other,
          htmlBlob: null,
          createdAt: EXAMPLE.at,
        }],
        verdicts: [{
          digest: EXAMPLE.other,
          catalogue: EXAMPLE.catalogue,
          bundle: EXAMPLE.digest,
          against: null,
          accept: true,
          blob: EXAMPLE.other,
          htmlBlob: null,
          runId: EXAMPLE.id,
          createdAt: EXAMPLE.at,
        }],
      },
    },
    problems: ["not-found"],
    async handle({ params: { digest }, query }, c) {
      const { models } = c.get("hub").registry;
      const model = found(await models.get(digest, query), "the bundle", digest);
      return {
        ...model,
        evaluations: await models.evaluations(digest, query),
        verdicts: await models.verdicts(digest, query),
      };
    },
  }),
  endpoint({
    method: "get",
    path: "/api/v1/models/{digest}/gold",
    id: "list-gold-products",
    tag,
    summary: "What a bundle said of each gold product, the surest first",
    description: "By its newest evaluation. `code` and `predicted` name a cell of the confusion " +
      "matrix; the picture is at `/api/v1/catalogues/{catalogue}/pictures/{digest}`.",
    params: DigestParams,
    query: InCatalogueQuery.extend({
      code: z.string().max(200).optional(),
      predicted: z.string().max(200).optional(),
      wrong: z.enum(["true", "false"]).transform((text) => text === "true").optional(),
      limit: z.coerce.number().int().min(1).max(1000).optional(),
      offset: z.coerce.number().int().min(0).optional(),
    }),
    answer: {
      description: "Products, and how many there are on all pages",
      schema: z.object({
        items: z.array(z.object({
          id: z.string(),
          code: z.string(),
          predicted: z.string(),
          confidence: z.number(),
          designation: z.string().nullable(),
          description: z.string().nullable(),
          picture: z.string().nullable(),
        })).readonly(),
        total: z.int(),
      }),
      example: {
        items: [{
          id: "17",
          code: "10",
          predicted: "40",
          confidence: 0.83,
          designation: "Garden chair",
          description: "",
          picture: null,
        }],
        total: 1,
      },
    },
    problems: ["not-found"],
    async handle({ params: { digest }, query: { catalogue, ...query } }, c) {
      const hub = c.get("hub");
      const model = found(
        await hub.registry.models.get(digest, { catalogue }),
        "the bundle",
        digest,
      );
      const [evaluation] = await hub.registry.models.evaluations(digest, {
        catalogue: model.catalogue,
      });
      return found(
        evaluation === undefined ? null : await goldProducts(hub, evaluation, query),
        "an evaluation of the bundle",
        digest,
      );
    },
  }),
];
