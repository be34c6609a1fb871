/**
 * Catalogues: the names that everything else belongs to, and their settings.
 *
 * @module
 */
import { asc, eq } from "drizzle-orm";
import { AppError } from "@aisle/shared/errors";
import type { Queries } from "../db/database.ts";
import { catalogues } from "../db/schema/mod.ts";
import type { Context } from "./context.ts";

/** One catalogue. */
export interface Catalogue {
  readonly name: string;
  readonly title: string;
  /** ISO 8601, UTC; so is every time of the registry. */
  readonly createdAt: string;
}

/** Free settings of a catalogue, JSON values; `unseenShare` and `source` are the ones in use. */
export type CatalogueSettings = Readonly<Record<string, unknown>>;

/** Reads and writes catalogues. */
export interface Catalogues {
  /** The catalogue of that name, made when absent; a title given later replaces the old one. */
  ensure(name: string, options?: { readonly title?: string | undefined }): Promise<Catalogue>;
  get(name: string): Promise<Catalogue | null>;
  /** Oldest first. */
  list(): Promise<Catalogue[]>;
  /** @throws {AppError} `not-found` */
  settings(name: string): Promise<CatalogueSettings>;
  /**
   * Sets the members of `patch`, keeps the others, removes those that are null; returns them all. `check` sees what
   * they are before it, in the same transaction, and may throw.
   *
   * @throws {AppError} `not-found`
   */
  setSettings(
    name: string,
    patch: CatalogueSettings,
    check?: (before: CatalogueSettings) => void,
  ): Promise<CatalogueSettings>;
}

/** The catalogues kept in `context`'s database. */
export function createCatalogues({ database, now }: Context): Catalogues {
  return {
    ensure: (name, { title } = {}) =>
      database.write(async (tx) => {
        await ensureCatalogue(tx, name, now());
        if (title !== undefined) {
          await tx.update(catalogues).set({ title }).where(eq(catalogues.name, name));
        }
        return show(await requireCatalogue(tx, name));
      }),
    async get(name) {
      const row = await database.read((db) => find(db, name));
      return row === undefined ? null : show(row);
    },
    async list() {
      const rows = await database.read((db) =>
        db.select().from(catalogues).orderBy(asc(catalogues.seq))
      );
      return rows.map(show);
    },
    settings: (name) => database.read(async (db) => (await requireCatalogue(db, name)).settings),
    setSettings: (name, patch, check) =>
      database.write(async (tx) => {
        const before = (await requireCatalogue(tx, name)).settings;
        check?.(before);
        const merged = { ...before, ...patch };
        const settings = Object.fromEntries(
          Object.entries(merged).filter(([, value]) => value !== null && value !== undefined),
        );
        await tx.update(catalogues).set({ settings }).where(eq(catalogues.name, name));
        return settings;
      }),
  };
}

type CatalogueRow = typeof catalogues.$inferSelect;

/** Makes the catalogue `name` when it is absent, as part of the transaction `tx`. */
export async function ensureCatalogue(tx: Queries, name: string, at: string): Promise<void> {
  await tx.insert(catalogues).values({ name, title: name, settings: {}, createdAt: at })
    .onConflictDoNothing();
}

/**
 * The row of the catalogue `name`.
 *
 * @throws {AppError} `not-found`
 */
export async function requireCatalogue(db: Queries, name: string): Promise<CatalogueRow> {
  const row = await find(db, name);
  if (row !== undefined) return row;
  throw new AppError(
    "not-found",
    `Cannot find catalogue ${name}: it does not exist. Ingest data into it, or check the name`,
  );
}

function find(db: Queries, name: string): Promise<CatalogueRow | undefined> {
  return db.select().from(catalogues).where(eq(catalogues.name, name)).get();
}

function show({ name, title, createdAt }: CatalogueRow): Catalogue {
  return { name, title, createdAt };
}
