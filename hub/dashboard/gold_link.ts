/**
 * The address of gold products that a figure stands on.
 *
 * @module
 */
import type { GoldQuery } from "../api/gold_products.ts";

/** Where the products of `query` are shown. */
export function goldLink(
  { digest, catalogue }: { readonly digest: string; readonly catalogue: string },
  { code, predicted, wrong }: Pick<GoldQuery, "code" | "predicted" | "wrong"> = {},
): string {
  const query = new URLSearchParams({ catalogue });
  if (code !== undefined) query.set("code", code);
  if (predicted !== undefined) query.set("predicted", predicted);
  if (wrong !== undefined) query.set("wrong", String(wrong));
  return `/models/${digest}/gold?${query}`;
}
