/**
 * Versions of registered models: those that clients registered, and the hub's own bundles, which are read-only here.
 *
 * @module
 */
import { and, eq, sql } from "drizzle-orm";
import { AppError } from "@aisle/shared/errors";
import type { Queries } from "../db/database.ts";
import { modelVersions, registeredModels } from "../db/schema/mod.ts";
import type { Context } from "./context.ts";
import { withTags } from "./experiments.ts";
import type { Page } from "./page.ts";
import { listOf, type ModelSearch, requireClientModel } from "./registered_models.ts";
import { readVersions } from "./registered_rows.ts";
import { VERSION_FIELDS, VERSION_VIEW } from "./search/model_views.ts";
import { searchPage } from "./search/search_page.ts";

/** One version of a model. */
export interface ModelVersion {
  readonly model: string;
  /** Whether it is a bundle of this hub: read-only here. */
  readonly own: boolean;
  readonly version: number;
  /** Address of its files, as its maker gave it. */
  readonly source: string;
  /** Empty where no run of this hub made it. */
  readonly runId: string;
  readonly runLink: string;
  readonly description: string;
  /** MLflow's stage of old: None, Staging, Production or Archived. */
  readonly stage: string;
  readonly by: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly aliases: readonly string[];
  readonly createdAt: string;
  readonly updatedAt: string;
  /** Of the bundle; null for a client's. */
  readonly digest: string | null;
}

/** Reads and writes versions. Whatever changes one of the hub's own is refused as `conflict`. */
export interface ModelVersions {
  /** The next version of `model`; a number is never given twice. @throws {AppError} `not-found` */
  create(version: {
    readonly model: string;
    readonly source: string;
    readonly by: string;
    readonly runId?: string | undefined;
    readonly runLink?: string | undefined;
    readonly description?: string | undefined;
    readonly tags?: Readonly<Record<string, string>> | undefined;
  }): Promise<ModelVersion>;
  get(model: string, version: number): Promise<ModelVersion | null>;
  /** Newest first unless the query orders them. */
  search(query?: ModelSearch): Promise<Page<ModelVersion>>;
  /** The highest version of each stage, or of the stages named. */
  latest(model: string, stages?: readonly string[]): Promise<ModelVersion[]>;
  /** @throws {AppError} `not-found` */
  update(model: string, version: number, patch: {
    readonly description?: string | undefined;
    readonly stage?: string | undefined;
    /** Whether the other versions of that stage are archived. */
    readonly archiveOthers?: boolean | undefined;
    /** Null removes a tag. */
    readonly tags?: Readonly<Record<string, string | null>> | undefined;
  }): Promise<ModelVersion>;
  /** With the aliases that point to it. @throws {AppError} `not-found` */
  delete(model: string, version: number): Promise<void>;
}

/** The versions kept in `context`'s database. */
export function createModelVersions({ database, now }: Context): ModelVersions {
  return {
    create: ({ model, source, by, runId = "", runLink = "", description = "", tags = {} }) =>
      database.write(async (tx) => {
        const of = await requireClientModel(tx, model);
        const version = of.lastVersion + 1, at = now();
        await tx.update(registeredModels).set({ lastVersion: version, updatedAt: at })
          .where(eq(registeredModels.id, of.id));
        await tx.insert(modelVersions).values({
          model: of.id,
          version,
          source,
          runId,
          runLink,
          description,
          by,
          tags,
          createdAt: at,
          updatedAt: at,
        });
        return (await findVersion(tx, model, version))!;
      }),
    get: (model, version) => database.read((db) => findVersion(db, model, version)),
    search: (query = {}) =>
      database.read((db) =>
        searchPage(db, {
          table: VERSION_VIEW,
          seq: sql`v.seq`,
          fields: VERSION_FIELDS,
          where: undefined,
          order: [
            ...(query.query?.order.length ? [] : [{ value: sql`v.updated_at`, descending: true }]),
            { value: sql`v.name`, descending: false },
            { value: sql`v.version`, descending: true },
          ],
          query,
          show: (seqs) => readVersions(db, sql`v.seq IN ${listOf(seqs)}`),
        })
      ),
    latest: (model, stages = []) =>
      database.read(async (db) => {
        const all = [...(await readVersions(db, sql`v.name = ${model}`)).values()];
        const highest = new Map<string, ModelVersion>();
        for (const version of all) {
          if ((highest.get(version.stage)?.version ?? 0) < version.version) {
            highest.set(version.stage, version);
          }
        }
        return [...highest.values()].filter(({ stage }) =>
          stages.length === 0 || stages.includes(stage)
        );
      }),
    update: (model, version, { description, stage, archiveOthers, tags }) =>
      database.write(async (tx) => {
        const of = await requireClientModel(tx, model);
        const row = await requireVersion(tx, of.id, model, version);
        const at = now();
        if (archiveOthers === true && stage !== undefined) {
          await tx.update(modelVersions).set({ stage: "Archived", updatedAt: at })
            .where(and(eq(modelVersions.model, of.id), eq(modelVersions.stage, stage)));
        }
        await tx.update(modelVersions).set({
          description: description ?? row.description,
          stage: stage ?? row.stage,
          tags: withTags(row.tags, tags ?? {}),
          updatedAt: at,
        }).where(eq(modelVersions.seq, row.seq));
        return (await findVersion(tx, model, version))!;
      }),
    delete: (model, version) =>
      database.write(async (tx) => {
        const of = await requireClientModel(tx, model);
        const row = await requireVersion(tx, of.id, model, version);
        await tx.delete(modelVersions).where(eq(modelVersions.seq, row.seq));
        const left = Object.entries(of.aliases).filter(([, number]) => number !== version);
        await tx.update(registeredModels)
          .set({ aliases: Object.fromEntries(left), updatedAt: now() })
          .where(eq(registeredModels.id, of.id));
      }),
  };
}

async function findVersion(
  db: Queries,
  model: string,
  version: number,
): Promise<ModelVersion | null> {
  const found = await readVersions(db, sql`v.name = ${model} AND v.version = ${version}`);
  return [...found.values()][0] ?? null;
}

async function requireVersion(tx: Queries, id: number, model: string, version: number) {
  const row = await tx.select().from(modelVersions)
    .where(and(eq(modelVersions.model, id), eq(modelVersions.version, version))).get();
  if (row !== undefined) return row;
  throw new AppError(
    "not-found",
    `Cannot find version ${version} of model ${model}: there is none`,
  );
}
