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

/** White space that is more, or something else, than one space. */
const UNTIDY = /\s\s|[^\S ]/;

// deno-lint-ignore no-control-regex -- the range of ASCII begins with control characters
const ASCII = /^[\x00-\x7f]*$/;

/** Entities unescaped twice (shops store escaped HTML), tags stripped, NFKC, white space collapsed; case is kept. */
export function cleanText(text: string): string {
  let clean = unescapeHtml(unescapeHtml(text));
  if (clean.includes("<")) clean = clean.replace(TAG, " ");
  if (!ASCII.test(clean)) clean = clean.normalize("NFKC");
  // Most texts have single spaces alone: looking costs less than writing them anew
  if (UNTIDY.test(clean)) clean = clean.replace(/\s+/g, " ");
  return clean.trim();
}

/** {@linkcode cleanText}, lower-cased. */
export function normalizeText(text: string): string {
  return cleanText(text).toLowerCase();
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

/** A stretch of a product's text: `[start, start + length)` is the whole normalised `field`. */
export interface TextPart {
  readonly field: keyof ProductTexts;
  readonly start: number;
  readonly length: number;
}

/** A product's text and what of it came from where, in order; a repeated title is several parts. */
export interface ProductLayout {
  readonly text: string;
  readonly parts: readonly TextPart[];
}

/** What {@linkcode productText} made of a product, with its parts. */
export function productLayout(
  recipe: Pick<FeatureRecipe, "titleRepeat">,
  product: ProductTexts,
): ProductLayout {
  const text = productText(recipe, product);
  const title = normalizeText(product.designation).length;
  const description = normalizeText(product.description).length;
  const parts: TextPart[] = [];
  const titlesEnd = text.length - description;
  if (title > 0) {
    for (let start = 0; start + title <= titlesEnd; start += title + 1) {
      parts.push({ field: "designation", start, length: title });
    }
  }
  if (description > 0) parts.push({ field: "description", start: titlesEnd, length: description });
  return { text, parts };
}
