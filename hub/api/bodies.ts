/**
 * Bodies of requests: how large they may be and which type they must have, before anything parses them.
 *
 * @module
 */
import { EDGE_PATHS, MAX_PICTURE_BYTES } from "@aisle/shared/contract";
import { AppError } from "@aisle/shared/errors";
import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { HubContext, HubEnv } from "./context.ts";
import { isChange } from "./guard.ts";
import { MLFLOW_FILES } from "./mlflow_problem.ts";

/** Largest JSON body: a feedback record with the longest texts fits several times. */
export const MAX_JSON_BYTES = 1 << 20;
/** Largest blob unless the hub is told otherwise. */
export const MAX_BLOB_BYTES = 16 * 2 ** 30;
/** Largest form of the dashboard. */
const MAX_FORM_BYTES = 16 << 10;

const limitTo = (maxSize: number) =>
  bodyLimit({
    maxSize,
    onError: () => {
      throw tooLarge(maxSize);
    },
  });
const limitJson = limitTo(MAX_JSON_BYTES), limitForm = limitTo(MAX_FORM_BYTES);
/** A picture, as base64 where it comes in JSON, and the texts beside it. */
const limitPicture = limitTo(Math.ceil(MAX_PICTURE_BYTES * 4 / 3) + MAX_JSON_BYTES);
/** Where a product comes with its picture: a form of the dashboard, and the verb. */
const PICTURE_FORM = "/ui/try", PICTURE_VERB = /^\/api\/v1\/catalogues\/[^/]+\/try$/;

/** Refuses bodies that are too large or of the wrong type. Blobs are counted where they are stored. */
export const checkBody: MiddlewareHandler<HubEnv> = async (c, next) => {
  const isForm = c.req.path.startsWith("/ui/");
  if (!isChange(c) || takesAnyBytes(c.req.path)) return await next();
  const type = c.req.header("content-type")?.split(";")[0]?.trim().toLowerCase();
  const withPicture = c.req.path === PICTURE_FORM || PICTURE_VERB.test(c.req.path);
  const wanted = !isForm
    ? "application/json"
    : withPicture
    ? "multipart/form-data"
    : "application/x-www-form-urlencoded";
  if (hasBody(c) && type !== wanted) {
    throw new AppError(
      "unsupported-media-type",
      `Cannot read the body: content-type must be ${wanted}: current value is ${type ?? "missing"}`,
    );
  }
  return await (withPicture ? limitPicture : isForm ? limitForm : limitJson)(c, next);
};

/**
 * Whether the request brings a body. Over a socket every DELETE has a stream, which is empty when nothing announces
 * what is in it.
 */
function hasBody(c: HubContext): boolean {
  const lengthBytes = c.req.header("content-length");
  if (c.req.raw.body === null || lengthBytes === "0") return false;
  return lengthBytes !== undefined || c.req.header("transfer-encoding") !== undefined ||
    c.req.header("content-type") !== undefined;
}

/** Whether bytes of any type are stored there, counted on their way. */
export function takesAnyBytes(path: string): boolean {
  return path === "/api/v1/blobs" || path === "/ui/blobs" ||
    path.startsWith(`${EDGE_PATHS.pictures}/`) ||
    path.startsWith(`${MLFLOW_FILES}/`);
}

/** The body as a stream that fails when it grows over `maxBytes`; counted, whatever the headers claim. */
export function limitedBody(
  c: HubContext,
  maxBytes: number,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const claimed = Number(c.req.header("content-length") ?? 0);
  if (claimed > maxBytes) throw tooLarge(maxBytes);
  const body = c.req.raw.body ?? new Blob([]).stream();
  let sizeBytes = 0;
  return body.pipeThrough(
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(piece, controller) {
        sizeBytes += piece.length;
        if (sizeBytes > maxBytes) controller.error(tooLarge(maxBytes));
        else controller.enqueue(piece);
      },
    }),
  );
}

function tooLarge(maxBytes: number): AppError {
  return new AppError("too-large", `Cannot take this body: it is over ${maxBytes} bytes`);
}
