/**
 * Immutable data versions of a catalogue, and which one is its head.
 *
 * The rows themselves are a blob; here are its name, counts and descent.
 *
 * @module
 */

/** Counts of a row-level difference. */
export interface DatasetDiff {
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
}

/** One data version. */
export interface Dataset {
  readonly digest: string;
  readonly catalogue: string;
  readonly parent: string | null;
  /** Digest of the blob that holds the rows. */
  readonly blob: string;
  readonly rows: number;
  readonly classes: Readonly<Record<string, number>>;
  /** Rows of the source that were set aside. */
  readonly setAside: number;
  /** Where it came from, as JSON. */
  readonly source: unknown;
  /** Against the parent. */
  readonly diff: DatasetDiff | null;
  /** Digest of the check report's blob. */
  readonly reportBlob: string | null;
  readonly createdAt: string;
}

/** A data version to add. */
export type NewDataset =
  & Omit<Dataset, "createdAt" | "parent" | "diff" | "reportBlob">
  & Partial<Pick<Dataset, "parent" | "diff" | "reportBlob">>;

/** Reads and writes data versions. */
export interface Datasets {
  /** Adds it unless it is there already (then nothing changes); the catalogue is made when absent. */
  add(dataset: NewDataset): Promise<{ readonly dataset: Dataset; readonly added: boolean }>;
  head(catalogue: string): Promise<Dataset | null>;
  /** @throws {AppError} `not-found` */
  setHead(catalogue: string, digest: string): Promise<void>;
  get(catalogue: string, digest: string): Promise<Dataset | null>;
  /** Newest first. */
  list(catalogue: string): Promise<Dataset[]>;
}
