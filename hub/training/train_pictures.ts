/**
 * What training reads of pictures: features by an encoder that has not seen their rows' codes, or a whole branch by one
 * that was trained on them.
 *
 * @module
 */

/** Features of the train rows' pictures. */
export interface TrainPictures {
  readonly encoder: { readonly name: string; readonly id: string; readonly dims: number };
  /** Version and number of the hand-made features, which follow the embedding; null for none. */
  readonly handmade: { readonly version: number; readonly dims: number } | null;
  /** Of one picture: embedding and hand-made features. */
  readonly dims: number;
  /** [pictures x dims] */
  readonly values: Float16Array;
  /** Picture by train row; -1 for a row without one. */
  readonly pictureOf: Int32Array;
  /** The branch of an encoder that learned from the train rows' codes; null for one that did not. */
  readonly learned: LearnedBranch | null;
}

/**
 * The head of an encoder that was trained with it. Its features say nothing honest of the rows it was trained on, so
 * that only what a twin said of rows that it had not seen counts.
 */
export interface LearnedBranch {
  /** Codes by output. */
  readonly classes: readonly string[];
  /** [dims x classes], over the plain embedding. */
  readonly weights: Float32Array;
  readonly bias: Float32Array;
  /** Numbers of train rows and their scores by the twin, [rows x classes]. */
  readonly heldOut: { readonly rows: Int32Array; readonly logits: Float32Array };
}
