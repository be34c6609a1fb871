/**
 * Who changed what: append-only.
 *
 * @module
 */
import { and, asc, desc, eq, gte, lt, lte, type SQL } from "drizzle-orm";
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
      /** The first instant, ISO 8601 in UTC. */
      readonly since?: string | undefined;
      /** The last instant. */
      readonly until?: string | undefined;
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
        // Entries are numbered as they come: a time is found once, by its index, and what is read then is a range of numbers.
        const numberAt = async (where: SQL, order: typeof asc) =>
          (await db.select({ seq: audit.seq }).from(audit).where(where)
            .orderBy(order(audit.at), order(audit.seq)).limit(1).get())?.seq ?? null;
        const { since, until } = query;
        const first = since === undefined ? 0 : await numberAt(gte(audit.at, since), asc);
        const last = until === undefined
          ? Number.MAX_SAFE_INTEGER
          : await numberAt(lte(audit.at, until), desc);
        if (first === null || last === null) return { items: [], next: null };
        const rows = await db.select().from(audit).where(and(
          lt(audit.seq, beforeOf(query)),
          gte(audit.seq, first),
          lte(audit.seq, last),
          query.actor === undefined ? undefined : eq(audit.actor, query.actor),
          query.action === undefined ? undefined : eq(audit.action, query.action),
        )).orderBy(desc(audit.seq)).limit(limitOf(query) + 1);
        return pageOf(rows, query, ({ seq, ...entry }) => ({ id: seq, ...entry }));
      }),
  };
}
