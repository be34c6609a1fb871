/**
 * The review queue: what a person should label next, and what they say.
 *
 * Whoever answers is named by their token, nobody else: their word is trusted, so it cannot be given in another's name.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { AppError } from "@aisle/shared/errors";
import { REVIEW_REASONS } from "../../review/choose_next.ts";
import { reviewCsv } from "../../review/review_csv.ts";
import { findCatalogue } from "../catalogue_lookup.ts";
import { actorOf } from "../context.ts";
import { endpoint } from "../endpoint.ts";
import { reviewLine } from "../review_lines.ts";
import { answerItem, nextItems, undoAnswer } from "../review_verbs.ts";
import { CatalogueParams, EXAMPLE, InstantSchema, listOf, pageOf, PageParams } from "../schemas.ts";

const tag = "review";
const count = z.int().nonnegative();
const id = z.string().min(1).max(100);
const code = z.string().min(1).max(200);
const state = z.enum(["open", "answered", "gone"]);

const itemShape = {
  id: z.string(),
  catalogue: z.string(),
  content: z.string(),
  product: z.object({
    designation: z.string(),
    description: z.string(),
    productid: z.string(),
    imageid: z.string(),
    picture: z.string().optional(),
  }),
  guesses: z.array(z.object({ code: z.string(), confidence: z.number() })).readonly(),
  digest: z.string().nullable(),
  reasons: z.array(
    z.object({ kind: z.enum(REVIEW_REASONS), score: z.number(), detail: z.string() }),
  ).readonly(),
  priority: z.number(),
  knownCode: z.string().nullable(),
  origin: z.string(),
  state,
  wanted: count,
  leaseBy: z.string().nullable(),
  leaseUntil: InstantSchema.nullable(),
  createdAt: InstantSchema,
};
const ItemSchema = z.object(itemShape).openapi("ReviewItem");
const AnswerSchema = z.object({
  itemId: z.string(),
  reviewer: z.string(),
  code: z.string().nullable(),
  feedbackKey: z.string().nullable(),
  at: InstantSchema,
  undoneAt: InstantSchema.nullable(),
}).openapi("ReviewAnswer");

const item = {
  id: EXAMPLE.id,
  catalogue: EXAMPLE.catalogue,
  content: EXAMPLE.digest,
  product: { designation: "Pomme", description: "", productid: "1", imageid: "1" },
  guesses: [
    { code: "food-fruit", confidence: 0.41 },
    { code: "animal-bird", confidence: 0.38 },
  ],
  digest: EXAMPLE.digest,
  reasons: [{
    kind: "low-margin" as const,
    score: 0.97,
    detail: "food-fruit 41 %, animal-bird 38 %",
  }],
  priority: 0.97,
  knownCode: null,
  origin: "edge-1",
  state: "open" as const,
  wanted: 1,
  leaseBy: "ann",
  leaseUntil: EXAMPLE.at,
  createdAt: EXAMPLE.at,
};
const answered = { ...item, state: "answered" as const, leaseBy: null, leaseUntil: null };
const base = "/api/v1/catalogues/{catalogue}/review";

/** Endpoints of this area. */
export const REVIEW = [
  endpoint({
    method: "get",
    path: base,
    id: "list-review",
    tag,
    summary: "The products of the review queue with their answers, newest first",
    params: CatalogueParams,
    query: PageParams.extend({ state: state.optional() }),
    answer: {
      description: "A page of products",
      schema: pageOf(z.object({ ...itemShape, answers: z.array(AnswerSchema).readonly() })),
      example: { items: [{ ...item, answers: [] }], next: null },
    },
    problems: ["not-found"],
    async handle({ params: { catalogue }, query }, c) {
      const hub = c.get("hub");
      await findCatalogue(hub, catalogue);
      return await hub.registry.review.list(catalogue, query);
    },
  }),
  endpoint({
    method: "post",
    path: `${base}/next`,
    id: "next-review",
    tag,
    summary: "What you should label next, leased to you for some minutes",
    description: "Asked again, those that you hold come first. The mix of reasons is a param.",
    params: CatalogueParams,
    body: {
      schema: z.strictObject({ n: z.int().min(1).max(100).optional() }),
      example: { n: 10 },
      optional: true,
    },
    answer: {
      description: "Products, the most useful first",
      schema: listOf(ItemSchema),
      example: { items: [item] },
    },
    problems: ["not-found"],
    async handle({ params: { catalogue }, body }, c) {
      await findCatalogue(c.get("hub"), catalogue);
      c.set("auditNote", null);
      return { items: await nextItems(c, catalogue, body?.n ?? 1) };
    },
  }),
  endpoint({
    method: "post",
    path: `${base}/answers`,
    id: "answer-review",
    tag,
    summary: "Says what a product is: it becomes trusted feedback in your name",
    params: CatalogueParams,
    body: { schema: z.strictObject({ id, code }), example: { id: EXAMPLE.id, code: "food-fruit" } },
    answer: {
      status: 201,
      description: "The product; open still where a second person is asked",
      schema: ItemSchema,
      example: answered,
    },
    problems: ["not-found", "unknown-code", "conflict"],
    async handle({ params: { catalogue }, body }, c) {
      await findCatalogue(c.get("hub"), catalogue);
      return await answerItem(c, catalogue, body.id, body.code);
    },
  }),
  endpoint({
    method: "post",
    path: `${base}/skip`,
    id: "skip-review",
    tag,
    summary: "Leaves a product to others",
    params: CatalogueParams,
    body: { schema: z.strictObject({ id }), example: { id: EXAMPLE.id } },
    answer: {
      description: "Left",
      schema: z.object({ id: z.string() }),
      example: { id: EXAMPLE.id },
    },
    problems: ["not-found", "conflict"],
    async handle({ params: { catalogue }, body }, c) {
      const hub = c.get("hub");
      await findCatalogue(hub, catalogue);
      c.set("auditNote", { target: catalogue, details: body });
      await hub.registry.review.skip(catalogue, { id: body.id, reviewer: actorOf(c) });
      return { id: body.id };
    },
  }),
  endpoint({
    method: "post",
    path: `${base}/undo`,
    id: "undo-review",
    tag,
    summary: "Takes your last answer or skip back; the product is yours again",
    params: CatalogueParams,
    answer: { description: "The product", schema: ItemSchema, example: item },
    problems: ["not-found", "conflict"],
    async handle({ params: { catalogue } }, c) {
      await findCatalogue(c.get("hub"), catalogue);
      const back = await undoAnswer(c, catalogue);
      if (back !== null) return back;
      throw new AppError("not-found", "Cannot undo: you have answered nothing here");
    },
  }),
  endpoint({
    method: "get",
    path: `${base}/stats`,
    id: "review-stats",
    tag,
    summary:
      "How long the queue is, who answered how much, and how far people agree (Cohen's kappa)",
    params: CatalogueParams,
    answer: {
      description: "Counts and agreement with its 95 % interval",
      schema: z.object({
        open: count,
        kinds: z.record(z.string(), count),
        answered: count,
        reviewers: z.array(z.object({
          reviewer: z.string(),
          answers: count,
          skipped: count,
          firstGuess: count,
          lastAt: InstantSchema,
        })).readonly(),
        agreement: z.object({
          n: count,
          agreed: count,
          observed: z.number(),
          expected: z.number(),
          kappa: z.number().nullable(),
          low: z.number().nullable(),
          high: z.number().nullable(),
        }),
      }).openapi("ReviewStats"),
      example: {
        open: 120,
        kinds: { "low-margin": 80, "label-error": 40 },
        answered: 60,
        reviewers: [{
          reviewer: "ann",
          answers: 45,
          skipped: 3,
          firstGuess: 20,
          lastAt: EXAMPLE.at,
        }],
        agreement: {
          n: 20,
          agreed: 18,
          observed: 0.9,
          expected: 0.3,
          kappa: 0.857,
          low: 0.571,
          high: 0.96,
        },
      },
    },
    problems: ["not-found"],
    async handle({ params: { catalogue } }, c) {
      const hub = c.get("hub");
      await findCatalogue(hub, catalogue);
      return await hub.registry.review.stats(catalogue);
    },
  }),
  endpoint({
    method: "get",
    path: `${base}/export.csv`,
    id: "export-review",
    tag,
    summary: "The queue as a CSV for a spreadsheet: fill the column code and send it back",
    params: CatalogueParams,
    query: z.object({ state: state.optional(), limit: PageParams.shape.limit }),
    answer: {
      description: "CSV with a head",
      schema: z.string(),
      example: "id,designation,...\r\n",
      contentType: "text/csv",
    },
    problems: ["not-found"],
    async handle({ params: { catalogue }, query }, c) {
      const hub = c.get("hub");
      await findCatalogue(hub, catalogue);
      const { items } = await hub.registry.review.list(catalogue, { limit: 1000, ...query });
      return c.body(reviewCsv(items.map(reviewLine)), 200, {
        "content-type": "text/csv; charset=utf-8",
        "content-disposition": `attachment; filename="review-${catalogue}.csv"`,
      });
    },
  }),
  endpoint({
    method: "post",
    path: `${base}/import`,
    id: "import-review",
    tag,
    summary: "Takes many answers at once, in your name; those that cannot be taken are told",
    params: CatalogueParams,
    body: {
      schema: z.strictObject({ answers: z.array(z.strictObject({ id, code })).min(1).max(1000) }),
      example: { answers: [{ id: EXAMPLE.id, code: "food-fruit" }] },
    },
    answer: {
      description: "What was taken and what was not",
      schema: z.object({
        stored: count,
        refused: z.array(z.object({ id: z.string(), code: z.string(), detail: z.string() })),
      }),
      example: {
        stored: 12,
        refused: [{
          id: EXAMPLE.id,
          code: "conflict",
          detail: "Cannot answer ...: it is answered",
        }],
      },
    },
    problems: ["not-found"],
    async handle({ params: { catalogue }, body }, c) {
      await findCatalogue(c.get("hub"), catalogue);
      let stored = 0;
      const refused = [];
      for (const answer of body.answers) {
        try {
          await answerItem(c, catalogue, answer.id, answer.code);
          stored++;
        } catch (error) {
          if (!(error instanceof AppError)) throw error;
          refused.push({ id: answer.id, code: error.code, detail: error.message });
        }
      }
      c.set("auditNote", { target: catalogue, details: { stored, refused: refused.length } });
      return { stored, refused };
    },
  }),
];
