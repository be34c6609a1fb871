/**
 * Who changed what: append-only.
 *
 * @module
 */
import { and, desc, eq, lt } from "drizzle-orm";
import { audit } from "../db/schema/mod.ts";
import type { Context } from "./context.ts";
import { beforeOf, limitOf, type Page, pageOf, type PageQuery } from "./page.ts";

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

/** The audit kept in `context`'s database. */
export function createAudit({ database, now }: Context): Audit {
  return {
    add: ({ actor, action, target, details = null }) =>
      database.write(async (tx) => {
        await tx.insert(audit).values({ at: now(), actor, action, target, details });
      }),
    list: (query = {}) =>
      database.read(async (db) => {
        const rows = await db.select().from(audit).where(and(
          lt(audit.seq, beforeOf(query)),
          query.actor === undefined ? undefined : eq(audit.actor, query.actor),
          query.action === undefined ? undefined : eq(audit.action, query.action),
        )).orderBy(desc(audit.seq)).limit(limitOf(query) + 1);
        return pageOf(rows, query, ({ seq, ...entry }) => ({ id: seq, ...entry }));
      }),
  };
}
