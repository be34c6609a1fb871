/**
 * What the products that a model was trained on look like, for edges' products to be compared with.
 *
 * @module
 */
import { createEncoder, type FeatureSpec, productText, unseenShare } from "@aisle/shared/features";
import { addInput, type InputStats, noInputs } from "@aisle/shared/inputs";

/** One product, and the size of its picture's file. */
export interface ReferenceRow {
  readonly designation: string;
  readonly description: string;
  /** Null without a picture. */
  readonly pictureBytes: number | null;
}

/** Rows whose n-grams are counted: encoding all of a large catalogue would take as long as its features did. */
const ENCODED_ROWS = 4000;

/**
 * Counts of `rows`, the very rows that `spec` was fitted on.
 *
 * A row's own n-grams are all known to a model that was trained on it; unseen are those that no other row has, as
 * they would be had the row been left out.
 *
 * @param count number of rows
 */
export async function inputReference(
  rows: AsyncIterable<ReferenceRow>,
  count: number,
  spec: FeatureSpec,
): Promise<InputStats> {
  const stats = noInputs(), encoder = createEncoder(spec);
  const every = Math.max(1, Math.ceil(count / ENCODED_ROWS));
  let at = 0;
  for await (const row of rows) {
    const unknown = at++ % every === 0
      ? unseenShare(spec, encoder.encode([productText(spec, row)]), 0, 1)
      : undefined;
    addInput(stats, { ...row, unknown });
  }
  return stats;
}
