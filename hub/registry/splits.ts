/**
 * Frozen assignments of content groups to sets: a chain that only grows.
 *
 * @module
 */
import { and, desc, eq } from "drizzle-orm";
import { AppError } from "@aisle/shared/errors";
import type { Queries } from "../db/database.ts";
import { catalogues, splits } from "../db/schema/mod.ts";
import { ensureCatalogue } from "./catalogues.ts";
import type { Context } from "./context.ts";

/** One assignment as it was used for one data version. */
export interface Split {
  /** Digest of the blob that holds the assignment. */
  readonly digest: string;
  readonly catalogue: string;
  /** The data version it was applied to. */
  readonly dataset: string;
  /** The assignment it extends. */
  readonly parent: string | null;
  readonly counts: Readonly<Record<string, number>>;
  readonly createdAt: string;
}

/** Reads and writes assignments. */
export interface Splits {
  /**
   * Adds it and makes it the head; the same digest and data version again only moves the head there.
   *
   * @throws {AppError} `revision-stale` when `parent` is not the head: the chain would fork and gold rows could leave gold
   */
  add(split: Omit<Split, "createdAt">): Promise<Split>;
  head(catalogue: string): Promise<Split | null>;
  /** Newest first. */
  list(catalogue: string): Promise<Split[]>;
}

/** The assignments kept in `context`'s database. */
export function createSplits({ database, now }: Context): Splits {
  return {
    add: (split) =>
      database.write(async (tx) => {
        const { catalogue, digest, dataset, parent, counts } = split;
        await ensureCatalogue(tx, catalogue, now());
        const head = await findHead(tx, catalogue);
        const headDigest = head?.digest ?? null;
        if (digest !== headDigest && parent !== headDigest) {
          throw new AppError(
            "revision-stale",
            `Cannot add an assignment to catalogue ${catalogue}: it must extend the newest one ` +
              `(${headDigest}): current value is ${parent}. Split again`,
          );
        }
        const added = await tx.insert(splits)
          .values({ digest, catalogue, dataset, parent, counts, createdAt: now() })
          .onConflictDoNothing().returning();
        const row = added[0] ?? await tx.select().from(splits).where(and(
          eq(splits.catalogue, catalogue),
          eq(splits.digest, digest),
          eq(splits.dataset, dataset),
        )).get();
        if (row === undefined) throw new Error("The assignment just written is not there");
        await tx.update(catalogues).set({ headSplit: row.seq })
          .where(eq(catalogues.name, catalogue));
        return show(row);
      }),
    head: (catalogue) =>
      database.read(async (db) => {
        const row = await findHead(db, catalogue);
        return row === undefined ? null : show(row);
      }),
    async list(catalogue) {
      const rows = await database.read((db) =>
        db.select().from(splits).where(eq(splits.catalogue, catalogue)).orderBy(desc(splits.seq))
      );
      return rows.map(show);
    },
  };
}

type SplitRow = typeof splits.$inferSelect;

async function findHead(db: Queries, catalogue: string): Promise<SplitRow | undefined> {
  const row = await db.select({ split: splits }).from(catalogues)
    .innerJoin(splits, eq(splits.seq, catalogues.headSplit))
    .where(eq(catalogues.name, catalogue)).get();
  return row?.split;
}

function show({ seq: _seq, ...split }: SplitRow): Split {
  return split;
}
