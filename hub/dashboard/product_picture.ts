/**
 * A product's picture on a page: the file as it came, scaled by the browser; the hub decodes none.
 *
 * @module
 */
import { html } from "hono/html";
import type { Html } from "./format.ts";

/** The picture of that digest; an empty frame where there is none. */
export function pictureOf(catalogue: string, digest: string | null): Html {
  if (digest === null) return html`<span class="thumbnail none" aria-hidden="true"></span>`;
  const at = `/api/v1/catalogues/${encodeURIComponent(catalogue)}/pictures/${digest}`;
  // Decoration beside the words that name the product.
  return html`<a class="thumbnail" href="${at}" aria-hidden="true" tabindex="-1"><img src="${at}"
alt="" loading="lazy" decoding="async"></a>`;
}
