/**
 * What a sentence encoder is given of a product.
 *
 * @module
 */
import { cleanText, type ProductTexts } from "../features/mod.ts";

/** Title and description as one text, free of HTML; case is left to the tokenizer, which knows what its model wants. */
export function sentenceText(product: ProductTexts): string {
  const title = cleanText(product.designation), description = cleanText(product.description);
  return title === "" || description === "" ? title + description : `${title}. ${description}`;
}
