/**
 * Reads the body of a request: bounded, JSON or form, into plain values that a schema then checks.
 *
 * Bodies are hostile input: the limit holds whatever Content-Length says, and nothing is read that will be refused.
 *
 * @module
 */
import { AppError, messageOf } from "@aisle/shared/errors";
import type { BodyBudget } from "./body_budget.ts";
import { type FilePart, type FormEntries, readMultipart } from "./multipart.ts";

/** How much is taken. */
export interface BodyLimits {
  /** JSON, which may carry a picture in base64, and URL-encoded forms. */
  readonly maxBytes: number;
  /** Multipart forms, which may carry a picture as it is. */
  readonly maxMultipartBytes: number;
  /** Reads the bytes, within what all bodies may hold and how long one may take. */
  readonly budget: BodyBudget;
}

/** A body as plain values. */
export interface Body {
  readonly value: unknown;
  readonly form: boolean;
  /** The file part `image` of a multipart form; its header is still to be read. */
  readonly picture: Uint8Array<ArrayBuffer> | null;
}

/** The one file part that is taken. */
const PICTURE_PART = "image";

/**
 * The body of `request`.
 *
 * @throws {AppError} `unsupported-media-type`, `too-large`, `input-invalid`, `overloaded` or `request-timeout`
 */
export async function readBody(request: Request, limits: BodyLimits): Promise<Body> {
  const header = request.headers.get("content-type") ?? "";
  const type = (header.split(";")[0] ?? "").trim().toLowerCase();
  if (type === "application/json" || type.endsWith("+json")) {
    const bytes = await limits.budget.read(request, limits.maxBytes);
    return { value: parseJson(bytes), form: false, picture: null };
  }
  if (type === "application/x-www-form-urlencoded") {
    const bytes = await limits.budget.read(request, limits.maxBytes);
    return fields(new URLSearchParams(decode(bytes)));
  }
  if (type === "multipart/form-data") {
    const bytes = await limits.budget.read(request, limits.maxMultipartBytes);
    return fields(readMultipart(header, bytes) ?? await formEntries(header, bytes));
  }
  throw new AppError(
    "unsupported-media-type",
    "Cannot read the body: send application/json, multipart/form-data or " +
      `application/x-www-form-urlencoded: current value is ${type || "no Content-Type"}`,
  );
}

/** The fields of a multipart form by the platform's reader. @throws {AppError} `input-invalid` where it is none */
async function formEntries(
  header: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<FormEntries> {
  try {
    const whole = new Response(bytes, { headers: { "content-type": header } });
    const form = [...await whole.formData()];
    return await Promise.all(form.map(async ([name, value]) => {
      if (typeof value === "string") return [name, value] as const;
      return [name, { name: value.name, bytes: await value.bytes() }] as const;
    }));
  } catch (error) {
    throw invalid(`it is no multipart form: ${messageOf(error)}`, error);
  }
}

/** The value of JSON in UTF-8. @throws {AppError} `input-invalid` */
export function parseJson(bytes: Uint8Array): unknown {
  const text = decode(bytes);
  if (text.trim() === "") throw invalid("it is empty");
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid(`it is no JSON: ${messageOf(error)}`, error);
  }
}

/** Text of UTF-8 bytes; other encodings are refused rather than guessed. */
function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw invalid("it is not UTF-8", error);
  }
}

/** Form fields as an object; empty ones count as not given, as forms send every field they have. */
function fields(entries: Iterable<readonly [string, string | FilePart]>): Body {
  const value: Record<string, string> = Object.create(null);
  let picture: Uint8Array<ArrayBuffer> | null = null;
  for (const [name, field] of entries) {
    if (typeof field !== "string") {
      if (name !== PICTURE_PART) {
        throw invalid(`it has a file named ${name}; only ${PICTURE_PART} is taken`);
      }
      if (picture !== null) throw invalid(`it has the file ${name} twice`);
      // Browsers send a nameless empty file where none was chosen.
      if (field.bytes.length > 0 || field.name !== "") picture = field.bytes;
    } else if (name in value) {
      throw invalid(`it has the field ${name} twice`);
    } else if (field !== "") value[name] = field;
  }
  return { value, form: true, picture };
}

function invalid(why: string, cause?: unknown): AppError {
  return new AppError("input-invalid", `Cannot read the body: ${why}`, { cause });
}
