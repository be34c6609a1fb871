/**
 * The review queue as others see it: products that a person should label, who looks at which, what was answered.
 *
 * One product a content. An answer becomes feedback of a trusted source, the reviewer, in the same transaction; it says
 * nothing of how right the model is, as what is asked here was chosen for being hard.
 *
 * @module
 */
import type { Agreement } from "../review/agreement.ts";
import type { ReviewMix, ReviewReason } from "../review/choose_next.ts";
import type { FeedbackLimits } from "./feedback_policy.ts";
import type { Page, PageQuery } from "./page.ts";

/** Why somebody should look at a product. */
export interface ReviewWhy {
  readonly kind: ReviewReason;
  /** How much it says, 0 to 1. */
  readonly score: number;
  readonly detail: string;
}

/** A product as people see it. */
export interface ReviewProduct {
  readonly designation: string;
  readonly description: string;
  readonly productid: string;
  readonly imageid: string;
  /** Digest of its picture; absent: none. */
  readonly picture?: string | undefined;
}

/** One product in the queue. */
export interface ReviewItem {
  readonly id: string;
  readonly catalogue: string;
  readonly content: string;
  readonly product: ReviewProduct;
  /** Best first, as the bundle `digest` gave them. */
  readonly guesses: readonly { readonly code: string; readonly confidence: number }[];
  readonly digest: string | null;
  /** The strongest first. */
  readonly reasons: readonly ReviewWhy[];
  readonly priority: number;
  /** What the data or a user says by now; null where nobody did. */
  readonly knownCode: string | null;
  /** Where it comes from: an edge, feedback or a data version. */
  readonly origin: string;
  readonly state: "open" | "answered" | "gone";
  /** Answers by different people that are asked for. */
  readonly wanted: number;
  readonly leaseBy: string | null;
  readonly leaseUntil: string | null;
  readonly createdAt: string;
}

/** What is offered to the queue. */
export type NewReviewItem =
  & Pick<ReviewItem, "product" | "guesses" | "digest" | "reasons" | "origin">
  & { readonly knownCode?: string | null };

/** How the queue is kept. */
export interface QueueParams {
  /** Open products; more are not taken while none of them is less worth looking at. */
  readonly maxOpen: number;
  /** Share of the products that two people are asked about. */
  readonly secondOpinions: number;
  readonly seed: number;
}

/** Who asks for something to do. */
export interface NextQuery {
  readonly reviewer: string;
  readonly n: number;
  readonly mix: ReviewMix;
  readonly seed: number;
  readonly leaseMinutes: number;
}

/** An answer as it is kept. */
export interface ReviewAnswer {
  readonly itemId: string;
  readonly reviewer: string;
  /** Null: skipped. */
  readonly code: string | null;
  readonly feedbackKey: string | null;
  readonly at: string;
  readonly undoneAt: string | null;
}

/** How the queue and its people stand. */
export interface ReviewStats {
  readonly open: number;
  readonly kinds: Readonly<Record<string, number>>;
  readonly answered: number;
  /** Answers of each person, most first; `firstGuess`: that were the model's first guess. */
  readonly reviewers: readonly {
    readonly reviewer: string;
    readonly answers: number;
    readonly skipped: number;
    readonly firstGuess: number;
    readonly lastAt: string;
  }[];
  /** Of first and second answers to the same product by different people. */
  readonly agreement: Agreement;
}

/** Reads and writes the queue. */
export interface ReviewQueue {
  /**
   * Takes products in; one that is there already gains the reasons that are new and keeps its answers.
   *
   * @returns how many were not there
   */
  offer(catalogue: string, items: readonly NewReviewItem[], params: QueueParams): Promise<number>;
  /** What `reviewer` should look at now, leased: what they hold already first. */
  next(catalogue: string, query: NextQuery): Promise<ReviewItem[]>;
  /** Number of open products. */
  openCount(catalogue: string): Promise<number>;
  get(catalogue: string, id: string): Promise<ReviewItem | null>;
  /**
   * Stores an answer and the feedback that it is.
   *
   * @throws {AppError} `not-found`; `unknown-code`; `conflict` when the product is answered or another holds it
   */
  answer(
    catalogue: string,
    answer: { readonly id: string; readonly reviewer: string; readonly code: string },
    limits: FeedbackLimits,
  ): Promise<ReviewItem>;
  /** Leaves it to others. @throws {AppError} as `answer` */
  skip(
    catalogue: string,
    answer: { readonly id: string; readonly reviewer: string },
  ): Promise<void>;
  /**
   * Takes the reviewer's last answer or skip back; the product is theirs again. Null when there is none.
   *
   * @throws {AppError} `conflict` when the answer is in the data by now
   */
  undo(catalogue: string, reviewer: string, leaseMinutes: number): Promise<ReviewItem | null>;
  /** Newest first, each with its answers. */
  list(
    catalogue: string,
    query?: PageQuery & { readonly state?: ReviewItem["state"] | undefined },
  ): Promise<Page<ReviewItem & { readonly answers: readonly ReviewAnswer[] }>>;
  stats(catalogue: string): Promise<ReviewStats>;
}
