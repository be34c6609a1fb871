/**
 * The labels of a catalogue: owned by the hub, versioned, with a history that is never rewritten.
 *
 * A code is a string, byte for byte, and is never deleted: merging keeps it and says into what.
 *
 * @module
 */
import { and, asc, desc, eq } from "drizzle-orm";
import { AppError } from "@aisle/shared/errors";
import type { Queries } from "../db/database.ts";
import { catalogues, labelChanges, labels } from "../db/schema/mod.ts";
import { ensureCatalogue } from "./catalogues.ts";
import type { Context } from "./context.ts";

/** One label. */
export interface Label {
  readonly code: string;
  readonly name: string;
  readonly state: "active" | "merged";
  /** The active code that a merged one counts as now. */
  readonly mergedInto: string | null;
}

/** All labels of a catalogue by code, and their version; version 0 has none. */
export interface LabelList {
  readonly version: number;
  readonly labels: readonly Label[];
}

/** A code with its name. */
export interface LabelEntry {
  readonly code: string;
  readonly name: string;
}

/** One change; several entries share a version when one verb made them. */
export interface LabelChange {
  readonly version: number;
  readonly action: "add" | "rename" | "merge";
  readonly code: string;
  /** The new name, or the code merged into. */
  readonly value: string;
  readonly by: string;
  readonly at: string;
}

/**
 * Reads and writes labels. Each change makes a new version; `by` names who asked, "system" when absent. A change that
 * expects another version than there is throws `revision-stale`.
 */
export interface Labels {
  list(catalogue: string): Promise<LabelList>;
  /** Adds the codes that are not there; renames nothing; one new version at most. */
  ensure(catalogue: string, entries: readonly LabelEntry[], by?: string): Promise<LabelList>;
  /** @throws {AppError} `conflict` when the code is taken */
  add(
    catalogue: string,
    entry: LabelEntry,
    by?: string,
    expectedVersion?: number,
  ): Promise<LabelList>;
  /** @throws {AppError} `unknown-code` */
  rename(
    catalogue: string,
    code: string,
    name: string,
    by?: string,
    expectedVersion?: number,
  ): Promise<LabelList>;
  /** What had been merged into `from` counts as `into` then, too. @throws {AppError} `unknown-code`, `conflict` */
  merge(
    catalogue: string,
    from: string,
    into: string,
    by?: string,
    expectedVersion?: number,
  ): Promise<LabelList>;
  /** The active code that `code` counts as; null when nobody knows it. */
  resolve(catalogue: string, code: string): Promise<string | null>;
  /** Newest first. */
  history(catalogue: string): Promise<LabelChange[]>;
}

/** The labels kept in `context`'s database. */
export function createLabels({ database, now }: Context): Labels {
  /** Runs `change` in a transaction; the changes it returns become one version. */
  const evolve = (
    catalogue: string,
    by: string,
    change: (tx: Queries, known: ReadonlyMap<string, Label>) => Promise<Change[]>,
    expectedVersion?: number,
  ): Promise<LabelList> =>
    database.write(async (tx) => {
      await ensureCatalogue(tx, catalogue, now());
      const before = await read(tx, catalogue);
      if (expectedVersion !== undefined && before.version !== expectedVersion) {
        throw new AppError(
          "revision-stale",
          `Cannot change the labels of catalogue ${catalogue}: they are expected to have version ` +
            `${expectedVersion}: current value is ${before.version}. Look again, then repeat`,
          { details: { expected: expectedVersion, revision: before.version } },
        );
      }
      const changes = await change(tx, new Map(before.labels.map((l) => [l.code, l])));
      if (changes.length === 0) return before;
      const version = before.version + 1, at = now();
      for (const part of chunks(changes)) {
        await tx.insert(labelChanges)
          .values(part.map((one) => ({ catalogue, version, by, at, ...one })));
      }
      await tx.update(catalogues).set({ labelVersion: version })
        .where(eq(catalogues.name, catalogue));
      return await read(tx, catalogue);
    });

  const insert = async (
    tx: Queries,
    catalogue: string,
    entries: readonly LabelEntry[],
  ): Promise<Change[]> => {
    for (const part of chunks(entries)) {
      await tx.insert(labels).values(
        part.map(({ code, name }) => ({ catalogue, code, name, state: "active" as const })),
      );
    }
    return entries.map(({ code, name }) => ({ action: "add", code, value: name }));
  };

  return {
    list: (catalogue) => database.read((db) => read(db, catalogue)),
    ensure: (catalogue, entries, by = "system") =>
      evolve(catalogue, by, (tx, known) => {
        const fresh = new Map<string, LabelEntry>();
        for (const entry of entries) {
          if (!known.has(entry.code) && !fresh.has(entry.code)) fresh.set(entry.code, entry);
        }
        return insert(tx, catalogue, [...fresh.values()]);
      }),
    add: (catalogue, entry, by = "system", expectedVersion) =>
      evolve(catalogue, by, (tx, known) => {
        if (!known.has(entry.code)) return insert(tx, catalogue, [entry]);
        throw new AppError(
          "conflict",
          `Cannot add label ${entry.code}: catalogue ${catalogue} has it already. Rename it instead`,
        );
      }, expectedVersion),
    rename: (catalogue, code, name, by = "system", expectedVersion) =>
      evolve(catalogue, by, async (tx, known) => {
        if (requireLabel(known, catalogue, code).name === name) return [];
        await tx.update(labels).set({ name })
          .where(and(eq(labels.catalogue, catalogue), eq(labels.code, code)));
        return [{ action: "rename", code, value: name }];
      }, expectedVersion),
    merge: (catalogue, from, into, by = "system", expectedVersion) =>
      evolve(catalogue, by, async (tx, known) => {
        const source = requireLabel(known, catalogue, from);
        const target = requireLabel(known, catalogue, into);
        const wrong = from === into
          ? "a label cannot be merged into itself"
          : source.state === "merged"
          ? `${from} is merged into ${source.mergedInto} already`
          : target.state === "merged"
          ? `${into} is merged into ${target.mergedInto} itself`
          : null;
        if (wrong !== null) {
          throw new AppError("conflict", `Cannot merge label ${from} into ${into}: ${wrong}`);
        }
        await tx.update(labels).set({ mergedInto: into })
          .where(and(eq(labels.catalogue, catalogue), eq(labels.mergedInto, from)));
        await tx.update(labels).set({ state: "merged", mergedInto: into })
          .where(and(eq(labels.catalogue, catalogue), eq(labels.code, from)));
        return [{ action: "merge", code: from, value: into }];
      }, expectedVersion),
    resolve: (catalogue, code) => database.read((db) => resolveCode(db, catalogue, code)),
    async history(catalogue) {
      const rows = await database.read((db) =>
        db.select().from(labelChanges).where(eq(labelChanges.catalogue, catalogue))
          .orderBy(desc(labelChanges.seq))
      );
      return rows.map(({ seq: _seq, catalogue: _catalogue, ...change }) => change);
    },
  };
}

type Change = Pick<LabelChange, "action" | "code" | "value">;

/** The active code that `code` counts as; null when `catalogue` has no such label. */
export async function resolveCode(
  db: Queries,
  catalogue: string,
  code: string,
): Promise<string | null> {
  const row = await db.select().from(labels)
    .where(and(eq(labels.catalogue, catalogue), eq(labels.code, code))).get();
  return row === undefined ? null : row.mergedInto ?? row.code;
}

/** Version and labels by one statement, so that they belong together. */
async function read(db: Queries, catalogue: string): Promise<LabelList> {
  const rows = await db.select({ version: catalogues.labelVersion, label: labels }).from(catalogues)
    .leftJoin(labels, eq(labels.catalogue, catalogues.name))
    .where(eq(catalogues.name, catalogue)).orderBy(asc(labels.code));
  return {
    version: rows[0]?.version ?? 0,
    labels: rows.flatMap(({ label }) => {
      if (label === null) return [];
      const { catalogue: _catalogue, ...shown } = label;
      return [shown];
    }),
  };
}

function requireLabel(known: ReadonlyMap<string, Label>, catalogue: string, code: string): Label {
  const label = known.get(code);
  if (label !== undefined) return label;
  throw new AppError("unknown-code", `Cannot find label ${code}: catalogue ${catalogue} lacks it`);
}

/** Parts small enough that one statement stays below SQLite's limit of bound values. */
function chunks<T>(items: readonly T[]): T[][] {
  const size = 1000;
  return Array.from(
    { length: Math.ceil(items.length / size) },
    (_, i) => items.slice(i * size, (i + 1) * size),
  );
}
