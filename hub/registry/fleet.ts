/**
 * Which release each edge is to serve, what it says it serves, and what every edge served at any moment.
 *
 * Every edge serves the last release that is for all, except where it is pinned. Documents of pins name their edge and
 * come out of the same sequence: an edge that returns gets one that is newer still (decision 0063).
 *
 * @module
 */
import { and, desc, eq, inArray, lt, lte, max, sql } from "drizzle-orm";
import type { EdgeReport } from "@aisle/shared/fleet";
import { edgePins, edges, edgeServed, releases } from "../db/schema/mod.ts";
import type { Context } from "./context.ts";
import { GroupCommit } from "./group_commit.ts";
import { requireModel } from "./models.ts";
import { beforeOf, limitOf, type Page, pageOf, type PageQuery } from "./page.ts";
import { appendRelease, type Release, showRelease, type Sign } from "./releases.ts";

/** An edge that serves a bundle of its own. */
export interface EdgePin {
  readonly catalogue: string;
  readonly edgeId: string;
  readonly digest: string;
  /** Sequence of the release that tells it. */
  readonly release: number;
  readonly by: string;
  readonly why: string;
  readonly at: string;
}

/** What an edge served from a moment on. */
export interface Served {
  readonly edgeId: string;
  /** Null: nothing. */
  readonly digest: string | null;
  readonly sequence: number | null;
  /** By the hub's clock, when it heard of it. */
  readonly at: string;
}

/** Reads and writes what the fleet serves. */
export interface Fleet {
  /** The release for that edge alone; null where it is not pinned. */
  pinned(catalogue: string, edgeId: string): Promise<Release | null>;
  /** Notes what an edge says of itself. */
  report(report: EdgeReport): Promise<void>;
  /** Releases a bundle to one edge. @throws {AppError} `not-found` when the bundle is unknown */
  pin(request: {
    readonly catalogue: string;
    readonly edgeId: string;
    readonly digest: string;
    readonly by: string;
    readonly why: string;
    readonly sign: Sign;
  }): Promise<EdgePin>;
  /** Forgets the pin; null when there was none. The edge returns with the next release that is for all. */
  unpin(catalogue: string, edgeId: string): Promise<EdgePin | null>;
  /** By edge. */
  pins(catalogue: string): Promise<EdgePin[]>;
  /** What each edge served at that instant (ISO 8601), by edge; those not heard of by then are not there. */
  servedAt(catalogue: string, at: string): Promise<Served[]>;
  /** Changes of what edges serve, newest first. */
  history(
    query: PageQuery & { readonly catalogue: string; readonly edgeId?: string | undefined },
  ): Promise<Page<Served>>;
}

/** The fleet kept in `context`'s database. */
export function createFleet({ database, now }: Context): Fleet {
  // Every edge asks at every poll: those that ask during a read share the next one. Pins are few.
  const reads = new GroupCommit<{ catalogue: string; edgeId: string }, Release | null>(
    (asked) =>
      database.read(async (db) => {
        const catalogues = [...new Set(asked.map(({ catalogue }) => catalogue))];
        const rows = await db.select({ edgeId: edgePins.edgeId, release: releases }).from(edgePins)
          .innerJoin(
            releases,
            and(
              eq(releases.catalogue, edgePins.catalogue),
              eq(releases.sequence, edgePins.release),
            ),
          ).where(inArray(edgePins.catalogue, catalogues));
        const found = new Map(
          rows.map(({ edgeId, release }) => [`${release.catalogue} ${edgeId}`, release]),
        );
        return asked.map(({ catalogue, edgeId }) => {
          const row = found.get(`${catalogue} ${edgeId}`);
          return row === undefined ? null : showRelease(row);
        });
      }),
    { everyMs: 0, most: 1000 },
  );
  return {
    pinned: (catalogue, edgeId) => reads.add({ catalogue, edgeId }),
    report: ({ edgeId, catalogue, digest, sequence, trouble }) =>
      database.write(async (tx) => {
        const at = now();
        const said = { digest, sequence, trouble, reportedAt: at, lastSeenAt: at };
        await tx.insert(edges).values({ edgeId, catalogue, firstSeenAt: at, ...said })
          .onConflictDoUpdate({ target: [edges.edgeId, edges.catalogue], set: said });
      }),
    pin: ({ catalogue, edgeId, digest, by, why, sign }) =>
      database.write(async (tx) => {
        await requireModel(tx, catalogue, digest);
        const at = now();
        const { sequence } = await appendRelease(tx, {
          catalogue,
          digest,
          kind: "promote",
          by,
          why,
          sign,
          audience: { kind: "edge", edgeId },
        }, at);
        const pin = { catalogue, edgeId, digest, release: sequence, by, why, at };
        await tx.insert(edgePins).values(pin)
          .onConflictDoUpdate({ target: [edgePins.catalogue, edgePins.edgeId], set: pin });
        return pin;
      }),
    unpin: (catalogue, edgeId) =>
      database.write(async (tx) =>
        await tx.delete(edgePins)
          .where(and(eq(edgePins.catalogue, catalogue), eq(edgePins.edgeId, edgeId)))
          .returning().get() ?? null
      ),
    pins: (catalogue) =>
      database.read((db) =>
        db.select().from(edgePins).where(eq(edgePins.catalogue, catalogue))
          .orderBy(edgePins.edgeId)
      ),
    servedAt: (catalogue, at) =>
      database.read(async (db) => {
        const utc = new Date(at).toISOString();
        const last = db.select({ seq: max(edgeServed.seq) }).from(edgeServed)
          .where(and(eq(edgeServed.catalogue, catalogue), lte(edgeServed.at, utc)))
          .groupBy(edgeServed.edgeId);
        const rows = await db.select().from(edgeServed)
          .where(sql`${edgeServed.seq} IN ${last}`).orderBy(edgeServed.edgeId);
        return rows.map(show);
      }),
    history: ({ catalogue, edgeId, ...page }) =>
      database.read(async (db) => {
        const rows = await db.select().from(edgeServed).where(and(
          eq(edgeServed.catalogue, catalogue),
          edgeId === undefined ? undefined : eq(edgeServed.edgeId, edgeId),
          lt(edgeServed.seq, beforeOf(page)),
        )).orderBy(desc(edgeServed.seq)).limit(limitOf(page) + 1);
        return pageOf(rows, page, show);
      }),
  };
}

function show({ edgeId, digest, sequence, at }: typeof edgeServed.$inferSelect): Served {
  return { edgeId, digest, sequence, at };
}
