/**
 * What every stage is given: blobs to read and write, its params, and a way to tell how far it is.
 *
 * @module
 */
import type { BlobStore } from "../artifact/blob_store.ts";
import type { Params } from "../params.ts";
import type { StageEvent } from "./stage_protocol.ts";

/** Everything a stage may touch. */
export interface StageContext {
  readonly blobs: BlobStore;
  readonly params: Params;
  readonly emit: (event: StageEvent) => void;
  readonly signal: AbortSignal;
  /** File for a checkpoint; the same path for the same inputs, so that a killed stage can go on. */
  readonly checkpointFile: string;
  /** Folder of what is known of pictures' features, whichever run found it out. */
  readonly featuresDir: string;
}
