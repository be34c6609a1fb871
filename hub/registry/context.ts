/**
 * What every area of the registry works with.
 *
 * @module
 */
import type { Database } from "../db/database.ts";

/** The database, the clock and the source of ids. */
export interface Context {
  readonly database: Database;
  /** Now, ISO 8601 in UTC. */
  readonly now: () => string;
  /** A fresh id. */
  readonly newId: () => string;
}
