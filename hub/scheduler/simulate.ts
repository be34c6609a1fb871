/**
 * Plays users against edges: unseen products are asked, with their pictures, then told their true code.
 *
 * @module
 */
import { AppError, messageOf } from "@aisle/shared/errors";
import type { FeedbackAnswer, Prediction } from "@aisle/shared/contract";
import { rng } from "@aisle/shared/random";
import type { ProductRow } from "../data/row.ts";

/** Gives the bytes of a picture by digest; null where they are nowhere. */
export interface PictureSource {
  read(digest: string): Promise<Uint8Array<ArrayBuffer> | null>;
}

/** How users behave. */
export interface SimulateOptions {
  /** Addresses of edges; users take turns. */
  readonly edges: readonly string[];
  readonly products: number;
  /** Requests a second; as fast as answers come where it is absent. */
  readonly ratePerSecond?: number | undefined;
  /** Share of the feedback that names a wrong code. */
  readonly wrongShare: number;
  /** Codes that wrong feedback picks from. */
  readonly codes: readonly string[];
  readonly seed: number;
  /** Where pictures are read; without it users show none. */
  readonly pictures?: PictureSource | undefined;
  readonly signal: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** What happened. */
export interface Simulated {
  readonly predictions: number;
  readonly correct: number;
  /** Products that were shown with a picture. */
  readonly pictures: number;
  readonly feedback: number;
  readonly stored: number;
  readonly wrong: number;
  readonly failed: number;
  readonly errors: readonly string[];
}

/** Sends `rows` (each once) as users would; a failed request is counted and the others go on. */
export async function simulate(
  rows: readonly ProductRow[],
  options: SimulateOptions,
): Promise<Simulated> {
  const { edges, wrongShare, codes, signal } = options;
  if (edges.length === 0) throw new AppError("usage", "Cannot simulate users: no edge is named");
  const random = rng(options.seed);
  const asked = rows.slice(0, options.products);
  const count = {
    predictions: 0,
    correct: 0,
    pictures: 0,
    feedback: 0,
    stored: 0,
    wrong: 0,
    failed: 0,
  };
  const errors = new Set<string>();
  const startMs = performance.now();
  for (const [i, row] of asked.entries()) {
    if (signal.aborted) throw new AppError("cancelled", "The simulation was cancelled");
    if (options.ratePerSecond !== undefined) {
      const waitMs = startMs + i * 1000 / options.ratePerSecond - performance.now();
      if (waitMs > 0) await new Promise((done) => setTimeout(done, waitMs));
    }
    const edge = edges[i % edges.length]!;
    const lie = random() < wrongShare && codes.length > 1;
    const others = codes.filter((code) => code !== row.code);
    const code = lie ? others[Math.floor(random() * others.length)]! : row.code;
    try {
      const picture = row.picture === "" ? null : await options.pictures?.read(row.picture) ?? null;
      const product = formOf(row, picture);
      const prediction = await post<Prediction>(new URL("/v1/predict", edge), product, signal);
      count.predictions++;
      if (picture !== null) count.pictures++;
      if (prediction.code === row.code) count.correct++;
      const answer = await post<FeedbackAnswer>(new URL("/v1/feedback", edge), {
        requestId: prediction.requestId,
        code,
        source: "simulate",
      }, signal);
      count.feedback++;
      if (lie) count.wrong++;
      if (answer.stored) count.stored++;
    } catch (error) {
      if (signal.aborted) throw new AppError("cancelled", "The simulation was cancelled");
      count.failed++;
      if (errors.size < 5) errors.add(messageOf(error));
    }
    options.onProgress?.(i + 1, asked.length);
  }
  return { ...count, errors: [...errors] };
}

/** A product as a browser's form sends it. */
function formOf(row: ProductRow, picture: Uint8Array<ArrayBuffer> | null): FormData {
  const form = new FormData();
  form.set("designation", row.designation);
  form.set("description", row.description);
  form.set("productid", row.productId);
  form.set("imageid", row.imageId);
  if (picture !== null) form.set("image", new File([picture], row.image || "picture"));
  return form;
}

async function post<T>(url: URL, body: FormData | object, signal: AbortSignal): Promise<T> {
  const form = body instanceof FormData;
  const response = await fetch(url, {
    method: "POST",
    headers: form ? {} : { "content-type": "application/json" },
    body: form ? body : JSON.stringify(body),
    signal,
  });
  if (!response.ok) {
    throw new AppError(
      "hub-unreachable",
      `${url} answered ${response.status}: ${(await response.text()).slice(0, 200)}`,
    );
  }
  return await response.json() as T;
}
