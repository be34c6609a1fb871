/**
 * From a body's plain values to what the contract says they must be, with every problem told at once.
 *
 * @module
 */
import type { z } from "zod";
import { AppError } from "@aisle/shared/errors";
import { BatchInput, FeedbackInput, ProductInput } from "@aisle/shared/contract";
import type { Body } from "./body.ts";

/** Longest that a message of ours repeats after a user. */
const MAX_ECHO_CHARS = 300;

/**
 * The product in `body`.
 *
 * @throws {AppError} `input-invalid`
 */
export function productOf(body: Body): ProductInput {
  return parse(ProductInput, body.value, "the product");
}

/** The product `value` of a batch, or why it is none. */
export function batchEntryOf(value: unknown): { product: ProductInput } | { error: string } {
  const parsed = ProductInput.safeParse(value);
  return parsed.success
    ? { product: parsed.data }
    : { error: `Cannot take the product: ${problemsOf(parsed.error).join("; ")}` };
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
 * @throws {AppError} `input-invalid`
 */
export function feedbackOf(body: Body): FeedbackInput {
  if (!body.form) return parse(FeedbackInput, body.value, "the feedback");
  const { designation, description, productid, imageid, ...rest } = body.value as Record<
    string,
    string
  >;
  const given = designation !== undefined || description !== undefined;
  const product = { designation, description, productid, imageid };
  return parse(FeedbackInput, given ? { ...rest, product } : rest, "the feedback");
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
