/**
 * Asks the model about products and answers for each: a prediction or why there is none. Every road in (JSON, forms,
 * batches, streams, tensors) goes through here, so that all of them are counted, remembered and reviewed alike.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { hasText, type Prediction } from "@aisle/shared/contract";
import type { Answer } from "./answer.ts";
import type { ProductContent, Took } from "./model_port.ts";
import type { RecentRequest } from "./recent.ts";
import type { Product } from "./requests.ts";
import type { ReviewSamples } from "./review_samples.ts";
import type { Telemetry } from "./telemetry.ts";

/** What {@linkcode createPredicting} needs. */
export interface PredictingDeps {
  readonly catalogue: string;
  readonly host: { predict(products: readonly ProductContent[]): Promise<Answer[]> };
  readonly recent: { add(requestId: string, request: RecentRequest): void };
  /** Takes products that the model was unsure of. */
  readonly review: Pick<ReviewSamples, "offer">;
  readonly telemetry: Pick<Telemetry, "answered">;
  readonly monotonicMs: () => number;
  readonly newId: () => string;
}

/** A product's answer, or why it has none. */
export type Outcome =
  | { readonly answer: Answer; readonly prediction: Prediction }
  | { readonly error: AppError };

/** Outcomes, one a product, and what they took. */
export interface Predicted {
  readonly outcomes: readonly Outcome[];
  /** From the call to the answers. */
  readonly totalMs: number;
  /** Of the last run; null where no model was asked. */
  readonly took: Readonly<Took> | null;
}

/** Predicts `products`. @throws {AppError} what the host throws: `no-release`, `overloaded` */
export type Predicting = (
  products: readonly (Product & { readonly everyClass?: boolean })[],
) => Promise<Predicted>;

/** See the module. */
export function createPredicting(deps: PredictingDeps): Predicting {
  /** Remembers what was answered, so that feedback can be joined to it. */
  function remembered(product: Product & { readonly everyClass?: boolean }, whole: Answer) {
    const { pictureProblem: _problem, unseen: _unseen, took: _took, every: _all, ...answer } =
      whole;
    const requestId = deps.newId();
    const { digest, code, confidence } = answer;
    const { explain: _explain, everyClass: _every, ...asked } = product;
    deps.review.offer(requestId, asked, whole);
    deps.recent.add(requestId, { product: asked, predicted: { code, confidence, digest } });
    return { requestId, catalogue: deps.catalogue, ...answer } satisfies Prediction;
  }

  return async (products) => {
    const startedAt = deps.monotonicMs();
    const answers = await deps.host.predict(products);
    const wrong = answers.map((answer, i) => refusal(products[i]!, answer));
    const totalMs = deps.monotonicMs() - startedAt;
    const good = (_: unknown, i: number) => wrong[i] === null;
    if (answers.length === 0 || wrong.includes(null)) {
      deps.telemetry.answered(totalMs, answers.filter(good), products.filter(good));
    }
    const outcomes = answers.map((answer, i): Outcome => {
      const error = wrong[i]!;
      return error === null ? { answer, prediction: remembered(products[i]!, answer) } : { error };
    });
    return { outcomes, totalMs, took: answers.findLast(({ took }) => took)?.took ?? null };
  };
}

/** Why an answer is none: its picture could not be read, or the model looks at no picture and there was no text. */
function refusal(product: Product, { picture, pictureProblem }: Answer): AppError | null {
  if (picture === "invalid") {
    const problem = pictureProblem ?? "Cannot read the picture: it does not decode";
    return new AppError("picture-invalid", problem);
  }
  if (picture !== "skipped" || hasText(product)) return null;
  return new AppError(
    "input-invalid",
    "Cannot take the product: this model reads text only: give a designation, a description or both",
  );
}

/**
 * `Server-Timing` of what was predicted: `queue` is the wait for a worker and the way there and back; a run may have
 * been shared with other requests.
 */
export function serverTiming({ took, totalMs }: Predicted): string {
  if (took === null) return `cache;dur=${totalMs.toFixed(3)}`;
  const { decodeMs, encodeMs, inferMs } = took;
  const queueMs = Math.max(0, totalMs - decodeMs - encodeMs - inferMs);
  return `decode;dur=${decodeMs.toFixed(3)}, encode;dur=${encodeMs.toFixed(3)}, ` +
    `infer;dur=${inferMs.toFixed(3)}, queue;dur=${queueMs.toFixed(3)}`;
}
