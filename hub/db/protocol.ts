/**
 * Messages between the hub's thread and the thread of the database.
 *
 * @module
 */

/** A value that SQLite takes. */
export type SqlValue = string | number | null;

/** How drizzle wants the rows: all of them, the first, or none. */
export type RowMode = "run" | "all" | "get" | "values";

/** What the database thread is told when it starts. */
export interface OpenOptions {
  readonly url: string;
  readonly authToken: string | undefined;
  /** Folder of the generated migrations. */
  readonly migrations: string;
  /** Longest wait for another process that writes. */
  readonly lockTimeoutMs: number;
}

/** What can be asked of the database thread. */
export type Ask =
  | { readonly op: "open"; readonly options: OpenOptions }
  | { readonly op: "read"; readonly sql: string; readonly args: readonly SqlValue[] }
  | { readonly op: "begin" }
  | { readonly op: "execute"; readonly sql: string; readonly args: readonly SqlValue[] }
  | { readonly op: "commit" }
  | { readonly op: "rollback" }
  | { readonly op: "close" };

/** A numbered {@linkcode Ask}. */
export type Request = Ask & { readonly id: number };

/** An error that crosses threads; `code` is the driver's, or one of the hub's error codes. */
export interface Failure {
  readonly message: string;
  readonly code: string;
  /** Whether `code` is one of the hub's own. */
  readonly known: boolean;
}

/** The answer to the {@linkcode Request} of the same id. Rows are arrays of columns. */
export type Answer =
  | { readonly id: number; readonly rows: readonly (readonly SqlValue[])[] }
  | { readonly id: number; readonly failure: Failure };
