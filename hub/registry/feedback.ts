/**
 * Feedback with true codes: stored once, merged once, counted always.
 *
 * What could not be joined to a product counts for accuracy and never trains.
 *
 * @module
 */
import type { FeedbackReceipt, FeedbackRecord } from "@aisle/shared/contract";
import type { Interval } from "@aisle/shared/stats";
import type { Page, PageQuery } from "./page.ts";

/** What became of a record: `pending` waits for a merge, `unjoined` has no product and waits for nothing. */
export type FeedbackState = "pending" | "unjoined" | "merged" | "set-aside";

/** A stored record. */
export interface StoredFeedback extends FeedbackRecord {
  readonly state: FeedbackState;
  /** The data version it went into. */
  readonly dataset: string | null;
  /** Why it was set aside. */
  readonly reason: string | null;
  readonly storedAt: string;
}

/** A record that can train. `code` is the active one where labels were merged meanwhile. */
export interface PendingFeedback {
  readonly key: string;
  readonly designation: string;
  readonly description: string;
  readonly productId: string;
  readonly imageId: string;
  readonly code: string;
  readonly at: string;
}

/** How often users agreed. */
export interface FeedbackStats {
  /** Records whose prediction is known. */
  readonly n: number;
  readonly correct: number;
  /** 95 % Wilson interval of `correct / n`. */
  readonly interval: Interval;
  readonly joined: number;
  readonly unjoined: number;
  readonly pending: number;
  readonly merged: number;
  readonly setAside: number;
  /** By true code, over records whose prediction is known. */
  readonly classes: Readonly<Record<string, { readonly n: number; readonly correct: number }>>;
}

/** What a merge did. */
export interface MergeOutcome {
  readonly catalogue: string;
  /** The data version that holds the merged rows; it becomes the head. */
  readonly dataset: string;
  readonly merged: readonly string[];
  readonly setAside?: readonly { readonly key: string; readonly reason: string }[] | undefined;
}

/** Which records to list. */
export interface FeedbackQuery extends PageQuery {
  readonly catalogue?: string | undefined;
  readonly state?: FeedbackState | undefined;
}

/** Reads and writes feedback. */
export interface Feedback {
  /** Stores it unless its key is there. @throws {AppError} `unknown-code` when no label of the catalogue has the code */
  store(record: FeedbackRecord): Promise<FeedbackReceipt>;
  /** Newest first. */
  list(query?: FeedbackQuery): Promise<Page<StoredFeedback>>;
  /** Joined and not merged, oldest first. */
  pending(catalogue: string): Promise<PendingFeedback[]>;
  /** Number of pending records, and by code. */
  countNew(
    catalogue: string,
  ): Promise<{ readonly rows: number; readonly classes: Readonly<Record<string, number>> }>;
  /**
   * Marks records and moves the head of the data in one transaction; marking twice changes nothing.
   *
   * @throws {AppError} `not-found` when data version or a record is unknown
   */
  markMerged(outcome: MergeOutcome): Promise<void>;
  stats(
    catalogue: string,
    options?: { readonly digest?: string | undefined; readonly since?: string | undefined },
  ): Promise<FeedbackStats>;
}
