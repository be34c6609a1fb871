/**
 * Packed bundles, what evaluations found, and the gate's verdicts.
 *
 * Figures only; which bundle serves is for the aliases to say.
 *
 * @module
 */

/** One packed bundle of a catalogue. */
export interface Model {
  /** Digest of the bundle's bytes, which is its blob's name too. */
  readonly digest: string;
  readonly catalogue: string;
  readonly runId: string | null;
  /** The data version it learned from. */
  readonly dataset: string | null;
  readonly sizeBytes: number;
  /** The bundle's manifest as JSON. */
  readonly manifest: unknown;
  readonly createdAt: string;
}

/** One evaluation of a bundle on one gold set. */
export interface ModelEvaluation {
  readonly id: number;
  readonly catalogue: string;
  readonly bundle: string;
  /** Names the gold rows. */
  readonly goldDigest: string;
  readonly metrics: Readonly<Record<string, number>>;
  /** Digest of the blob with everything (JSON). */
  readonly blob: string;
  readonly htmlBlob: string | null;
  readonly createdAt: string;
}

/** One verdict of the gate; its digest names its blob. */
export interface VerdictRecord {
  readonly digest: string;
  readonly catalogue: string;
  readonly bundle: string;
  /** The champion it was judged against. */
  readonly against: string | null;
  readonly accept: boolean;
  readonly blob: string;
  readonly htmlBlob: string | null;
  readonly runId: string | null;
  readonly createdAt: string;
}

/** Narrows by catalogue where the same bytes were packed in two. */
export interface InCatalogue {
  readonly catalogue?: string | undefined;
}

/** Reads and writes bundles, evaluations and verdicts; adding what is there changes nothing. */
export interface Models {
  add(model: Omit<Model, "createdAt">): Promise<Model>;
  get(digest: string, options?: InCatalogue): Promise<Model | null>;
  /** Newest first. */
  list(options?: InCatalogue & { readonly limit?: number | undefined }): Promise<Model[]>;
  /** @throws {AppError} `not-found` when the bundle is unknown */
  addEvaluation(
    evaluation: Omit<ModelEvaluation, "id" | "createdAt" | "htmlBlob"> & {
      readonly htmlBlob?: string | null | undefined;
    },
  ): Promise<ModelEvaluation>;
  /** Newest first. */
  evaluations(bundle: string, options?: InCatalogue): Promise<ModelEvaluation[]>;
  /** @throws {AppError} `not-found` when the bundle is unknown */
  addVerdict(
    verdict: Omit<VerdictRecord, "createdAt" | "htmlBlob"> & {
      readonly htmlBlob?: string | null | undefined;
    },
  ): Promise<VerdictRecord>;
  /** Newest first. */
  verdicts(bundle: string, options?: InCatalogue): Promise<VerdictRecord[]>;
}
