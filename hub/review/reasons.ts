/**
 * Why a person should look at a product: each reason with how much it says and in words.
 *
 * Pure. Scores of all kinds lie between 0 and 1, so that they can stand in one queue.
 *
 * @module
 */
import type { ReviewReason } from "./choose_next.ts";

/** One reason. */
export interface Why {
  readonly kind: ReviewReason;
  readonly score: number;
  readonly detail: string;
}

/** One guess. */
export interface SeenGuess {
  readonly code: string;
  readonly confidence: number;
}

const share = (x: number) => `${Math.round(x * 100)} %`;

/** The first guess hardly leads: 1 where two are equal, 0 where there is no doubt. */
export function lowMargin([first, second]: readonly SeenGuess[]): Why | null {
  if (first === undefined) return null;
  const margin = first.confidence - (second?.confidence ?? 0);
  const detail = second === undefined
    ? `${first.code} ${share(first.confidence)}`
    : `${first.code} ${share(first.confidence)}, ${second.code} ${share(second.confidence)}`;
  return { kind: "low-margin", score: clamp(1 - margin), detail };
}

/** Champion and challenger say different things, and mean it. */
export function disagreement(
  champion: SeenGuess | undefined,
  challenger: SeenGuess | undefined,
): Why | null {
  if (champion === undefined || challenger === undefined) return null;
  if (champion.code === challenger.code) return null;
  return {
    kind: "disagreement",
    score: clamp(Math.sqrt(champion.confidence * challenger.confidence)),
    detail: `champion ${champion.code} ${
      share(champion.confidence)
    }, challenger ${challenger.code} ${share(challenger.confidence)}`,
  };
}

/** The data says one thing, a model that had not seen the row surely another. */
export function labelError(known: SeenGuess, likely: SeenGuess): Why {
  return {
    kind: "label-error",
    score: clamp(likely.confidence - known.confidence),
    detail: `the data says ${known.code} (${share(known.confidence)}), likely ${likely.code} (${
      share(likely.confidence)
    })`,
  };
}

/** A user contradicts a sure answer: one of both is wrong. */
export function contradicted(said: string, predicted: SeenGuess, source: string): Why {
  return {
    kind: "contradicted",
    score: clamp(predicted.confidence),
    detail: `${source} says ${said}, the model said ${predicted.code} (${
      share(predicted.confidence)
    })`,
  };
}

/** What the product looks like is new to the model, or its class does worse than it should. */
export function drifted(
  unseen: number | null,
  bound: number,
  classDrift: string | null,
): Why | null {
  if (unseen !== null && unseen > bound) {
    const detail = `${share(unseen)} of its pieces of words were never seen in training`;
    return { kind: "drifted", score: clamp(unseen), detail };
  }
  return classDrift === null ? null : { kind: "drifted", score: 0.5, detail: classDrift };
}

function clamp(x: number): number {
  return Math.min(1, Math.max(0, x));
}
