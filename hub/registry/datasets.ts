/**
 * Immutable data versions of a catalogue, and which one is its head.
 *
 * The rows themselves are a blob; here are its name, counts and descent.
 *
 * @module
 */
import { and, desc, eq } from "drizzle-orm";
import { AppError } from "@aisle/shared/errors";
import type { Queries } from "../db/database.ts";
import { catalogues, datasets } from "../db/schema/mod.ts";
import { ensureCatalogue } from "./catalogues.ts";
import type { Context } from "./context.ts";

/** Counts of a row-level difference. */
export interface DatasetDiff {
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
}

/** One data version. */
export interface Dataset {
  readonly digest: string;
  readonly catalogue: string;
  readonly parent: string | null;
  /** Digest of the blob that holds the rows. */
  readonly blob: string;
  readonly rows: number;
  readonly classes: Readonly<Record<string, number>>;
  /** Rows of the source that were set aside. */
  readonly setAside: number;
  /** Where it came from, as JSON. */
  readonly source: unknown;
  /** Against the parent. */
  readonly diff: DatasetDiff | null;
  /** Digest of the check report's blob. */
  readonly reportBlob: string | null;
  readonly createdAt: string;
}

/** A data version to add. */
export type NewDataset =
  & Omit<Dataset, "createdAt" | "parent" | "diff" | "reportBlob">
  & Partial<Pick<Dataset, "parent" | "diff" | "reportBlob">>;

/** Reads and writes data versions. */
export interface Datasets {
  /** Adds it unless it is there already (then nothing changes); the catalogue is made when absent. */
  add(dataset: NewDataset): Promise<{ readonly dataset: Dataset; readonly added: boolean }>;
  head(catalogue: string): Promise<Dataset | null>;
  /** @throws {AppError} `not-found` */
  setHead(catalogue: string, digest: string): Promise<void>;
  get(catalogue: string, digest: string): Promise<Dataset | null>;
  /** Newest first. */
  list(catalogue: string): Promise<Dataset[]>;
}

/** The data versions kept in `context`'s database. */
export function createDatasets({ database, now }: Context): Datasets {
  return {
    add: (dataset) =>
      database.write(async (tx) => {
        await ensureCatalogue(tx, dataset.catalogue, now());
        const added = await tx.insert(datasets).values({
          digest: dataset.digest,
          catalogue: dataset.catalogue,
          parent: dataset.parent ?? null,
          blob: dataset.blob,
          rows: dataset.rows,
          classes: dataset.classes,
          setAside: dataset.setAside,
          source: dataset.source ?? null,
          diff: dataset.diff ?? null,
          reportBlob: dataset.reportBlob ?? null,
          createdAt: now(),
        }).onConflictDoNothing().returning();
        const row = added[0] ?? await requireDataset(tx, dataset.catalogue, dataset.digest);
        return { dataset: show(row), added: added.length > 0 };
      }),
    head: (catalogue) =>
      database.read(async (db) => {
        const row = await db.select({ dataset: datasets }).from(catalogues)
          .innerJoin(
            datasets,
            and(
              eq(datasets.catalogue, catalogues.name),
              eq(datasets.digest, catalogues.headDataset),
            ),
          ).where(eq(catalogues.name, catalogue)).get();
        return row === undefined ? null : show(row.dataset);
      }),
    setHead: (catalogue, digest) => database.write((tx) => moveHead(tx, catalogue, digest)),
    get: (catalogue, digest) =>
      database.read(async (db) => {
        const row = await find(db, catalogue, digest);
        return row === undefined ? null : show(row);
      }),
    async list(catalogue) {
      const rows = await database.read((db) =>
        db.select().from(datasets).where(eq(datasets.catalogue, catalogue))
          .orderBy(desc(datasets.seq))
      );
      return rows.map(show);
    },
  };
}

type DatasetRow = typeof datasets.$inferSelect;

/**
 * Makes `digest` the head of `catalogue`, as part of the transaction `tx`.
 *
 * @throws {AppError} `not-found`
 */
export async function moveHead(tx: Queries, catalogue: string, digest: string): Promise<void> {
  await requireDataset(tx, catalogue, digest);
  await tx.update(catalogues).set({ headDataset: digest }).where(eq(catalogues.name, catalogue));
}

async function requireDataset(
  db: Queries,
  catalogue: string,
  digest: string,
): Promise<DatasetRow> {
  const row = await find(db, catalogue, digest);
  if (row !== undefined) return row;
  throw new AppError("not-found", `Cannot find data version ${digest} of catalogue ${catalogue}`);
}

function find(db: Queries, catalogue: string, digest: string): Promise<DatasetRow | undefined> {
  return db.select().from(datasets)
    .where(and(eq(datasets.catalogue, catalogue), eq(datasets.digest, digest))).get();
}

function show({ seq: _seq, ...dataset }: DatasetRow): Dataset {
  return dataset;
}
