/**
 * Stage: what two bundles say of the same products, for people to look where they differ.
 *
 * @module
 */
import { openPictureReader } from "../../images/picture_reader.ts";
import type { StageContext } from "../stage_context.ts";
import type { ComparedProduct, CompareInput, CompareOutput } from "../stage_values.ts";
import { openJudged } from "./evaluate.ts";

/** Products scored between two looks at the clock. */
const CHUNK = 64;

/** Scores the products of `input.products` by each bundle. */
export async function compareBundles(
  input: CompareInput,
  { blobs, emit, signal }: StageContext,
): Promise<CompareOutput> {
  const products = JSON.parse(
    new TextDecoder().decode(await blobs.bytes(input.products)),
  ) as ComparedProduct[];
  const reader = await openPictureReader(blobs, input.images);
  const guesses: CompareOutput["guesses"][number][] = [];
  for (const bundle of input.bundles) {
    await using judged = await openJudged(bundle, {}, blobs);
    const found = [];
    for (let from = 0; from < products.length; from += CHUNK) {
      signal.throwIfAborted();
      const part = await Promise.all(
        products.slice(from, from + CHUNK).map(async (product) => ({
          ...product,
          picture: product.picture === "" ? null : await reader.read(product.picture),
        })),
      );
      for (const { top, unseen } of await judged.predictor.predict(part)) {
        found.push({
          top: top.map(({ index, confidence }) => ({
            code: judged.predictor.classes[index]!,
            confidence,
          })),
          unseen: unseen ?? null,
        });
      }
      emit({ type: "progress", done: found.length, total: products.length, what: "products" });
    }
    guesses.push(found);
  }
  return { guesses };
}
