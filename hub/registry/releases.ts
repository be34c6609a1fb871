/**
 * Signed release documents of a catalogue, in sequence; the last one is what edges serve.
 *
 * @module
 */
import type { SignedRelease } from "@aisle/shared/contract";
import type { Sign } from "./aliases.ts";

/** One release. */
export interface Release {
  readonly catalogue: string;
  /** 1, 2, 3, ... */
  readonly sequence: number;
  readonly digest: string;
  readonly kind: "promote" | "rollback" | "relabel";
  readonly signed: SignedRelease;
  /** Strong entity tag, with its quotes. */
  readonly etag: string;
  readonly by: string;
  readonly why: string;
  readonly createdAt: string;
}

/** Reads releases and makes those that leave the champion as it is. */
export interface Releases {
  current(catalogue: string): Promise<Release | null>;
  /** Newest first. */
  list(catalogue: string): Promise<Release[]>;
  /** A new document for the champion, for labels that changed. @throws {AppError} `no-release` without a champion */
  relabel(request: {
    readonly catalogue: string;
    readonly by: string;
    readonly why: string;
    readonly sign: Sign;
  }): Promise<Release>;
}
