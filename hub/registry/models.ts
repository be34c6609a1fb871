/**
 * Packed bundles, what evaluations found, and the gate's verdicts.
 *
 * Figures only; which bundle serves is for the aliases to say.
 *
 * @module
 */
import { and, desc, eq, lt, max } from "drizzle-orm";
import { AppError } from "@aisle/shared/errors";
import type { Queries } from "../db/database.ts";
import { evaluations, models, verdicts } from "../db/schema/mod.ts";
import { ensureCatalogue } from "./catalogues.ts";
import type { Context } from "./context.ts";

/** One packed bundle of a catalogue. */
export interface Model {
  /** Digest of the bundle's bytes, which is its blob's name too. */
  readonly digest: string;
  readonly catalogue: string;
  readonly runId: string | null;
  /** The data version it learned from. */
  readonly dataset: string | null;
  readonly sizeBytes: number;
  /** The bundle's manifest as JSON. */
  readonly manifest: unknown;
  readonly createdAt: string;
  /** 1, 2, 3, ... within the catalogue, in the order in which bundles came. */
  readonly version: number;
}

/** One evaluation of a bundle on one gold set. */
export interface ModelEvaluation {
  readonly id: number;
  readonly catalogue: string;
  readonly bundle: string;
  /** Names the gold rows. */
  readonly goldDigest: string;
  readonly metrics: Readonly<Record<string, number>>;
  /** Digest of the blob with everything (JSON). */
  readonly blob: string;
  readonly htmlBlob: string | null;
  readonly createdAt: string;
}

/** One verdict of the gate; its digest names its blob. */
export interface VerdictRecord {
  readonly digest: string;
  readonly catalogue: string;
  readonly bundle: string;
  /** The champion it was judged against. */
  readonly against: string | null;
  readonly accept: boolean;
  readonly blob: string;
  readonly htmlBlob: string | null;
  readonly runId: string | null;
  readonly createdAt: string;
}

/** Narrows by catalogue where the same bytes were packed in two. */
export interface InCatalogue {
  readonly catalogue?: string | undefined;
}

/** Reads and writes bundles, evaluations and verdicts; adding what is there changes nothing. */
export interface Models {
  add(model: Omit<Model, "createdAt" | "version">): Promise<Model>;
  get(digest: string, options?: InCatalogue): Promise<Model | null>;
  /** The bundle of that version of a catalogue. */
  getVersion(catalogue: string, version: number): Promise<Model | null>;
  /** Newest first; only versions below `before` where it is given. */
  list(
    options?: InCatalogue & {
      readonly limit?: number | undefined;
      readonly before?: number | undefined;
    },
  ): Promise<Model[]>;
  /** @throws {AppError} `not-found` when the bundle is unknown */
  addEvaluation(
    evaluation: Omit<ModelEvaluation, "id" | "createdAt" | "htmlBlob"> & {
      readonly htmlBlob?: string | null | undefined;
    },
  ): Promise<ModelEvaluation>;
  /** Newest first. */
  evaluations(bundle: string, options?: InCatalogue): Promise<ModelEvaluation[]>;
  /** @throws {AppError} `not-found` when the bundle is unknown */
  addVerdict(
    verdict: Omit<VerdictRecord, "createdAt" | "htmlBlob"> & {
      readonly htmlBlob?: string | null | undefined;
    },
  ): Promise<VerdictRecord>;
  /** Newest first. */
  verdicts(bundle: string, options?: InCatalogue): Promise<VerdictRecord[]>;
}

/** The bundles kept in `context`'s database. */
export function createModels({ database, now }: Context): Models {
  return {
    add: (model) =>
      database.write(async (tx) => {
        await ensureCatalogue(tx, model.catalogue, now());
        const last = await tx.select({ version: max(models.version) }).from(models)
          .where(eq(models.catalogue, model.catalogue)).get();
        await tx.insert(models).values({
          digest: model.digest,
          catalogue: model.catalogue,
          runId: model.runId,
          dataset: model.dataset,
          sizeBytes: model.sizeBytes,
          manifest: model.manifest,
          createdAt: now(),
          version: (last?.version ?? 0) + 1,
        }).onConflictDoNothing();
        return showModel(await requireModel(tx, model.catalogue, model.digest));
      }),
    get: (digest, { catalogue } = {}) =>
      database.read(async (db) => {
        const row = await db.select().from(models).where(and(
          eq(models.digest, digest),
          catalogue === undefined ? undefined : eq(models.catalogue, catalogue),
        )).orderBy(desc(models.seq)).limit(1).get();
        return row === undefined ? null : showModel(row);
      }),
    getVersion: (catalogue, version) =>
      database.read(async (db) => {
        const row = await db.select().from(models)
          .where(and(eq(models.catalogue, catalogue), eq(models.version, version))).get();
        return row === undefined ? null : showModel(row);
      }),
    async list({ catalogue, before, limit = 1000 } = {}) {
      const rows = await database.read((db) =>
        db.select().from(models)
          .where(and(
            catalogue === undefined ? undefined : eq(models.catalogue, catalogue),
            before === undefined ? undefined : lt(models.version, before),
          )).orderBy(desc(models.seq)).limit(limit)
      );
      return rows.map(showModel);
    },
    addEvaluation: (evaluation) =>
      database.write(async (tx) => {
        const { catalogue, bundle, goldDigest, metrics, blob, htmlBlob = null } = evaluation;
        await requireModel(tx, catalogue, bundle);
        await tx.insert(evaluations)
          .values({ catalogue, bundle, goldDigest, metrics, blob, htmlBlob, createdAt: now() })
          .onConflictDoNothing();
        const row = await tx.select().from(evaluations).where(and(
          eq(evaluations.bundle, bundle),
          eq(evaluations.catalogue, catalogue),
          eq(evaluations.goldDigest, goldDigest),
          eq(evaluations.blob, blob),
        )).get();
        if (row === undefined) throw new Error("The evaluation just written is not there");
        return showEvaluation(row);
      }),
    async evaluations(bundle, { catalogue } = {}) {
      const rows = await database.read((db) =>
        db.select().from(evaluations).where(and(
          eq(evaluations.bundle, bundle),
          catalogue === undefined ? undefined : eq(evaluations.catalogue, catalogue),
        )).orderBy(desc(evaluations.seq))
      );
      return rows.map(showEvaluation);
    },
    addVerdict: (verdict) =>
      database.write(async (tx) => {
        const { digest, catalogue, bundle, against, accept, blob, htmlBlob = null, runId } =
          verdict;
        await requireModel(tx, catalogue, bundle);
        await tx.insert(verdicts).values({
          digest,
          catalogue,
          bundle,
          against,
          accept,
          blob,
          htmlBlob,
          runId,
          createdAt: now(),
        }).onConflictDoNothing();
        const row = await tx.select().from(verdicts).where(and(
          eq(verdicts.bundle, bundle),
          eq(verdicts.catalogue, catalogue),
          eq(verdicts.digest, digest),
        )).get();
        if (row === undefined) throw new Error("The verdict just written is not there");
        return showVerdict(row);
      }),
    async verdicts(bundle, { catalogue } = {}) {
      const rows = await database.read((db) =>
        db.select().from(verdicts).where(and(
          eq(verdicts.bundle, bundle),
          catalogue === undefined ? undefined : eq(verdicts.catalogue, catalogue),
        )).orderBy(desc(verdicts.seq))
      );
      return rows.map(showVerdict);
    },
  };
}

type ModelRow = typeof models.$inferSelect;

/**
 * The bundle `digest` of `catalogue`.
 *
 * @throws {AppError} `not-found`
 */
export async function requireModel(
  db: Queries,
  catalogue: string,
  digest: string,
): Promise<ModelRow> {
  const row = await db.select().from(models)
    .where(and(eq(models.catalogue, catalogue), eq(models.digest, digest))).get();
  if (row !== undefined) return row;
  throw new AppError("not-found", `Cannot find bundle ${digest} in catalogue ${catalogue}`);
}

function showModel({ seq: _seq, version, ...model }: ModelRow): Model {
  return { ...model, version: version ?? 0 };
}

function showEvaluation({ seq, ...rest }: typeof evaluations.$inferSelect): ModelEvaluation {
  return { id: seq, ...rest };
}

function showVerdict({ seq: _seq, ...verdict }: typeof verdicts.$inferSelect): VerdictRecord {
  return verdict;
}
