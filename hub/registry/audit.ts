/**
 * Who changed what: append-only.
 *
 * @module
 */
import type { Page, PageQuery } from "./page.ts";

/** One entry. */
export interface AuditEntry {
  readonly id: number;
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly details: unknown;
}

/** Reads and writes the audit. */
export interface Audit {
  add(entry: {
    readonly actor: string;
    readonly action: string;
    readonly target: string;
    readonly details?: unknown;
  }): Promise<void>;
  /** Newest first. */
  list(
    query?: PageQuery & {
      readonly actor?: string | undefined;
      readonly action?: string | undefined;
    },
  ): Promise<Page<AuditEntry>>;
}
