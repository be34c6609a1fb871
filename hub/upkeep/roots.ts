/**
 * What the database names, and what of it is past its time. The one place that says so, a table a line.
 *
 * A table or column that is not listed keeps every blob that it names, for ever: forgetting one here costs space and
 * never data. Listed is only what is history and keeps nothing, and what expires.
 *
 * @module
 */
import { type SQL, sql } from "drizzle-orm";
import type { Database } from "../db/database.ts";

/** Tables that name digests as history alone. */
export const NO_ROOTS: Readonly<Record<string, string>> = {
  audit: "tells what was done; what was put there then may be gone",
  aisle_migrations: "hashes of the schema",
  edge_served: "names bundles, which `models` keeps",
  telemetry_windows: "names bundles, which `models` keeps",
  telemetry_sums: "names bundles, which `models` keeps",
  telemetry_boots: "counts windows",
  tokens: "hashes of secrets",
};

/** Instants before which rows are past their time. */
export interface Cuts {
  readonly stageOutputs: string;
  readonly jobEvents: string;
  readonly jobs: string;
  readonly deletedRuns: string;
}

/** The instants that so many days before `nowMs` are. */
export function cutsAt(
  nowMs: number,
  days: {
    readonly stageCacheDays: number;
    readonly jobLogDays: number;
    readonly jobDays: number;
    readonly deletedRunDays: number;
  },
): Cuts {
  const before = (n: number) => new Date(nowMs - n * 86_400_000).toISOString();
  return {
    stageOutputs: before(days.stageCacheDays),
    jobEvents: before(days.jobLogDays),
    jobs: before(days.jobDays),
    deletedRuns: before(days.deletedRunDays),
  };
}

/** By table, the condition under which a row is past its time: it keeps nothing, and is removed. */
export function expired(cuts: Cuts): Readonly<Record<string, SQL>> {
  return {
    // `promote` says that a bundle was promoted once, so that it is not again after a rollback.
    stage_outputs: sql`stage <> 'promote' AND coalesce(used_at, created_at) < ${cuts.stageOutputs}`,
    job_events: sql`job_id IN (SELECT id FROM jobs WHERE ended_at < ${cuts.jobEvents})`,
    // After its log; and a schedule shows the last that it started, however rarely it does.
    jobs: sql`ended_at < ${cuts.jobs}
      AND NOT EXISTS (SELECT 1 FROM job_events WHERE job_events.job_id = jobs.id)
      AND NOT EXISTS (SELECT 1 FROM schedules WHERE schedules.last_job_id = jobs.id)`,
    artifacts: sql`run_id IN (SELECT id FROM runs WHERE deleted_at < ${cuts.deletedRuns})`,
  };
}

/** Rows read at once: others read in between. */
const PAGE = 200;
/** Length of a digest: shorter texts name none. */
const DIGITS = 64;

/** Calls `see` with every text of the database that may name a blob. */
export async function readRoots(
  database: Database,
  cuts: Cuts,
  see: (text: string) => void,
): Promise<void> {
  const past = expired(cuts);
  for (const { name, columns, rowid } of await textColumns(database)) {
    if (name in NO_ROOTS || columns.length === 0) continue;
    const table = sql.identifier(name);
    const chosen = sql.join(columns.map((column) => sql.identifier(column)), sql`, `);
    const long = columns.map((column) => sql`length(${sql.identifier(column)}) >= ${DIGITS}`);
    const kept = sql`(${sql.join(long, sql` OR `)}) AND ${
      past[name] === undefined ? sql`TRUE` : sql`NOT (${past[name]})`
    }`;
    let after = Number.MIN_SAFE_INTEGER;
    for (;;) {
      const rows = await database.read((db) =>
        db.all<unknown[]>(
          rowid
            ? sql`SELECT rowid, ${chosen} FROM ${table} WHERE rowid > ${after} AND ${kept} ORDER BY rowid LIMIT ${PAGE}`
            : sql`SELECT 0, ${chosen} FROM ${table} WHERE ${kept}`,
        )
      );
      for (const [, ...values] of rows) {
        for (const value of values) if (typeof value === "string") see(value);
      }
      if (!rowid || rows.length < PAGE) break;
      after = rows.at(-1)![0] as number;
    }
  }
}

/** Removes rows that are past their time, some at a time; or counts them. */
export async function removeExpired(
  database: Database,
  cuts: Cuts,
  dryRun: boolean,
): Promise<Record<string, number>> {
  const removed: Record<string, number> = {};
  for (const [name, condition] of Object.entries(expired(cuts))) {
    const table = sql.identifier(name);
    if (dryRun) {
      const [count] = await database.read((db) =>
        db.all<[number]>(sql`SELECT count(*) FROM ${table} WHERE ${condition}`)
      );
      removed[name] = count![0];
      continue;
    }
    removed[name] = 0;
    for (;;) {
      const gone = await database.write((tx) =>
        tx.all<[number]>(
          sql`DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} WHERE ${condition} LIMIT ${PAGE}) RETURNING 1`,
        )
      );
      removed[name] += gone.length;
      if (gone.length < PAGE) break;
    }
  }
  return removed;
}

/** Columns of every table that can hold text. */
async function textColumns(
  database: Database,
): Promise<{ name: string; columns: string[]; rowid: boolean }[]> {
  const tables = await database.read((db) =>
    db.all<[string, string]>(
      sql`SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`,
    )
  );
  return await Promise.all(tables.map(async ([name, definition]) => {
    const columns = await database.read((db) =>
      db.all<[string, string]>(sql`SELECT name, type FROM pragma_table_info(${name})`)
    );
    return {
      name,
      columns: columns.filter(([, type]) => !/^(INTEGER|REAL)$/i.test(type)).map(([column]) =>
        column
      ),
      rowid: !/\bWITHOUT\s+ROWID\b/i.test(definition),
    };
  }));
}
