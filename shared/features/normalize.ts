/**
 * From what a seller typed to the text that is counted.
 *
 * The first half of the only road from raw text to numbers (the second is `encode`). Pure: the same
 * Unicode tables (those of the runtime) give the same text on hub and edge.
 *
 * @module
 */
import { unescapeHtml } from "./html_entities.ts";
import type { FeatureRecipe } from "./spec.ts";

/** A tag or comment; `a < b` and `<3` are text, because a tag's name follows its bracket at once. */
const TAG = /<[a-z/!?][^<>]*>/gi;

// deno-lint-ignore no-control-regex -- the range of ASCII begins with control characters
const ASCII = /^[\x00-\x7f]*$/;

/**
 * Entities unescaped twice (shops store escaped HTML), tags stripped, NFKC, lower-cased, white space collapsed.
 */
export function normalizeText(text: string): string {
  let clean = unescapeHtml(unescapeHtml(text));
  if (clean.includes("<")) clean = clean.replace(TAG, " ");
  if (!ASCII.test(clean)) clean = clean.normalize("NFKC");
  return clean.toLowerCase().replace(/\s+/g, " ").trim();
}

/** What of a product is read; both texts as the source has them. */
export interface ProductTexts {
  readonly designation: string;
  readonly description: string;
}

/**
 * The one text that stands for a product: its title `titleRepeat` times and its description, or the title once
 * where there is no description. Already normalised, as `encode` wants it.
 */
export function productText(
  recipe: Pick<FeatureRecipe, "titleRepeat">,
  product: ProductTexts,
): string {
  const title = normalizeText(product.designation);
  const description = normalizeText(product.description);
  if (description === "") return title;
  if (title === "") return description;
  return `${title} `.repeat(recipe.titleRepeat) + description;
}
