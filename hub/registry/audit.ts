/**
 * Who changed what: append-only.
 *
 * @module
 */
import { and, asc, desc, eq, gte, lt, lte, type SQL } from "drizzle-orm";
import { withFirstWrite } from "../db/database.ts";
import { audit, auditOpen } from "../db/schema/mod.ts";
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

/** What is written down of a change. */
export interface NewAuditEntry {
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly details?: unknown;
}

/** Reads and writes the audit. */
export interface Audit {
  add(entry: NewAuditEntry): Promise<void>;
  /**
   * Runs `change`, then writes the entry that it resolves to: null where there is nothing to write down, `broken`
   * where it broke down halfway. Together with the first thing that `change` writes, a note says that it is under
   * way: a hub that dies before the entry is there finds the note when it starts again. So nothing is changed without
   * a trace.
   */
  during(
    begun: NewAuditEntry & { readonly details: Readonly<Record<string, unknown>> },
    change: () => Promise<NewAuditEntry | null | "broken">,
  ): Promise<void>;
  /** Makes notes that a dead hub left entries, whose outcome is unknown; returns how many. */
  recover(): Promise<number>;
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
    async during(begun, change) {
      const id = crypto.randomUUID(), made: (NewAuditEntry | null | "broken")[] = [];
      const noted = await withFirstWrite(
        async (tx) => {
          await tx.insert(auditOpen).values({ ...begun, id, at: now() });
        },
        async () => {
          made.push(await change());
        },
      );
      const entry = made[0] === "broken"
        ? noted
          ? { ...begun, details: { ...begun.details, outcome: "it broke down halfway" } }
          : null
        : made[0] ?? null;
      if (entry === null && !noted) return;
      await database.write(async (tx) => {
        if (noted) await tx.delete(auditOpen).where(eq(auditOpen.id, id));
        if (entry === null) return;
        const { actor, action, target, details = null } = entry;
        await tx.insert(audit).values({ at: now(), actor, action, target, details });
      });
    },
    recover: () =>
      database.write(async (tx) => {
        const open = await tx.delete(auditOpen).returning();
        for (const { id: _id, details, ...entry } of open) {
          await tx.insert(audit).values({
            ...entry,
            details: { ...details, outcome: "unknown: the hub stopped in the midst of it" },
          });
        }
        return open.length;
      }),
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
