/**
 * What a stage made from given inputs, so that what has not changed does not run again.
 *
 * The key is the hash of the inputs, params and code of the stage; the output names blobs and is small JSON.
 *
 * @module
 */

/** One remembered output. */
export interface CachedStage {
  readonly key: string;
  readonly stage: string;
  readonly output: unknown;
  readonly createdAt: string;
}

/** Reads and writes remembered outputs. */
export interface StageCache {
  get(key: string): Promise<CachedStage | null>;
  /** The later output stands. */
  put(key: string, stage: string, output: unknown): Promise<void>;
}
