/**
 * Where predictions, bundles, data and feedback came from and what came of them; who was champion when.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { AppError } from "@aisle/shared/errors";
import type { LineageStart } from "../../registry/lineage_answer.ts";
import { aliasesAt } from "../../registry/reigns.ts";
import { findCatalogue } from "../catalogue_lookup.ts";
import { endpoint } from "../endpoint.ts";
import { CatalogueParams, DigestSchema, EXAMPLE, InstantSchema } from "../schemas.ts";

const tag = "lineage";

const ReignSchema = z.object({
  digest: z.string(),
  since: InstantSchema,
  until: InstantSchema.nullable(),
  kind: z.enum(["promote", "rollback"]),
  by: z.string(),
  why: z.string(),
  release: z.int().nullable(),
}).openapi("Reign");
const reignExample = {
  digest: EXAMPLE.digest,
  since: EXAMPLE.at,
  until: null,
  kind: "promote" as const,
  by: "alice",
  why: "gate accepted it",
  release: 3,
};

const SideSchema = z.object({
  bundles: z.array(z.object({
    digest: z.string(),
    version: z.int(),
    run: z.string().nullable(),
    dataset: z.string().nullable(),
    createdAt: InstantSchema,
    reigns: z.array(ReignSchema).readonly(),
    answered: z.object({ feedback: z.int(), right: z.int() }),
  })).readonly(),
  runs: z.array(z.object({
    id: z.string(),
    kind: z.string(),
    state: z.string(),
    by: z.string(),
    codeVersion: z.string().nullable(),
    startedAt: InstantSchema,
  })).readonly(),
  datasets: z.array(z.object({
    digest: z.string(),
    parent: z.string().nullable(),
    rows: z.int(),
    blob: z.string(),
    createdAt: InstantSchema,
    merged: z.int(),
  })).readonly(),
  feedback: z.object({
    total: z.int(),
    items: z.array(z.object({
      key: z.string(),
      requestId: z.string().nullable(),
      edgeId: z.string(),
      code: z.string(),
      predictedCode: z.string().nullable(),
      predictedBy: z.string().nullable(),
      state: z.string(),
      dataset: z.string().nullable(),
      row: z.string().nullable(),
      at: z.string(),
    })).readonly(),
  }),
}).openapi("LineageSide");
const emptySide = { bundles: [], runs: [], datasets: [], feedback: { total: 0, items: [] } };

const id = z.string().min(1).max(200).optional();
const STARTS = ["bundle", "run", "dataset", "feedback", "request"] as const;
const StartParams = z.object({
  bundle: DigestSchema.optional(),
  run: id,
  dataset: DigestSchema.optional(),
  feedback: id,
  request: id,
});

/** The one start that is named. @throws {AppError} `input-invalid` for none or several */
function startOf(query: z.output<typeof StartParams>): LineageStart {
  const named = STARTS.filter((name) => query[name] !== undefined);
  if (named.length === 1) return { [named[0]!]: query[named[0]!] } as unknown as LineageStart;
  throw new AppError(
    "input-invalid",
    `Cannot trace lineage: name one of ${STARTS.join(", ")}: current value is ` +
      (named.join(" and ") || "none"),
  );
}

/** Endpoints of this area. */
export const LINEAGE = [
  endpoint({
    method: "get",
    path: "/api/v1/catalogues/{catalogue}/lineage",
    id: "trace-lineage",
    tag,
    summary: "Where something came from, and what came of it",
    description:
      "From a bundle (the digest that a prediction names), run, data version, feedback or request: " +
      "origins go over run and data versions to the feedback in them, effects over the data that " +
      "feedback went into to the bundles trained on it. Rows are in the blob of their data version.",
    params: CatalogueParams,
    query: StartParams,
    answer: {
      description: "Both directions",
      schema: z.object({
        catalogue: z.string(),
        start: z.record(z.string(), z.string()),
        origins: SideSchema,
        effects: SideSchema,
      }),
      example: {
        catalogue: EXAMPLE.catalogue,
        start: { bundle: EXAMPLE.digest },
        origins: {
          ...emptySide,
          bundles: [{
            digest: EXAMPLE.digest,
            version: 3,
            run: EXAMPLE.id,
            dataset: EXAMPLE.other,
            createdAt: EXAMPLE.at,
            reigns: [reignExample],
            answered: { feedback: 120, right: 108 },
          }],
        },
        effects: emptySide,
      },
    },
    problems: ["not-found"],
    async handle({ params: { catalogue }, query }, c) {
      const hub = c.get("hub");
      await findCatalogue(hub, catalogue);
      const { start, ...answer } = await hub.registry.lineage.trace(catalogue, startOf(query));
      return { ...answer, start: { ...start } };
    },
  }),
  endpoint({
    method: "get",
    path: "/api/v1/catalogues/{catalogue}/aliases/at",
    id: "aliases-at",
    tag,
    summary: "What was champion at a moment, since when, why, and who did it",
    params: CatalogueParams,
    query: z.object({
      moment: z.iso.datetime({ offset: true }).transform((text) => new Date(text).toISOString()),
    }),
    answer: {
      description: "The aliases as they stood, and the reign of that champion",
      schema: z.object({
        at: InstantSchema,
        aliases: z.object({
          catalogue: z.string(),
          revision: z.int(),
          champion: z.string().nullable(),
          challenger: z.string().nullable(),
          previous: z.string().nullable(),
        }),
        reign: ReignSchema.nullable(),
      }),
      example: {
        at: EXAMPLE.at,
        aliases: {
          catalogue: EXAMPLE.catalogue,
          revision: 4,
          champion: EXAMPLE.digest,
          challenger: null,
          previous: EXAMPLE.other,
        },
        reign: reignExample,
      },
    },
    problems: ["not-found"],
    async handle({ params: { catalogue }, query: { moment } }, c) {
      const hub = c.get("hub");
      await findCatalogue(hub, catalogue);
      return aliasesAt(catalogue, await hub.registry.aliases.history(catalogue), moment);
    },
  }),
];
