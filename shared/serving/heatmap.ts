/**
 * Where in a picture the evidence for its first guess lies: the class activation map of a linear head.
 *
 * The picture's score of a class is a sum over features, and a feature of the encoder is a mean over places, so that
 * the score is a sum over places plus a constant (the bias, the features' means, the hand-made features): B. Zhou et
 * al., "Learning deep features for discriminative localization", CVPR 2016. With square-rooted features the places'
 * shares of one root are in proportion to what they add under it, so that the sum stays exact.
 *
 * @module
 */

/** A small picture to lay over the product's; rows from the top, [height x width]. */
export interface Heatmap {
  /** Class explained. */
  readonly first: number;
  readonly width: number;
  readonly height: number;
  /** 0 (speaks for nothing, or against the class) to 1 (the strongest place). */
  readonly values: readonly number[];
  /** What each place adds to `score`; constant + places = score. */
  readonly contributions: readonly number[];
  readonly constant: number;
  /** Linear score of the class by the picture alone. */
  readonly score: number;
}

/**
 * The map of class `first`.
 *
 * @param activation [height, width, classes] of one picture
 * @param score      the picture's linear score of the class
 */
export function heatmapOf(
  activation: Float32Array,
  shape: { readonly height: number; readonly width: number; readonly classes: number },
  { first, score }: { readonly first: number; readonly score: number },
): Heatmap {
  const { height, width, classes } = shape;
  const contributions = Array.from(
    { length: height * width },
    (_, place) => activation[place * classes + first]!,
  );
  const highest = Math.max(0, ...contributions);
  return {
    first,
    width,
    height,
    values: contributions.map((c) => highest === 0 ? 0 : Math.max(0, c) / highest),
    contributions,
    constant: score - contributions.reduce((sum, c) => sum + c, 0),
    score,
  };
}
