/**
 * What tracing lineage answers.
 *
 * @module
 */
import type { Reign } from "./reigns.ts";

/** What to trace: exactly one of them. A request is traced by the feedback that named it. */
export type LineageStart =
  | { readonly bundle: string }
  | { readonly run: string }
  | { readonly dataset: string }
  | { readonly feedback: string }
  | { readonly request: string };

/** A bundle on the way. */
export interface LineageBundle {
  readonly digest: string;
  readonly version: number;
  readonly run: string | null;
  readonly dataset: string | null;
  readonly createdAt: string;
  /** When it was champion, newest first. */
  readonly reigns: readonly Reign[];
  /** Feedback on its predictions, and how many of these were right. */
  readonly answered: { readonly feedback: number; readonly right: number };
}

/** A run on the way. */
export interface LineageRun {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly by: string;
  readonly codeVersion: string | null;
  readonly startedAt: string;
}

/** A data version on the way. */
export interface LineageDataset {
  readonly digest: string;
  readonly parent: string | null;
  readonly rows: number;
  /** Blob that holds the rows. */
  readonly blob: string;
  readonly createdAt: string;
  /** Feedback that became rows of this version. */
  readonly merged: number;
}

/** A record of feedback on the way. */
export interface LineageFeedback {
  readonly key: string;
  readonly requestId: string | null;
  readonly edgeId: string;
  readonly code: string;
  readonly predictedCode: string | null;
  /** The bundle whose prediction it is about. */
  readonly predictedBy: string | null;
  readonly state: string;
  /** The data version it went into, and its row there. */
  readonly dataset: string | null;
  readonly row: string | null;
  readonly at: string;
}

/** One direction. Newest first, save that data versions go away from the start. */
export interface LineageSide {
  readonly bundles: readonly LineageBundle[];
  readonly runs: readonly LineageRun[];
  readonly datasets: readonly LineageDataset[];
  /** All of it counted, the newest shown. */
  readonly feedback: { readonly total: number; readonly items: readonly LineageFeedback[] };
}

/** Both directions. */
export interface LineageAnswer {
  readonly catalogue: string;
  readonly start: LineageStart;
  readonly origins: LineageSide;
  readonly effects: LineageSide;
}
