/**
 * The routes of the Open Inference Protocol as OpenAPI.
 *
 * @module
 */
import type { OpenAPIHono } from "@hono/zod-openapi";
import { z } from "@hono/zod-openapi";
import { InferRequest } from "./tensors.ts";

const Metadata = z.object({ name: z.string(), datatype: z.string(), shape: z.array(z.int()) });
const Model = z.object({
  name: z.string(),
  versions: z.array(z.string()),
  platform: z.string(),
  inputs: z.array(Metadata),
  outputs: z.array(Metadata),
});
const InferAnswer = z.object({
  model_name: z.string(),
  model_version: z.string(),
  id: z.string().optional(),
  outputs: z.array(z.object({
    name: z.string(),
    datatype: z.string(),
    shape: z.array(z.int()),
    parameters: z.object({ binary_data_size: z.int() }).optional(),
    data: z.array(z.union([z.string(), z.number()])).optional(),
  })),
});
const V2Error = z.object({ error: z.string() });
type Responses = Parameters<OpenAPIHono["openAPIRegistry"]["registerPath"]>[0]["responses"];
const EXAMPLE = {
  id: "1",
  inputs: [{
    name: "designation",
    shape: [1],
    datatype: "BYTES",
    data: ["Figurine Pikachu 10 cm"],
  }],
};

/** Adds the protocol's paths to `registry`. */
export function registerV2Paths(registry: OpenAPIHono["openAPIRegistry"]): void {
  const json = (description: string, schema: z.ZodType) => ({
    description,
    content: { "application/json": { schema } },
  });
  const refused = (...statuses: readonly (readonly [number, string])[]) =>
    Object.fromEntries(statuses.map(([status, why]) => [status, json(why, V2Error)]));
  const get = (path: string, operationId: string, summary: string, responses: Responses) =>
    registry.registerPath({
      method: "get",
      path,
      operationId,
      tags: ["Open Inference Protocol V2"],
      summary,
      ...(path.includes("{") ? { request: { params: paramsOf(path) } } : {}),
      responses,
    });

  get("/v2", "v2-server", "What server this is", {
    200: json(
      "Name, version and extensions",
      z.object({ name: z.string(), version: z.string(), extensions: z.array(z.string()) }),
    ),
  });
  get("/v2/health/live", "v2-live", "Whether the process runs", {
    200: json("It does", z.object({ live: z.boolean() })),
  });
  const Ready = z.object({ ready: z.boolean() });
  get("/v2/health/ready", "v2-ready", "Whether a model serves", {
    200: json("One does", Ready),
    503: json("None does", Ready),
  });
  const known = [
    [401, "This edge asks for a key"],
    [404, "No such model or version"],
    [503, "No model yet, or the queue is full"],
  ] as const;
  for (
    const [path, id, of] of [
      ["/v2/models/{name}", "", "the model"],
      ["/v2/models/{name}/versions/{version}", "-version", "the version that serves"],
    ] as const
  ) {
    get(path, `v2-model${id}`, `Inputs and outputs of ${of}`, {
      200: json("Names, datatypes and shapes; -1 is any number of rows", Model),
      ...refused(...known),
    });
    get(`${path}/ready`, `v2-model${id}-ready`, `Whether ${of} serves`, {
      200: json("It does", z.object({ name: z.string(), ready: z.boolean() })),
      ...refused(...known),
    });
    registry.registerPath({
      method: "post",
      path: `${path}/infer`,
      operationId: `v2-infer${id}`,
      tags: ["Open Inference Protocol V2"],
      summary: `Classify products given as tensors, by ${of}`,
      description:
        "The model's name is the catalogue. Inputs designation, description and image (BYTES, [rows] or " +
        "[rows, 1]); a picture is base64 in JSON and the file itself as bytes. With the binary tensor data extension " +
        "tensors stand behind the JSON, whose length is in Inference-Header-Content-Length.",
      request: {
        params: paramsOf(path),
        body: {
          required: true,
          content: { "application/json": { schema: InferRequest, example: EXAMPLE } },
        },
      },
      responses: {
        200: json("The tensors asked for, else all", InferAnswer),
        ...refused(
          [400, "The request does not fit"],
          ...known,
          [413, "Too many rows or bytes"],
          [422, "A picture cannot be used; the answer says of which row"],
          [429, "The key's rate is used up"],
        ),
      },
    });
  }
}

function paramsOf(path: string): z.ZodObject {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  return z.object(Object.fromEntries(names.map((name) => [name, z.string()])));
}
