/**
 * Products of which each is answered by itself: those of a batch and the lines of a stream.
 *
 * @module
 */
import type { BatchAnswer } from "@aisle/shared/contract";
import type { Predicted, Predicting } from "./predicting.ts";
import type { Product } from "./requests.ts";
import type { Telemetry } from "./telemetry.ts";

/** A product that was let in, or why it was not. */
export type Entry =
  | { readonly product: Product }
  | { readonly error: { readonly code: string; readonly detail: string } };
/** What is said to an {@linkcode Entry}. */
export type EntryAnswer = BatchAnswer["predictions"][number];

/** Answers to `entries`, in order. @throws {AppError} as {@linkcode Predicting} */
export async function predictEntries(
  predict: Predicting,
  entries: readonly Entry[],
): Promise<{ readonly predictions: EntryAnswer[]; readonly predicted: Predicted }> {
  const products = entries.flatMap((entry) => "product" in entry ? [entry.product] : []);
  const predicted = await predict(products);
  let next = 0;
  const predictions = entries.map((entry): EntryAnswer => {
    if ("error" in entry) return entry;
    const outcome = predicted.outcomes[next++]!;
    if ("prediction" in outcome) return outcome.prediction;
    return { error: { code: outcome.error.code, detail: outcome.error.message } };
  });
  return { predictions, predicted };
}

/** Counts what failed, each code once a call; how many failed. */
export function tellFailed(
  answers: readonly EntryAnswer[],
  telemetry: Pick<Telemetry, "problem" | "pictureRefused">,
): number {
  const codes = answers.flatMap((entry) => "error" in entry ? [entry.error.code] : []);
  for (const code of new Set(codes)) telemetry.problem(code);
  for (const code of codes) if (code === "picture-invalid") telemetry.pictureRefused();
  return codes.length;
}
