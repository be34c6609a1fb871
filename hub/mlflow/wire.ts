/**
 * Values as MLflow writes them: int64 as numbers, NaN and the infinities as strings, tags as lists of pairs, ids of
 * experiments and numbers of versions as text.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { AppError } from "@aisle/shared/errors";
import type { Experiment } from "../registry/experiments.ts";
import { parseOrder, parseQuery } from "../registry/query/parse.ts";
import type { Query } from "../registry/query/query.ts";

/** Longest names of metrics, params and tags, and longest values. */
const MAX_KEY = 250, MAX_PARAM = 6000, MAX_TAG = 100_000;

/** A whole number, as a number or as text. */
export const Whole = z.union([z.number(), z.string().regex(/^-?\d+$/).transform(Number)])
  .pipe(z.int());
/** Milliseconds since 1970, within what a date can be. */
export const Millis = Whole.refine(
  (ms) => Math.abs(ms) <= 8.64e15,
  "it must be milliseconds since 1970",
);
/** A number; JSON has no words for some, so they come as text. */
export const MetricValue = z.union([
  z.number(),
  z.string().regex(/^(NaN|-?Infinity|-?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?)$/).transform(Number),
]);
/** Texts that come as one, as several, or not at all. */
export const TextList = z.union([z.array(z.string()), z.string().transform((text) => [text])])
  .default([]);

/**
 * Name of a metric, param or tag. MLflow keeps them as files, so that what a path would make of them is no name.
 */
export const KeySchema = z.string().min(1).max(MAX_KEY)
  .regex(/^[\p{L}\p{N}_.\- :/]+$/u, "names hold letters, digits, _ . - : / and spaces")
  .refine(
    (name) => !/^\/|^\.\.?(\/|$)|\/\.\.?(\/|$)|\/\/|\/$/.test(name),
    "names that a path would change are not unique",
  );
/** Value of a param. */
export const ParamValue = z.string().max(MAX_PARAM);

/** A tag. */
export const TagSchema = z.object({ key: KeySchema, value: z.string().max(MAX_TAG).default("") });
/** Tags, which may be absent. */
export const TagsSchema = z.array(TagSchema).nullish().transform((tags) => tags ?? []);

/** `[{ key, value }]` as `{ key: value }`; the last of equal keys stands. */
export function recordOf(
  pairs: readonly { readonly key: string; readonly value: string }[],
): Record<string, string> {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, value]));
}

/** `{ key: value }` as `[{ key, value }]`. */
export function pairsOf(
  record: Readonly<Record<string, unknown>>,
): { key: string; value: string }[] {
  return Object.entries(record).map(([key, value]) => ({ key, value: String(value) }));
}

/** A number as it travels. */
export function numberOut(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

/** Milliseconds since 1970 of an instant. */
export const millis = (at: string) => Date.parse(at);

/** The filter and order of a search, as one query. @throws {AppError} `input-invalid`, naming the position */
export function queryOf(filter: string | undefined, order: readonly string[]): Query {
  const query = parseQuery(filter ?? "");
  return { where: query.where, order: [...query.order, ...order.flatMap(parseOrder)] };
}

/** Number of an experiment from its text. @throws {AppError} `not-found` where it can be none */
export function experimentId(text: string): number {
  const id = Number(text);
  if (/^\d{1,15}$/.test(text)) return id;
  throw new AppError("not-found", `No Experiment with id=${text} exists`);
}

/** What a search says of its page. */
export const pageInput = (most: number, usual: number) => ({
  max_results: Whole.pipe(z.int().min(1).max(most)).default(usual),
  page_token: z.string().optional().transform((token) => token === "" ? undefined : token),
});

/** `next_page_token`, where there is a next page. */
export function nextToken(next: string | null): { next_page_token?: string } {
  return next === null ? {} : { next_page_token: next };
}

/** Where the files of an experiment are. */
export const artifactLocation = (experiment: number) => `mlflow-artifacts:/${experiment}`;

/** An experiment as it travels. */
export function experimentOut(experiment: Experiment) {
  return {
    experiment_id: String(experiment.id),
    name: experiment.name,
    artifact_location: artifactLocation(experiment.id),
    lifecycle_stage: experiment.deletedAt === null ? "active" : "deleted",
    creation_time: millis(experiment.createdAt),
    last_update_time: millis(experiment.updatedAt),
    tags: pairsOf({
      ...experiment.tags,
      ...(experiment.catalogue === null ? {} : { "aisle.catalogue": experiment.catalogue }),
    }),
  };
}
