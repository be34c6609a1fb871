/**
 * The edge's paths as OpenAPI, from the schemas that check them.
 *
 * @module
 */
import type { OpenAPIHono } from "@hono/zod-openapi";
import { z } from "@hono/zod-openapi";
import {
  BatchAnswer,
  BatchInput,
  FeedbackAnswer,
  FeedbackFields,
  FeedbackInput,
  LabelList,
  Prediction,
  ProductFields,
  ProductInput,
} from "@aisle/shared/contract";
import { registerV2Paths } from "./v2/openapi.ts";

/** Head of the document. */
export const DOCUMENT = {
  openapi: "3.1.0",
  info: {
    title: "Aisle edge",
    version: "1",
    description:
      "Puts products in their aisle: predictions, and feedback that makes them better. " +
      "A product has a text, a picture or both.",
  },
};

const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.string(),
  requestId: z.string(),
  details: z.unknown().optional(),
});

const PRODUCT = {
  designation: "Figurine Pikachu 10 cm",
  description: "Figurine de collection en PVC",
};

/** The picture's file in a multipart form. */
const image = z.string().optional().openapi({
  format: "binary",
  description: "A JPEG, PNG or WebP file; CMYK and animations are refused",
});
/** A product as a multipart form. */
const ProductForm = z.object(ProductFields.shape).extend({ image });
const FORM_EXAMPLE = { ...PRODUCT, explain: true, image: "@picture.jpg" };

type Registry = OpenAPIHono["openAPIRegistry"];

/** Adds every path of the edge to `registry`. */
export function registerPaths(registry: Registry): void {
  const problems = (...statuses: readonly (readonly [number, string])[]) =>
    Object.fromEntries(
      statuses.map(([status, description]) => [status, {
        description,
        content: { "application/problem+json": { schema: Problem } },
      }]),
    );
  const json = (schema: z.ZodType, description: string, example?: unknown) => ({
    description,
    content: { "application/json": example === undefined ? { schema } : { schema, example } },
  });
  const bodyOf = (
    json: { readonly schema: z.ZodType; readonly example: unknown },
    form: { readonly schema: z.ZodType; readonly example: unknown },
  ) => ({
    body: {
      required: true,
      content: {
        "application/json": json,
        "multipart/form-data": form,
        "application/x-www-form-urlencoded": { schema: form.schema },
      },
    },
  });
  const body = [
    [400, "The body does not fit; every problem is named"],
    [413, "The body is too large"],
    [415, "The body is neither JSON nor a form"],
    [422, "The picture cannot be used; the answer says why"],
  ] as const;
  const key = [
    [401, "This edge asks for a key"],
    [429, "The key's rate is used up; Retry-After says when to try again"],
  ] as const;
  const model = [
    ...key,
    [503, "No model yet, or the queue is full; Retry-After says when to try again"],
  ] as const;

  for (const path of ["/v1/predict", "/predict"]) {
    registry.registerPath({
      method: "post",
      path,
      operationId: path === "/v1/predict" ? "predict" : "predict-former",
      tags: ["Predict"],
      summary: path === "/v1/predict" ? "Classify one product" : "The same, at its former address",
      description:
        "A picture goes as base64 (`image`, in JSON) or as the file part `image` of a form. " +
        "Where the text is sure, the picture is left unread (`picture: skipped`). With `explain` the answer says " +
        "why: the words that carried it and a map of the places in the picture.",
      request: bodyOf(
        { schema: ProductInput, example: PRODUCT },
        { schema: ProductForm, example: FORM_EXAMPLE },
      ),
      responses: {
        200: json(Prediction, "The best code, its confidence and the next best"),
        ...problems(...body, ...model),
      },
    });
  }
  registry.registerPath({
    method: "post",
    path: "/v1/predict/batch",
    operationId: "predict-batch",
    tags: ["Predict"],
    summary:
      "Classify several products; a bad one gets its own error, the others their predictions",
    request: {
      body: {
        required: true,
        content: { "application/json": { schema: BatchInput, example: { products: [PRODUCT] } } },
      },
    },
    responses: {
      200: json(BatchAnswer, "One entry a product, in order"),
      ...problems(...body, ...model),
    },
  });
  const lines = z.string().openapi({ description: "JSON lines" });
  registry.registerPath({
    method: "post",
    path: "/v1/predict/stream",
    operationId: "predict-stream",
    tags: ["Predict"],
    summary:
      "Classify any number of products, one a line, answered line by line while they are sent",
    description: "Lines are answered in their order; a bad one gets its own error. " +
      "No more is read than is answered and taken: send and read at the same time.",
    request: {
      body: {
        required: true,
        content: { "application/x-ndjson": { schema: lines, example: PRODUCT } },
      },
    },
    responses: {
      200: {
        description: "One line a line: a prediction or {error: {code, detail}}",
        content: { "application/x-ndjson": { schema: lines } },
      },
      ...problems([415, "The body is no application/x-ndjson"], ...model),
    },
  });
  for (const path of ["/v1/feedback", "/predict/feedback"]) {
    registry.registerPath({
      method: "post",
      path,
      operationId: path === "/v1/feedback" ? "feedback" : "feedback-former",
      tags: ["Feedback"],
      summary: path === "/v1/feedback"
        ? "Tell the true code of a product"
        : "The same, at its former address",
      description: "Name the request that was answered, the product itself, or both. " +
        "In forms the product's fields stand beside the others.",
      request: bodyOf(
        {
          schema: FeedbackInput,
          example: { requestId: "the requestId of a prediction", code: "1140" },
        },
        {
          schema: ProductForm.omit({ explain: true }).extend(FeedbackFields.shape),
          example: { ...PRODUCT, image: "@picture.jpg", code: "1140" },
        },
      ),
      responses: {
        201: json(FeedbackAnswer, "The hub has stored it"),
        202: json(FeedbackAnswer, "The hub cannot be reached: it is kept and sent later"),
        ...problems(
          ...body,
          ...key,
          [422, "The hub refuses it, as with an unknown code; or the picture cannot be used"],
          [503, "The hub cannot be reached and the outbox is full"],
        ),
      },
    });
  }
  registry.registerPath({
    method: "get",
    path: "/v1/labels",
    operationId: "labels",
    tags: ["Predict"],
    summary: "The codes and names of the catalogue; known: the model can answer it",
    responses: { 200: json(LabelList, "All active labels"), ...problems(...model) },
  });
  const plain = (path: string, id: string, [summary, status, type]: readonly string[]) =>
    registry.registerPath({
      method: "get",
      path,
      operationId: id,
      tags: ["Operate"],
      summary: summary!,
      responses: { 200: { description: status!, content: { [type!]: { schema: z.unknown() } } } },
    });
  plain("/healthz", "health", ["Whether the process runs", "It does", "application/json"]);
  registry.registerPath({
    method: "get",
    path: "/readyz",
    operationId: "ready",
    tags: ["Operate"],
    summary: "Whether a model serves, which one, and how the hub is",
    responses: {
      200: json(z.looseObject({ ready: z.boolean() }), "It serves"),
      ...problems(...model),
    },
  });
  plain("/metrics", "metrics", [
    "Counters, gauges and histograms for Prometheus",
    "The text format",
    "text/plain",
  ]);
  registerV2Paths(registry);
}
