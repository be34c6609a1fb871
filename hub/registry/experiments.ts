/**
 * Experiments: named groups of runs. Each catalogue has one for its pipeline's runs; clients make their own.
 *
 * @module
 */
import { and, asc, eq, sql, type SQLWrapper } from "drizzle-orm";
import { AppError } from "@aisle/shared/errors";
import type { Queries } from "../db/database.ts";
import { experiments } from "../db/schema/mod.ts";
import type { Context } from "./context.ts";
import { EXPERIMENT_FIELDS } from "./search/fields.ts";
import type { Query } from "./query/query.ts";
import { searchPage } from "./search/search_page.ts";
import type { Page, PageQuery } from "./page.ts";

/** One experiment. */
export interface Experiment {
  /** 0 is where runs go that name none. */
  readonly id: number;
  readonly name: string;
  /** The catalogue whose pipeline logs here; null for a client's own. */
  readonly catalogue: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** Set while it is deleted; it can be restored. */
  readonly deletedAt: string | null;
}

/** Which rows of a kind that can be deleted. */
export type Lifecycle = "active" | "deleted" | "all";

/** A search: what to find, of which lifecycle, which page. */
export interface SearchQuery extends PageQuery {
  readonly query?: Query | undefined;
  /** Active ones when absent. */
  readonly lifecycle?: Lifecycle | undefined;
}

/** Reads and writes experiments. */
export interface Experiments {
  /** @throws {AppError} `conflict` when the name is taken, also by a deleted one */
  create(experiment: {
    readonly name: string;
    readonly tags?: Readonly<Record<string, string>> | undefined;
  }): Promise<Experiment>;
  get(id: number): Promise<Experiment | null>;
  getByName(name: string): Promise<Experiment | null>;
  /** Newest first unless the query says otherwise. */
  search(query?: SearchQuery): Promise<Page<Experiment>>;
  /** @throws {AppError} `not-found`; `conflict` for a catalogue's own, a deleted one, or a name that is taken */
  rename(id: number, name: string): Promise<Experiment>;
  /** Sets the tags given, removes those that are null. @throws {AppError} `not-found` */
  setTags(id: number, tags: Readonly<Record<string, string | null>>): Promise<void>;
  /** @throws {AppError} `not-found`; `conflict` for a catalogue's own and for number 0 */
  delete(id: number): Promise<void>;
  /** @throws {AppError} `not-found` */
  restore(id: number): Promise<void>;
}

/** The experiments kept in `context`'s database. */
export function createExperiments({ database, now }: Context): Experiments {
  return {
    create: ({ name, tags = {} }) =>
      database.write(async (tx) => {
        await refuseTaken(tx, name);
        const at = now();
        return await tx.insert(experiments).values({ name, tags, createdAt: at, updatedAt: at })
          .returning().get();
      }),
    get: (id) => database.read(async (db) => await find(db, id) ?? null),
    getByName: (name) =>
      database.read(async (db) =>
        await db.select().from(experiments).where(eq(experiments.name, name)).get() ?? null
      ),
    search: (query = {}) =>
      database.read((db) =>
        searchPage(db, {
          table: experiments,
          seq: experiments.id,
          fields: EXPERIMENT_FIELDS,
          where: lifecycleOf(experiments.deletedAt, query.lifecycle),
          query,
          show: async (ids) => {
            const rows = await db.select().from(experiments)
              .where(
                sql`${experiments.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`,
              )
              .orderBy(asc(experiments.id));
            return new Map(rows.map((row) => [row.id, row]));
          },
        })
      ),
    rename: (id, name) =>
      database.write(async (tx) => {
        const row = await requireExperiment(tx, id);
        refuseDeleted(row);
        refuseOwn(row, "rename");
        if (name === row.name) return row;
        await refuseTaken(tx, name);
        return await tx.update(experiments).set({ name, updatedAt: now() })
          .where(eq(experiments.id, id)).returning().get();
      }),
    setTags: (id, tags) =>
      database.write(async (tx) => {
        const row = await requireExperiment(tx, id);
        refuseDeleted(row);
        await tx.update(experiments).set({ tags: withTags(row.tags, tags), updatedAt: now() })
          .where(eq(experiments.id, id));
      }),
    delete: (id) =>
      database.write(async (tx) => {
        const row = await requireExperiment(tx, id);
        refuseOwn(row, "delete");
        const at = now();
        await tx.update(experiments).set({ deletedAt: at, updatedAt: at })
          .where(and(eq(experiments.id, id), sql`${experiments.deletedAt} IS NULL`));
      }),
    restore: (id) =>
      database.write(async (tx) => {
        await requireExperiment(tx, id);
        await tx.update(experiments).set({ deletedAt: null, updatedAt: now() })
          .where(eq(experiments.id, id));
      }),
  };
}

/** The experiment of the catalogue's pipeline, made when absent, as part of the transaction `tx`. */
export async function ensureExperiment(
  tx: Queries,
  catalogue: string,
  at: string,
): Promise<number> {
  const found = await tx.select({ id: experiments.id }).from(experiments)
    .where(eq(experiments.catalogue, catalogue)).get();
  if (found !== undefined) return found.id;
  // A client may have taken the catalogue's name before there was a catalogue.
  const taken = await tx.select({ id: experiments.id }).from(experiments)
    .where(eq(experiments.name, catalogue)).get();
  const name = taken === undefined ? catalogue : `catalogue/${catalogue}`;
  const made = await tx.insert(experiments)
    .values({ name, catalogue, createdAt: at, updatedAt: at }).returning().get();
  return made.id;
}

/**
 * The experiment `id`.
 *
 * @throws {AppError} `not-found`
 */
export async function requireExperiment(db: Queries, id: number): Promise<Experiment> {
  const row = await find(db, id);
  if (row !== undefined) return row;
  throw new AppError("not-found", `Cannot find experiment ${id}: there is none`);
}

/** Refuses what is deleted. @throws {AppError} `conflict` */
export function refuseDeleted(experiment: Experiment): void {
  if (experiment.deletedAt === null) return;
  throw new AppError(
    "conflict",
    `Cannot use experiment ${experiment.name}: it is deleted. Restore it first`,
  );
}

/** The condition that `lifecycle` stands for. */
export function lifecycleOf(column: SQLWrapper, lifecycle: Lifecycle = "active") {
  if (lifecycle === "all") return undefined;
  return lifecycle === "active" ? sql`${column} IS NULL` : sql`${column} IS NOT NULL`;
}

/** `tags` with those of `changes`: null removes one. */
export function withTags(
  tags: Readonly<Record<string, string>>,
  changes: Readonly<Record<string, string | null>>,
): Record<string, string> {
  const merged = { ...tags, ...changes };
  return Object.fromEntries(
    Object.entries(merged).filter((entry): entry is [string, string] => entry[1] !== null),
  );
}

function find(db: Queries, id: number): Promise<Experiment | undefined> {
  return db.select().from(experiments).where(eq(experiments.id, id)).get();
}

async function refuseTaken(tx: Queries, name: string): Promise<void> {
  const taken = await tx.select().from(experiments).where(eq(experiments.name, name)).get();
  if (taken === undefined) return;
  throw new AppError(
    "conflict",
    `Cannot name an experiment ${name}: experiment ${taken.id} has this name` +
      (taken.deletedAt === null ? "" : ", though it is deleted: restore it"),
    { details: { exists: true } },
  );
}

function refuseOwn(experiment: Experiment, verb: string): void {
  if (experiment.catalogue === null && experiment.id !== 0) return;
  throw new AppError(
    "conflict",
    `Cannot ${verb} experiment ${experiment.name}: ` +
      (experiment.catalogue === null
        ? "runs that name no experiment go there"
        : "it holds the runs of a catalogue"),
  );
}
