/**
 * Edges that the hub has heard of, and what they said they serve.
 *
 * @module
 */
import { desc, eq, sql } from "drizzle-orm";
import type { EdgeTrouble } from "@aisle/shared/fleet";
import type { Queries } from "../db/database.ts";
import { edges } from "../db/schema/mod.ts";
import type { Context } from "./context.ts";
import { GroupCommit } from "./group_commit.ts";

/** One edge of one catalogue. */
export interface EdgeRecord {
  readonly edgeId: string;
  readonly catalogue: string;
  /** What it said it serves. */
  readonly digest: string | null;
  readonly firstSeenAt: string;
  readonly lastSeenAt: string;
  /** Sequence of the release that it said it serves; null where it does not say. */
  readonly sequence: number | null;
  /** Why it does not serve what it was told to; null when it does. */
  readonly trouble: EdgeTrouble | null;
  /** When it last said so itself; null for edges of versions that do not. */
  readonly reportedAt: string | null;
}

/** Reads and writes edges. */
export interface Edges {
  /** `at` is now when absent; an older time than the stored one changes nothing. */
  seen(edge: {
    readonly edgeId: string;
    readonly catalogue: string;
    readonly digest: string | null;
    readonly at?: string | undefined;
  }): Promise<void>;
  /** How many there are, and how many were heard of since `since`, by catalogue. */
  counts(
    since: string,
  ): Promise<Readonly<Record<string, { readonly total: number; readonly live: number }>>>;
  /** Last seen first; all when `limit` is absent. */
  list(options?: {
    readonly catalogue?: string | undefined;
    readonly limit?: number | undefined;
    readonly offset?: number | undefined;
  }): Promise<EdgeRecord[]>;
}

interface EdgeNote {
  readonly edgeId: string;
  readonly catalogue: string;
  readonly digest: string | null;
  /** ISO 8601. */
  readonly at: string;
}

const NOTES = { everyMs: 50, most: 500 };

/** The edges kept in `context`'s database. */
export function createEdges({ database, now }: Context): Edges {
  // Ten thousand edges that ask are some hundred notes a second: those that come during a commit go together.
  const notes = new GroupCommit<EdgeNote, void>(
    (edges) =>
      database.write(async (tx) => {
        for (const edge of edges) await noteEdge(tx, edge);
        return edges.map(() => undefined);
      }),
    NOTES,
  );
  return {
    seen: ({ edgeId, catalogue, digest, at }) =>
      notes.add({ edgeId, catalogue, digest, at: at ?? now() }),
    counts: (since) =>
      database.read(async (db) => {
        const rows = await db.select({
          catalogue: edges.catalogue,
          total: sql<number>`count(*)`,
          live: sql<number>`coalesce(sum(${edges.lastSeenAt} >= ${since}), 0)`,
        }).from(edges).groupBy(edges.catalogue);
        return Object.fromEntries(
          rows.map(({ catalogue, total, live }) => [catalogue, { total, live }]),
        );
      }),
    list: ({ catalogue, limit = -1, offset = 0 } = {}) =>
      database.read((db) =>
        db.select().from(edges)
          .where(catalogue === undefined ? undefined : eq(edges.catalogue, catalogue))
          .orderBy(desc(edges.lastSeenAt), edges.edgeId)
          .limit(limit).offset(offset)
      ),
  };
}

/** Notes that an edge was heard of, as part of the transaction `tx`. */
export async function noteEdge(
  tx: Queries,
  edge: EdgeNote,
): Promise<void> {
  const { edgeId, catalogue, digest } = edge;
  const at = new Date(edge.at).toISOString();
  await tx.insert(edges)
    .values({ edgeId, catalogue, digest, firstSeenAt: at, lastSeenAt: at })
    .onConflictDoUpdate({
      target: [edges.edgeId, edges.catalogue],
      // What it said itself is exact; a poll right after a start knows of nothing yet.
      set: {
        digest:
          sql`CASE WHEN ${edges.reportedAt} IS NULL THEN excluded.digest ELSE ${edges.digest} END`,
        lastSeenAt: at,
      },
      setWhere: sql`${edges.lastSeenAt} <= ${at}`,
    });
}
