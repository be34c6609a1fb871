/**
 * Which bundle is a catalogue's champion, challenger and previous champion; promotion and rollback.
 *
 * A promotion moves the alias, appends to the history and stores the signed release in one transaction, and it
 * carries the revision that it expects. The history is append-only: the database itself refuses to change it.
 *
 * @module
 */
import type { SignedRelease } from "@aisle/shared/contract";
import type { Release } from "./releases.ts";

/** The aliases of a catalogue; revision 0 has none. Each change adds one to the revision. */
export interface AliasState {
  readonly catalogue: string;
  readonly revision: number;
  readonly champion: string | null;
  readonly challenger: string | null;
  readonly previous: string | null;
}

/** One change of the aliases, and how they stood after it. */
export interface AliasChange extends AliasState {
  readonly kind: "challenger" | "promote" | "rollback";
  readonly by: string;
  readonly why: string;
  readonly at: string;
  /** Sequence of the release that it made. */
  readonly release: number | null;
}

/** Signs the release document of `digest` with the sequence and time given. Called inside the transaction: be quick. */
export type Sign = (sequence: number, createdAt: string, digest: string) => Promise<SignedRelease>;

/** A change of champion. */
export interface RollbackRequest {
  readonly catalogue: string;
  /** Revision that the caller saw. */
  readonly expectedRevision: number;
  readonly by: string;
  readonly why: string;
  readonly sign: Sign;
}

/** A change of champion to `digest`. */
export interface PromoteRequest extends RollbackRequest {
  readonly digest: string;
}

/** The outcome of a change of champion. */
export interface Promoted {
  readonly aliases: AliasState;
  readonly release: Release;
}

/** Reads and moves aliases. */
export interface Aliases {
  get(catalogue: string): Promise<AliasState>;
  /** Names the challenger, or none. @throws {AppError} `not-found` when the bundle is unknown */
  setChallenger(change: {
    readonly catalogue: string;
    readonly digest: string | null;
    readonly by: string;
    readonly why: string;
  }): Promise<AliasState>;
  /** @throws {AppError} `revision-stale`; `not-found` when the bundle is unknown; `conflict` when it is the champion */
  promote(request: PromoteRequest): Promise<Promoted>;
  /**
   * Back to `previous`; `previous` is then what it was when that champion was promoted, so that a second rollback
   * goes further back instead of forth.
   *
   * @throws {AppError} `revision-stale`; `conflict` when there is nothing to go back to
   */
  rollback(request: RollbackRequest): Promise<Promoted>;
  /** Newest first. */
  history(catalogue: string): Promise<AliasChange[]>;
}
