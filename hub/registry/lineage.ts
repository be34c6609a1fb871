/**
 * Where something came from and what came of it: predictions, bundles, runs, data versions, feedback.
 *
 * Origins go from a prediction over the bundle and its run to the data versions and the feedback merged into them;
 * effects go from feedback or data over the versions made from it to the bundles trained on those.
 *
 * @module
 */
import { and, count, desc, eq, inArray, sql } from "drizzle-orm";
import { AppError } from "@aisle/shared/errors";
import type { Queries } from "../db/database.ts";
import {
  aliasChanges,
  datasets,
  feedback,
  feedbackCounts,
  models,
  runs,
} from "../db/schema/mod.ts";
import type { Context } from "./context.ts";
import type {
  LineageAnswer,
  LineageBundle,
  LineageDataset,
  LineageSide,
  LineageStart,
} from "./lineage_answer.ts";
import { type Reign, reigns } from "./reigns.ts";

/** Traces lineage. */
export interface Lineage {
  /** @throws {AppError} `not-found` when what to trace is unknown in the catalogue */
  trace(catalogue: string, start: LineageStart): Promise<LineageAnswer>;
}

/** Most records of feedback shown. */
const SHOWN = 100;

/** Lineage over `context`'s database. */
export function createLineage({ database }: Context): Lineage {
  return {
    trace: (catalogue, start) =>
      database.read(async (db) => {
        const tracer = new Tracer(db, catalogue);
        const at = await tracer.locate(start);
        const from = at.bundles.flatMap((bundle) => bundle.dataset ?? []);
        const before = await tracer.datasets([...at.from, ...from], "parents");
        const after = await tracer.datasets(at.into, "children");
        const made = await tracer.bundlesOf(after);
        return {
          catalogue,
          start,
          origins: await tracer.side(at.bundles, at.runs, before, tracer.mergedInto(before)),
          effects: await tracer.side(
            made.filter(({ digest }) => !at.bundles.some((bundle) => bundle.digest === digest)),
            [],
            after,
            at.told,
          ),
        };
      }),
  };
}

type BundleRow = typeof models.$inferSelect;
type Where = ReturnType<typeof and>;

/** Records of feedback; what is about predictions of bundles is counted by bundle. */
interface Told {
  readonly where: Where;
  readonly bundles?: readonly string[];
}

/** Where a trace begins, on both sides. */
interface Located {
  /** Bundles that the start is or was answered by. */
  readonly bundles: readonly BundleRow[];
  readonly runs: readonly string[];
  /** Data versions that the start was made from. */
  readonly from: readonly string[];
  /** Data versions that the start went into. */
  readonly into: readonly string[];
  /** Feedback that the start led to. */
  readonly told: Told;
}

class Tracer {
  readonly #db: Queries;
  readonly #catalogue: string;
  #reigns: readonly Reign[] | null = null;
  readonly #answered = new Map<string, LineageBundle["answered"]>();

  constructor(db: Queries, catalogue: string) {
    this.#db = db;
    this.#catalogue = catalogue;
  }

  async locate(start: LineageStart): Promise<Located> {
    if ("bundle" in start) return await this.#atBundle(start.bundle);
    if ("run" in start) return await this.#atRun(start.run);
    if ("dataset" in start) return await this.#atDataset(start.dataset);
    return "feedback" in start
      ? await this.#atFeedback(eq(feedback.key, start.feedback), `feedback ${start.feedback}`)
      : await this.#atFeedback(
        eq(feedback.requestId, start.request),
        `feedback on request ${start.request}`,
      );
  }

  async #atBundle(digest: string): Promise<Located> {
    const bundles = await this.#bundles(eq(models.digest, digest));
    if (bundles.length === 0) throw this.#missing(`bundle ${digest}`);
    const told = toldOf([digest]);
    // A data version at a time, each by one step into the index: a bundle may have answered millions of records.
    const into = await this.#db.all<[string]>(sql`
      SELECT d.digest FROM ${datasets} d WHERE d.catalogue = ${this.#catalogue} AND EXISTS (
        SELECT 1 FROM ${feedback} f WHERE f.catalogue = d.catalogue AND f.predicted_digest = ${digest}
          AND (f.code = f.predicted_code) IN (0, 1) AND f.dataset = d.digest)`);
    const runs = bundles.flatMap((bundle) => bundle.runId ?? []);
    return { bundles, runs, from: [], into: into.map(([dataset]) => dataset), told };
  }

  async #atRun(id: string): Promise<Located> {
    const run = await this.#db.select().from(runs)
      .where(this.#mine(runs, eq(runs.id, id))).get();
    if (run === undefined) throw this.#missing(`run ${id}`);
    const bundles = await this.#bundles(
      run.bundleDigest === null
        ? eq(models.runId, id)
        : sql`(${models.runId} = ${id} OR ${models.digest} = ${run.bundleDigest})`,
    );
    const told = toldOf(bundles.map((bundle) => bundle.digest));
    return {
      bundles,
      runs: [id],
      from: run.datasetDigest ? [run.datasetDigest] : [],
      into: [],
      told,
    };
  }

  async #atDataset(digest: string): Promise<Located> {
    const known = await this.#db.select({ digest: datasets.digest }).from(datasets)
      .where(this.#mine(datasets, eq(datasets.digest, digest))).get();
    if (known === undefined) throw this.#missing(`data version ${digest}`);
    const made = await this.#bundles(eq(models.dataset, digest));
    const told = toldOf(made.map((bundle) => bundle.digest));
    return { bundles: [], runs: [], from: [digest], into: [digest], told };
  }

  async #atFeedback(where: Where, what: string): Promise<Located> {
    const rows = await this.#db.select().from(feedback).where(this.#mine(feedback, where));
    if (rows.length === 0) throw this.#missing(what);
    const digests = rows.flatMap((row) => row.predictedDigest ?? []);
    const bundles = await this.#bundles(inArray(models.digest, digests));
    const found = bundles.flatMap((bundle) => bundle.runId ?? []);
    const into = rows.flatMap((row) => row.dataset ?? []);
    return { bundles, runs: found, from: [], into, told: { where } };
  }

  /** The data versions `digests` and all their parents, or all that were made from them. */
  async datasets(
    digests: readonly string[],
    direction: "parents" | "children",
  ): Promise<LineageDataset[]> {
    if (digests.length === 0) return [];
    const next = direction === "parents" ? sql`d.digest = w.parent` : sql`d.parent = w.digest`;
    const rows = await this.#db.all<[string, string | null, number, string, string, number]>(sql`
      WITH RECURSIVE w(digest, parent, depth) AS (
        SELECT digest, parent, 0 FROM ${datasets} WHERE catalogue = ${this.#catalogue}
          AND digest IN (SELECT value FROM json_each(${JSON.stringify(digests)}))
        UNION
        SELECT d.digest, d.parent, w.depth + 1 FROM w JOIN ${datasets} d
          ON d.catalogue = ${this.#catalogue} AND ${next} WHERE w.depth < 1000
      )
      SELECT d.digest, d.parent, d.rows, d.blob, d.created_at,
        (SELECT count(*) FROM ${feedback} f WHERE f.catalogue = d.catalogue AND f.dataset = d.digest
          AND f.state = 'merged')
      FROM (SELECT digest, min(depth) AS depth FROM w GROUP BY digest) n
      JOIN ${datasets} d ON d.catalogue = ${this.#catalogue} AND d.digest = n.digest
      ORDER BY n.depth, d.seq DESC`);
    return rows.map(([digest, parent, rows, blob, createdAt, merged]) => ({
      digest,
      parent,
      rows,
      blob,
      createdAt,
      merged,
    }));
  }

  /** The bundles trained on `of`. */
  async bundlesOf(of: readonly LineageDataset[]): Promise<BundleRow[]> {
    return of.length === 0
      ? []
      : await this.#bundles(inArray(models.dataset, of.map((dataset) => dataset.digest)));
  }

  /** Feedback that became rows of `of`. */
  mergedInto(of: readonly LineageDataset[]): Told {
    return {
      where: and(
        inArray(feedback.dataset, of.map((dataset) => dataset.digest)),
        eq(feedback.state, "merged"),
      ),
    };
  }

  async side(
    bundles: readonly BundleRow[],
    runIds: readonly string[],
    found: readonly LineageDataset[],
    told: Told,
  ): Promise<LineageSide> {
    const ids = [...new Set([...runIds, ...bundles.flatMap((bundle) => bundle.runId ?? [])])];
    const rows = await this.#db.select().from(runs)
      .where(this.#mine(runs, inArray(runs.id, ids))).orderBy(desc(runs.seq));
    const shown: LineageBundle[] = [];
    for (const bundle of bundles) shown.push(await this.#show(bundle));
    return {
      bundles: shown,
      runs: rows.map(({ id, kind, state, tags, codeVersion, startedAt }) => ({
        id,
        kind,
        state,
        by: tags["by"] ?? tags["mlflow.user"] ?? "",
        codeVersion,
        startedAt,
      })),
      datasets: found,
      feedback: await this.#feedback(told),
    };
  }

  async #feedback({ where, bundles }: Told): Promise<LineageSide["feedback"]> {
    const mine = this.#mine(feedback, where);
    let total = 0;
    if (bundles === undefined) total = await this.#count(where);
    else for (const digest of bundles) total += (await this.#answers(digest)).feedback;
    // Numbers first, which are in every index: whole rows are read of those that are shown alone.
    const newest = this.#db.select({ seq: feedback.seq }).from(feedback).where(mine)
      // The sign keeps the planner from walking all records from the newest on.
      .orderBy(sql`+${feedback.seq} DESC`).limit(SHOWN);
    const rows = await this.#db.select().from(feedback)
      .where(inArray(feedback.seq, newest)).orderBy(desc(feedback.seq));
    return {
      total,
      items: rows.map((row) => ({
        key: row.key,
        requestId: row.requestId,
        edgeId: row.edgeId,
        code: row.code,
        predictedCode: row.predictedCode,
        predictedBy: row.predictedDigest,
        state: row.state,
        dataset: row.dataset,
        // Rows that users gave are named after their record.
        row: row.state === "merged" ? `f:${row.key}` : null,
        at: row.at,
      })),
    };
  }

  /** Feedback on the predictions of a bundle, counted in one pass over its part of an index. */
  async #answers(digest: string): Promise<LineageBundle["answered"]> {
    const known = this.#answered.get(digest);
    if (known !== undefined) return known;
    const [sums] = await this.#db.all<[number, number]>(sql`
      SELECT coalesce(sum(n), 0), coalesce(sum(n * correct), 0) FROM ${feedbackCounts}
      WHERE catalogue = ${this.#catalogue} AND digest = ${digest}`);
    const answered = { feedback: sums![0], right: sums![1] };
    this.#answered.set(digest, answered);
    return answered;
  }

  async #count(where: Where): Promise<number> {
    const [row] = await this.#db.select({ n: count() }).from(feedback)
      .where(this.#mine(feedback, where));
    return row?.n ?? 0;
  }

  async #show({ digest, version, runId, dataset, createdAt }: BundleRow): Promise<LineageBundle> {
    this.#reigns ??= reigns(
      await this.#db.select().from(aliasChanges)
        .where(eq(aliasChanges.catalogue, this.#catalogue)),
    );
    const answered = await this.#answers(digest);
    return {
      digest,
      version: version ?? 0,
      run: runId,
      dataset,
      createdAt,
      reigns: this.#reigns.filter((reign) => reign.digest === digest),
      answered,
    };
  }

  #bundles(where: Where): Promise<BundleRow[]> {
    return this.#db.select().from(models).where(this.#mine(models, where))
      .orderBy(desc(models.seq));
  }

  #mine(
    table: {
      catalogue:
        | typeof models.catalogue
        | typeof feedback.catalogue
        | typeof runs.catalogue
        | typeof datasets.catalogue;
    },
    ...where: Where[]
  ): Where {
    return and(eq(table.catalogue, this.#catalogue), ...where);
  }

  #missing(what: string): AppError {
    return new AppError(
      "not-found",
      `Cannot trace ${what}: catalogue ${this.#catalogue} has none`,
    );
  }
}

/** Feedback on the predictions of the bundles `digests`. */
function toldOf(digests: readonly string[]): Told {
  return { where: inArray(feedback.predictedDigest, [...digests]), bundles: [...new Set(digests)] };
}
