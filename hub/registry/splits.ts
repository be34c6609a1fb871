/**
 * Frozen assignments of content groups to sets: a chain that only grows.
 *
 * @module
 */

/** One assignment as it was used for one data version. */
export interface Split {
  /** Digest of the blob that holds the assignment. */
  readonly digest: string;
  readonly catalogue: string;
  /** The data version it was applied to. */
  readonly dataset: string;
  /** The assignment it extends. */
  readonly parent: string | null;
  readonly counts: Readonly<Record<string, number>>;
  readonly createdAt: string;
}

/** Reads and writes assignments. */
export interface Splits {
  /**
   * Adds it and makes it the head; the same digest and data version again only moves the head there.
   *
   * @throws {AppError} `revision-stale` when `parent` is not the head: the chain would fork and gold rows could leave gold
   */
  add(split: Omit<Split, "createdAt">): Promise<Split>;
  head(catalogue: string): Promise<Split | null>;
  /** Newest first. */
  list(catalogue: string): Promise<Split[]>;
}
