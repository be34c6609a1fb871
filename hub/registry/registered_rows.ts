/**
 * Rows of registered models and their versions, and how they look from outside.
 *
 * @module
 */
import { type SQL, sql } from "drizzle-orm";
import type { Queries } from "../db/database.ts";
import { aliases, models } from "../db/schema/mod.ts";
import type { ModelVersion } from "./model_versions.ts";
import type { RegisteredModel } from "./registered_models.ts";
import { MODEL_VIEW, VERSION_VIEW } from "./search/model_views.ts";

/** The model `name`; null where there is none. */
export async function findModel(db: Queries, name: string): Promise<RegisteredModel | null> {
  const found = await readModels(db, sql`m.name = ${name}`);
  return [...found.values()][0] ?? null;
}

/** The models for which `where` holds, by number. */
export async function readModels(
  db: Queries,
  where: SQL,
): Promise<ReadonlyMap<number, RegisteredModel>> {
  const rows = await db.all<[number, number, string, string, string, string, string, string]>(sql`
    SELECT m.seq, m.own, m.name, m.description, m.tags, m.aliases, m.created_at, m.updated_at
    FROM ${MODEL_VIEW} WHERE ${where}`);
  const found = new Map<number, RegisteredModel>();
  for (const [seq, own, name, description, tags, given, createdAt, updatedAt] of rows) {
    found.set(seq, {
      name,
      own: own === 1,
      description,
      tags: JSON.parse(tags),
      aliases: own === 1 ? await ownAliases(db, name) : JSON.parse(given),
      createdAt,
      updatedAt,
    });
  }
  return found;
}

/** The versions for which `where` holds, by number. */
export async function readVersions(
  db: Queries,
  where: SQL,
): Promise<ReadonlyMap<number, ModelVersion>> {
  const rows = await db.all<(string | number | null)[]>(sql`
    SELECT v.seq, v.own, v.name, v.version, v.source, v.run_id, v.run_link, v.description, v.stage, v.by, v.tags,
      v.created_at, v.updated_at, v.digest
    FROM ${VERSION_VIEW} WHERE ${where}`);
  const aliasesOf = new Map<string, Readonly<Record<string, number>>>();
  const found = new Map<number, ModelVersion>();
  for (const row of rows) {
    const model = String(row[2]), version = Number(row[3]);
    if (!aliasesOf.has(model)) aliasesOf.set(model, (await findModel(db, model))?.aliases ?? {});
    found.set(Number(row[0]), {
      model,
      own: row[1] === 1,
      version,
      source: String(row[4]),
      runId: String(row[5]),
      runLink: String(row[6]),
      description: String(row[7]),
      stage: String(row[8]),
      by: String(row[9]),
      tags: JSON.parse(String(row[10])),
      aliases: Object.entries(aliasesOf.get(model)!)
        .filter(([, of]) => of === version).map(([alias]) => alias),
      createdAt: String(row[11]),
      updatedAt: String(row[12]),
      digest: row[13] === null ? null : String(row[13]),
    });
  }
  return found;
}

/** Version by alias of a catalogue. */
async function ownAliases(db: Queries, catalogue: string): Promise<Record<string, number>> {
  const version = (digest: SQL) =>
    sql`(SELECT version FROM ${models} b WHERE b.catalogue = a.catalogue AND b.digest = ${digest})`;
  const [row] = await db.all<(number | null)[]>(sql`
    SELECT ${version(sql`a.champion`)}, ${version(sql`a.challenger`)}, ${version(sql`a.previous`)}
    FROM ${aliases} a WHERE a.catalogue = ${catalogue}`);
  const [champion = null, challenger = null, previous = null] = row ?? [];
  return Object.fromEntries(
    Object.entries({ champion, challenger, previous })
      .filter((entry): entry is [string, number] => entry[1] !== null),
  );
}
