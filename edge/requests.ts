/**
 * From a body's plain values to what the contract says they must be, with every problem told at once.
 *
 * @module
 */
import type { z } from "zod";
import { AppError } from "@aisle/shared/errors";
import {
  BatchInput,
  FeedbackFields,
  FeedbackInput,
  ProductFields,
  ProductInput,
} from "@aisle/shared/contract";
import type { Body } from "./body.ts";
import { fromBase64, letIn, type PictureDoor } from "./pictures.ts";

/** Longest that a message of ours repeats after a user. */
const MAX_ECHO_CHARS = 300;
/** What a form's checkbox or a person may write for yes and no. */
const YES_NO: Readonly<Record<string, boolean>> = {
  true: true,
  "1": true,
  on: true,
  false: false,
  "0": false,
};

/** A product that was let in. */
export interface Product {
  readonly designation: string;
  readonly description: string;
  readonly productid: string;
  readonly imageid: string;
  readonly explain: boolean;
  /** The file's bytes; null where there is none. */
  readonly picture: Uint8Array<ArrayBuffer> | null;
}

/** Feedback that was let in. */
export interface GivenFeedback extends FeedbackFields {
  readonly product?: Product | undefined;
}

/**
 * The product in `body`; a form's picture is its file part `image`.
 *
 * @throws {AppError} `input-invalid`, `picture-invalid`, `too-large`
 */
export function productOf(body: Body, door: PictureDoor): Product {
  const value = body.form ? withFlags(body.value as Record<string, string>) : body.value;
  if (body.picture === null) return taken(parse(ProductInput, value, "the product"), null, door);
  return taken(parse(ProductFields, value, "the product"), body.picture, door);
}

/** The product `value` of a batch, or why it is none. */
export function batchEntryOf(
  value: unknown,
  door: PictureDoor,
): { readonly product: Product } | { readonly error: { code: string; detail: string } } {
  try {
    return { product: taken(parse(ProductInput, value, "the product"), null, door) };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { error: { code: error.code, detail: error.message } };
  }
}

/**
 * The products in `body`, each still to be checked.
 *
 * @throws {AppError} `input-invalid`, `too-large` above `maxProducts`
 */
export function batchOf(body: Body, maxProducts: number): readonly unknown[] {
  const { products } = parse(BatchInput, body.value, "the batch");
  if (products.length > maxProducts) {
    throw new AppError(
      "too-large",
      `Cannot take the batch: at most ${maxProducts} products at once: current value is ${products.length}`,
    );
  }
  return products;
}

/**
 * The feedback in `body`; a form gives the product's fields beside the others.
 *
 * @throws {AppError} as {@linkcode productOf}
 */
export function feedbackOf(body: Body, door: PictureDoor): GivenFeedback {
  if (!body.form) {
    const { product, ...rest } = parse(FeedbackInput, body.value, "the feedback");
    return product === undefined ? rest : { ...rest, product: taken(product, null, door) };
  }
  const { designation, description, productid, imageid, image, ...rest } = body.value as Record<
    string,
    string
  >;
  const fields = { designation, description, productid, imageid };
  if (body.picture !== null) {
    const product = taken(parse(ProductFields, fields, "the product"), body.picture, door);
    return { ...parse(FeedbackFields, rest, "the feedback"), product };
  }
  const given = [designation, description, image].some((field) => field !== undefined);
  const product = given ? { ...fields, image } : undefined;
  return feedbackOf({ ...body, form: false, value: { ...rest, product } }, door);
}

function taken(
  fields: ProductInput | ProductFields,
  file: Uint8Array<ArrayBuffer> | null,
  door: PictureDoor,
): Product {
  const image = "image" in fields ? fields.image ?? "" : "";
  const bytes = file ?? (image === "" ? null : fromBase64(image));
  return {
    designation: fields.designation,
    description: fields.description,
    productid: fields.productid ?? "",
    imageid: fields.imageid ?? "",
    explain: fields.explain ?? false,
    picture: bytes === null ? null : letIn(bytes, door),
  };
}

/** Form fields are text; what is neither yes nor no is left for the schema to refuse. */
function withFlags(value: Readonly<Record<string, string>>): Record<string, unknown> {
  const { explain, ...rest } = value;
  return explain === undefined ? rest : { ...rest, explain: YES_NO[explain] ?? explain };
}

function parse<T extends z.ZodType>(schema: T, value: unknown, what: string): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = problemsOf(parsed.error);
  throw new AppError("input-invalid", `Cannot take ${what}: ${problems.join("; ")}`, {
    details: problems,
  });
}

function problemsOf(error: z.ZodError): string[] {
  return error.issues.map((issue) => {
    const path = issue.path.map(String).join(".");
    const text = path === "" ? issue.message : `${path}: ${issue.message}`;
    return text.length > MAX_ECHO_CHARS ? `${text.slice(0, MAX_ECHO_CHARS)}…` : text;
  });
}
