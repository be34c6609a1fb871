/**
 * Registered models as MLflow knows them: those of clients, and the hub's own catalogues, which are read-only here.
 *
 * A catalogue's versions are its bundles and its aliases those of its releases: they change by promotion alone.
 *
 * @module
 */
import { eq, sql } from "drizzle-orm";
import { AppError } from "@aisle/shared/errors";
import type { Queries } from "../db/database.ts";
import { models, registeredModels } from "../db/schema/mod.ts";
import type { Context } from "./context.ts";
import { withTags } from "./experiments.ts";
import type { Page, PageQuery } from "./page.ts";
import type { Query } from "./query/query.ts";
import { findModel, readModels } from "./registered_rows.ts";
import { MODEL_FIELDS, MODEL_VIEW } from "./search/model_views.ts";
import { searchPage } from "./search/search_page.ts";

/** One model. */
export interface RegisteredModel {
  readonly name: string;
  /** Whether it is a catalogue of this hub: read-only here. */
  readonly own: boolean;
  readonly description: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Version by alias. */
  readonly aliases: Readonly<Record<string, number>>;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** Which models or versions to find. */
export interface ModelSearch extends PageQuery {
  readonly query?: Query | undefined;
}

/** Reads and writes registered models. Whatever changes one of the hub's own is refused as `conflict`. */
export interface RegisteredModels {
  /** @throws {AppError} `conflict` when the name is taken */
  create(model: {
    readonly name: string;
    readonly description?: string | undefined;
    readonly tags?: Readonly<Record<string, string>> | undefined;
  }): Promise<RegisteredModel>;
  get(name: string): Promise<RegisteredModel | null>;
  /** By name unless the query orders them. */
  search(query?: ModelSearch): Promise<Page<RegisteredModel>>;
  /** @throws {AppError} `not-found`; `conflict` when the new name is taken */
  update(name: string, patch: {
    readonly newName?: string | undefined;
    readonly description?: string | undefined;
    /** Null removes a tag. */
    readonly tags?: Readonly<Record<string, string | null>> | undefined;
    /** Null removes an alias; an alias that is there moves. */
    readonly aliases?: Readonly<Record<string, number | null>> | undefined;
  }): Promise<RegisteredModel>;
  /** With all its versions. @throws {AppError} `not-found` */
  delete(name: string): Promise<void>;
}

/** The models kept in `context`'s database. */
export function createRegisteredModels({ database, now }: Context): RegisteredModels {
  return {
    create: ({ name, description = "", tags = {} }) =>
      database.write(async (tx) => {
        await refuseTaken(tx, name);
        const at = now();
        await tx.insert(registeredModels)
          .values({ name, description, tags, createdAt: at, updatedAt: at });
        return (await findModel(tx, name))!;
      }),
    get: (name) => database.read((db) => findModel(db, name)),
    search: (query = {}) =>
      database.read((db) =>
        searchPage(db, {
          table: MODEL_VIEW,
          seq: sql`m.seq`,
          fields: MODEL_FIELDS,
          where: undefined,
          order: [{ value: sql`m.name`, descending: false }],
          query,
          show: (seqs) => readModels(db, sql`m.seq IN ${listOf(seqs)}`),
        })
      ),
    update: (name, { newName, description, tags, aliases }) =>
      database.write(async (tx) => {
        const row = await requireClientModel(tx, name);
        if (newName !== undefined && newName !== name) await refuseTaken(tx, newName);
        const moved = Object.entries({ ...row.aliases, ...aliases })
          .filter((entry): entry is [string, number] => entry[1] !== null);
        await tx.update(registeredModels).set({
          name: newName ?? name,
          description: description ?? row.description,
          tags: withTags(row.tags, tags ?? {}),
          aliases: Object.fromEntries(moved),
          updatedAt: now(),
        }).where(eq(registeredModels.id, row.id));
        return (await findModel(tx, newName ?? name))!;
      }),
    delete: (name) =>
      database.write(async (tx) => {
        const row = await requireClientModel(tx, name);
        await tx.run(sql`DELETE FROM model_versions WHERE model = ${row.id}`);
        await tx.delete(registeredModels).where(eq(registeredModels.id, row.id));
      }),
  };
}

/** Numbers as a list for SQL. */
export function listOf(numbers: readonly number[]) {
  return sql`(SELECT value FROM json_each(${JSON.stringify(numbers)}))`;
}

/**
 * The client's model `name`, to be changed.
 *
 * @throws {AppError} `not-found`; `conflict` when it is the hub's own
 */
export async function requireClientModel(
  tx: Queries,
  name: string,
): Promise<typeof registeredModels.$inferSelect> {
  if (await isOwn(tx, name)) {
    throw new AppError(
      "conflict",
      `Cannot change model ${name}: it is a catalogue of this hub. Its versions come from training and its ` +
        "aliases from promotion",
    );
  }
  const row = await tx.select().from(registeredModels).where(eq(registeredModels.name, name)).get();
  if (row !== undefined) return row;
  throw new AppError("not-found", `Cannot find model ${name}: there is none`);
}

async function isOwn(tx: Queries, name: string): Promise<boolean> {
  const bundle = await tx.select({ seq: models.seq }).from(models)
    .where(eq(models.catalogue, name)).limit(1).get();
  return bundle !== undefined;
}

async function refuseTaken(tx: Queries, name: string): Promise<void> {
  const taken = await tx.select({ id: registeredModels.id }).from(registeredModels)
    .where(eq(registeredModels.name, name)).get();
  if (taken === undefined && !await isOwn(tx, name)) return;
  throw new AppError("conflict", `Cannot name a model ${name}: there is one of this name`, {
    details: { exists: true },
  });
}
