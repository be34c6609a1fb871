/**
 * What the hub's doors need from the rest of the hub, declared by their user.
 *
 * Nothing here listens: the app answers requests however they come, over a socket or in process.
 *
 * @module
 */
import type { ChangeKind, ProductPage, ProductQuery, ShelfDiff } from "../data/product_shelf.ts";
import type { AliasState } from "../registry/aliases.ts";
import type { Job, JobEvent, NewJob } from "../registry/jobs.ts";
import type { MonitorReport } from "../registry/monitoring.ts";
import type { Registry } from "../registry/registry.ts";
import type { EdgePin } from "../registry/fleet.ts";
import type { Release } from "../registry/releases.ts";
import type { Log } from "../log.ts";
import type { Params } from "../params.ts";
import type { TrialProduct, TrialScore } from "../trial/mod.ts";

export type { Job, JobEvent };

/** Kinds of jobs that may be asked for. */
export const JOB_KINDS = [
  "check",
  "ingest",
  "split",
  "train",
  "evaluate",
  "pipeline",
  "merge",
  "retrain",
  "tune",
  "simulate",
  "inspect",
  "score",
  "review",
] as const;
/** One of {@linkcode JOB_KINDS}. */
export type JobKind = (typeof JOB_KINDS)[number];

/** Kinds of jobs that are about the hub itself: their catalogue has no name. */
export const HUB_JOB_KINDS = ["backup", "gc"] as const;
/** One of {@linkcode HUB_JOB_KINDS}. */
export type HubJobKind = (typeof HUB_JOB_KINDS)[number];

/** Starts, stops and follows jobs. */
export interface JobsPort {
  /** Queues a job. @throws {AppError} `input-invalid` */
  start(job: NewJob & { readonly kind: JobKind | HubJobKind }): Promise<Job>;
  /** @throws {AppError} `not-found`; `conflict` when it has ended */
  cancel(id: string): Promise<Job>;
  /**
   * Calls `listener` with what the job tells from now on; returns how to stop that. Events that are in the log
   * too may come with any `seq`: the log is what counts, an event only says that there is something new.
   */
  subscribe(id: string, listener: (event: JobEvent) => void): () => void;
}

/** Who asks for a change of what is served, and why. */
export interface VerbRequest {
  readonly catalogue: string;
  readonly by: string;
  readonly why: string;
  /** Revision of the aliases that the caller saw; the present one when absent. */
  readonly expectedRevision?: number | undefined;
}

/** Changes what edges serve. */
export interface VerbsPort {
  /** @throws {AppError} `revision-stale`; `not-found`; `conflict` when the gate has not accepted it and `force` is off */
  promote(
    request: VerbRequest & { readonly digest: string; readonly force?: boolean | undefined },
  ): Promise<AliasState>;
  /** @throws {AppError} `revision-stale`; `conflict` when there is nothing to go back to */
  rollback(request: VerbRequest): Promise<AliasState>;
  /** A new release of the champion with the labels of now; null without a champion. */
  relabel(request: Omit<VerbRequest, "expectedRevision">): Promise<Release | null>;
  /** One edge serves `digest`, whatever the champion is. @throws {AppError} `not-found` */
  pin(
    request: Omit<VerbRequest, "expectedRevision"> & {
      readonly edgeId: string;
      readonly digest: string;
    },
  ): Promise<EdgePin>;
  /** It serves what all serve again. @throws {AppError} `not-found` when it is not pinned */
  unpin(
    request: Omit<VerbRequest, "expectedRevision"> & { readonly edgeId: string },
  ): Promise<EdgePin>;
}

/** Bytes by digest. */
export interface BlobsPort {
  /** Keeps `body` under the digest of its bytes; resolves when it is on the disk. */
  put(
    body: ReadableStream<Uint8Array<ArrayBuffer>>,
  ): Promise<{ readonly digest: string; readonly sizeBytes: number }>;
  /** The bytes, or those from `start` up to but without `end`. @throws {AppError} `not-found` */
  open(
    digest: string,
    range?: { readonly start: number; readonly end: number },
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>>>;
  has(digest: string): Promise<boolean>;
  /** @throws {AppError} `not-found` */
  size(digest: string): Promise<number>;
}

/** Scores a product by a bundle, away from the thread that answers. */
export interface TrialPort {
  /** @throws {AppError} `not-found`, `bundle-invalid`, `overloaded`; `internal` when it dies */
  score(digest: string, product: TrialProduct): Promise<TrialScore>;
}

/** Looks at a catalogue. */
export interface MonitorPort {
  /** Looks now, keeps what was found, raises and clears alerts. */
  look(catalogue: string): Promise<MonitorReport>;
}

/** Looks into data versions; rows are named by the digest of their blob. */
export interface ProductsPort {
  find(blob: string, query: ProductQuery): Promise<ProductPage>;
  /** How `blob` differs from `before`. */
  diff(blob: string, before: string, options: {
    readonly kind?: ChangeKind | undefined;
    readonly from?: number | undefined;
    readonly limit: number;
  }): Promise<ShelfDiff>;
  /** Begins to read the rows, so that the first question finds them there. */
  prepare(blob: string): void;
}

/** Everything that {@linkcode createHubApp} works with. */
export interface HubDeps {
  readonly registry: Registry;
  readonly blobs: BlobsPort;
  readonly jobs: JobsPort;
  readonly verbs: VerbsPort;
  readonly monitor: MonitorPort;
  /** Hosts that webhooks may reach although they are internal; none when absent. */
  readonly webhookHosts?: readonly string[] | undefined;
  /** Scores single products for people who try them; absent where no bundle is opened. */
  readonly trial?: TrialPort | undefined;
  readonly products: ProductsPort;
  readonly params: Params;
  /** Ed25519 public key that edges pin, base64. */
  readonly publicKey: string;
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** An admin token for this process's own command line, never stored; none when absent. */
  readonly localToken?: string | undefined;
  readonly log?: Log | undefined;
  /** Aborted when the hub stops: event streams, which would go on, end then. */
  readonly stopping?: AbortSignal | undefined;
  /** Largest blob taken, bytes. */
  readonly maxBlobBytes?: number | undefined;
}
