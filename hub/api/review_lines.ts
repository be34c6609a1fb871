/**
 * A product of the review queue as a line of its table.
 *
 * @module
 */
import type { ReviewAnswer, ReviewItem } from "../registry/review.ts";
import type { ReviewLine } from "../review/review_csv.ts";

/** The line of `item`; of several answers the first, whose people are all named. */
export function reviewLine(
  item: ReviewItem & { readonly answers: readonly ReviewAnswer[] },
): ReviewLine {
  const { product, guesses: [first, second] } = item;
  const given = item.answers.filter(({ code, undoneAt }) => code !== null && undoneAt === null);
  return {
    id: item.id,
    designation: product.designation,
    description: product.description,
    picture: product.picture ?? "",
    guess: first?.code ?? "",
    confidence: first?.confidence.toFixed(4) ?? "",
    guess2: second?.code ?? "",
    confidence2: second?.confidence.toFixed(4) ?? "",
    known_code: item.knownCode ?? "",
    why: item.reasons.map(({ kind, detail }) => `${kind}: ${detail}`).join("; "),
    state: item.state,
    code: given[0]?.code ?? "",
    reviewer: given.map(({ reviewer }) => reviewer).join(" "),
  };
}
