/**
 * What makes two products the same: their normalised text, or their picture where there is no text.
 *
 * The very normalisation that features are made from, so that what a model cannot tell apart is never taken for two.
 *
 * @module
 */
import { sha256 } from "../hash.ts";
import { normalizeText } from "./normalize.ts";

/** What a content is named by; `picture` is a SHA-256, empty or absent for none. */
export interface NamedContent {
  readonly designation: string;
  readonly description: string;
  readonly picture?: string | undefined;
}

/** Name of a product's content; null where there is neither text nor picture. */
export function contentName({ designation, description, picture }: NamedContent): string | null {
  const text = `${normalizeText(designation)} ${normalizeText(description)}`.trim();
  if (text !== "") return sha256(text);
  // No normalised text starts with a zero character followed by this, so that the kinds cannot meet.
  return picture === undefined || picture === "" ? null : sha256(`\u0000picture:${picture}`);
}
