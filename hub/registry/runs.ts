/**
 * Tracked runs: params, metrics by step, tags, artifacts.
 *
 * @module
 */
import type { Page, PageQuery } from "./page.ts";
import type { RunState } from "./lifecycle.ts";

/** Flat params of a run. */
export type RunParams = Readonly<Record<string, string | number | boolean | null>>;

/** One run. */
export interface Run {
  readonly id: string;
  readonly catalogue: string;
  readonly kind: string;
  readonly state: RunState;
  readonly jobId: string | null;
  readonly params: RunParams;
  readonly tags: Readonly<Record<string, string>>;
  /** The value of the highest step of each metric; NaN where it was not a number. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly datasetDigest: string | null;
  readonly bundleDigest: string | null;
  readonly codeVersion: string | null;
  readonly device: string | null;
  readonly error: string | null;
  readonly createdAt: string;
  readonly endedAt: string | null;
}

/** What a new run needs. */
export interface NewRun {
  readonly catalogue: string;
  readonly kind: string;
  readonly jobId?: string | null | undefined;
  readonly params: RunParams;
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

/** What may change on a run; a state must follow the lifecycle table. */
export interface RunPatch {
  readonly state?: RunState | undefined;
  readonly datasetDigest?: string | null | undefined;
  readonly bundleDigest?: string | null | undefined;
  readonly codeVersion?: string | null | undefined;
  readonly device?: string | null | undefined;
  readonly error?: string | null | undefined;
}

/** One value of a metric. Logged twice for one step (after a resume), the later value stands. */
export interface MetricPoint {
  readonly name: string;
  /** A whole number from 0. */
  readonly step: number;
  readonly value: number;
}

/** All values of one metric, by rising step. */
export interface MetricSeries {
  readonly name: string;
  readonly points: readonly {
    readonly step: number;
    readonly value: number;
    readonly at: string;
  }[];
}

/** A blob that a run left, under a name unique in the run. */
export interface Artifact {
  readonly runId: string;
  readonly name: string;
  readonly digest: string;
  readonly sizeBytes: number;
  readonly contentType: string;
  readonly createdAt: string;
}

/** Which runs to list. */
export interface RunQuery extends PageQuery {
  readonly catalogue?: string | undefined;
  readonly kind?: string | undefined;
  readonly state?: RunState | undefined;
}

/** Reads and writes runs. */
export interface Runs {
  /** A new run, running. */
  create(run: NewRun): Promise<Run>;
  /** @throws {AppError} `not-found`; `conflict` for a move that the lifecycle table lacks */
  update(id: string, patch: RunPatch): Promise<Run>;
  /** Thousands of points are one statement. @throws {AppError} `not-found` */
  logMetrics(id: string, points: readonly MetricPoint[]): Promise<void>;
  /** Every series of the run, by name. */
  metrics(id: string): Promise<MetricSeries[]>;
  /** Sets the tags given, keeps the others. @throws {AppError} `not-found` */
  setTags(id: string, tags: Readonly<Record<string, string>>): Promise<void>;
  /** Adds or replaces the artifact of that name. @throws {AppError} `not-found` */
  addArtifact(id: string, artifact: Omit<Artifact, "runId" | "createdAt">): Promise<void>;
  /** By name. */
  artifacts(id: string): Promise<Artifact[]>;
  get(id: string): Promise<Run | null>;
  /** Newest first. */
  list(query?: RunQuery): Promise<Page<Run>>;
  /** Turns every running run into a lost one (nothing runs when a hub starts); returns their ids. */
  markLost(): Promise<string[]>;
}
