import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { createClient } from "@libsql/client/sqlite3";
import { migrate } from "../db/migrate.ts";
import { digestOf, withRegistry } from "./registry_suite.ts";

const MIGRATIONS = fileURLToPath(new URL("../db/migrations", import.meta.url));

interface Journal {
  readonly entries: readonly { readonly tag: string }[];
}

const journal: Journal = JSON.parse(await Deno.readTextFile(`${MIGRATIONS}/meta/_journal.json`));

/** Makes a database of the first `count` migrations in `folder`, runs `statements` on it and returns its address. */
async function oldDatabase(
  folder: string,
  count: number,
  statements: readonly string[],
): Promise<string> {
  const old = `${folder}/migrations-${count}`;
  await Deno.mkdir(`${old}/meta`, { recursive: true });
  const entries = journal.entries.slice(0, count);
  await Deno.writeTextFile(`${old}/meta/_journal.json`, JSON.stringify({ ...journal, entries }));
  for (const { tag } of entries) {
    await Deno.copyFile(`${MIGRATIONS}/${tag}.sql`, `${old}/${tag}.sql`);
  }
  const url = `file:${folder}/${count}.db`;
  const client = createClient({ url });
  try {
    await client.execute("PRAGMA foreign_keys = ON");
    await migrate(client, old);
    for (const statement of statements) await client.execute(statement);
  } finally {
    client.close();
  }
  return url;
}

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "aisle-migrations-" });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Tables that a migration took away, and where their rows went: a test of its own says that they did. */
const MOVED: Readonly<Record<string, string>> = {
  metrics: "metric_points; see the test of runs, figures and bundles",
  latest_metrics: "metric_series; see the test of runs, figures and bundles",
};
/** Columns that a migration fills anew, with the reason. */
const REWRITTEN = new Set<string>([]);

const ROWS = [1, 2, 3];
type Row = Record<string, string | number | null>;

/** Rows for every table of the database at `url`, by what SQLite says of its columns and references. */
async function fillEveryTable(url: string): Promise<Map<string, Row[]>> {
  const client = createClient({ url });
  try {
    const { rows } = await client.execute(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'aisle_migrations'",
    );
    const filled = new Map<string, Row[]>();
    const statements: { sql: string; args: (string | number | null)[] }[] = [];
    const waiting = rows.map((row) => String(row["name"]));
    for (let turns = 0; waiting.length > 0; turns++) {
      assert.ok(turns < 1000, `${waiting} refer to each other in a circle`);
      const table = waiting.shift()!;
      const columns = (await client.execute(`PRAGMA table_info("${table}")`)).rows;
      const references = new Map(
        (await client.execute(`PRAGMA foreign_key_list("${table}")`)).rows
          .map((row) => [String(row["from"]), [String(row["table"]), String(row["to"])] as const]),
      );
      if ([...references.values()].some(([parent]) => parent !== table && !filled.has(parent))) {
        waiting.push(table);
        continue;
      }
      // What the schema itself put there stays out of the way.
      const from = Number((await client.execute(`SELECT count(*) FROM "${table}"`)).rows[0]![0]);
      const made = ROWS.map((n) =>
        Object.fromEntries(columns.map(({ name, type }) => {
          const column = String(name), reference = references.get(column);
          if (reference !== undefined && reference[0] !== table) {
            return [column, filled.get(reference[0])![n - 1]![reference[1]]!];
          }
          return [column, valueOf(table, column, String(type), n + from)];
        }))
      );
      for (const row of made) {
        const names = Object.keys(row);
        statements.push({
          sql: `INSERT INTO "${table}" (${names.map((name) => `"${name}"`)}) VALUES (${
            names.map(() => "?")
          })`,
          args: names.map((name) => row[name]!),
        });
      }
      filled.set(table, made);
    }
    await client.batch(statements, "write");
    return filled;
  } finally {
    client.close();
  }
}

/** Different in every row, and right for what the name and type of the column promise. */
function valueOf(table: string, column: string, type: string, n: number): string | number {
  if (/INTEGER/i.test(type)) return n;
  if (/REAL/i.test(type)) return n + 0.5;
  if (/(^|_)at(_utc)?$/.test(column)) return `2026-01-0${n}T00:00:00.000Z`;
  return JSON.stringify({ column: `${table}.${column}`, n });
}

Deno.test("every row of every table of every schema ever landed is there after the newest migration", async () => {
  await withFolder(async (folder) => {
    for (let count = 1; count < journal.entries.length; count++) {
      const url = await oldDatabase(folder, count, []);
      const before = await fillEveryTable(url);
      await withRegistry(url, async ({ registry }) => {
        const { id } = await registry.runs.create({ catalogue: "shop", kind: "train", params: {} });
        assert.equal((await registry.runs.get(id))?.state, "running");
      });
      const client = createClient({ url });
      try {
        for (const [table, rows] of before) {
          const columns = (await client.execute(`PRAGMA table_info("${table}")`)).rows
            .map((row) => String(row["name"]));
          if (columns.length === 0) {
            assert.ok(table in MOVED, `migration ${count} and later lost the table ${table}`);
            continue;
          }
          const after = (await client.execute(`SELECT * FROM "${table}"`)).rows;
          for (const row of rows) {
            const kept = Object.entries(row).filter(([name]) =>
              columns.includes(name) && !REWRITTEN.has(`${table}.${name}`)
            );
            const found = after.some((now) => kept.every(([name, value]) => now[name] === value));
            assert.ok(found, `from schema ${count}: ${table} lost ${JSON.stringify(row)}`);
          }
          const gone = Object.keys(rows[0]!).filter((name) =>
            !columns.includes(name) && !REWRITTEN.has(`${table}.${name}`)
          );
          assert.deepEqual(gone, [], `from schema ${count}: columns of ${table}`);
        }
        if (!before.has("feedback_counts")) {
          const { rows: [counted] } = await client.execute(
            "SELECT (SELECT count(*) FROM feedback), (SELECT sum(n) FROM feedback_counts)",
          );
          assert.deepEqual([counted![0], counted![1]], [ROWS.length, ROWS.length]);
        }
        assert.deepEqual((await client.execute("PRAGMA foreign_key_check")).rows, []);
        assert.equal((await client.execute("PRAGMA integrity_check")).rows[0]![0], "ok");
      } finally {
        client.close();
      }
    }
  });
});

Deno.test("runs, figures and bundles of the schema before experiments are all there after it", async () => {
  const run = (id: string, catalogue: string) =>
    `INSERT INTO runs (id, catalogue, kind, state, params, tags, created_at)
     VALUES ('${id}', '${catalogue}', 'train', 'succeeded', '{"c":1}', '{"by":"ann"}', '2026-01-01T00:00:00.123Z')`;
  const point = (id: string, name: string, step: number, value: string) =>
    `INSERT INTO metrics VALUES ('${id}', '${name}', ${step}, ${value}, '2026-01-02T03:04:05.678Z')`;
  const latest = (id: string, name: string, step: number, value: string) =>
    `INSERT INTO latest_metrics VALUES ('${id}', '${name}', ${step}, ${value})`;
  const model = (digest: string, catalogue: string) =>
    `INSERT INTO models (digest, catalogue, size_bytes, manifest, created_at)
     VALUES ('${digest}', '${catalogue}', 1, '{}', '2026-01-01T00:00:00.000Z')`;
  await withFolder(async (folder) => {
    const url = await oldDatabase(folder, 2, [
      run("r1", "shop"),
      run("r2", "garden"),
      run("r3", "shop"),
      point("r1", "loss", 0, "0.5"),
      point("r1", "loss", 1, "1.7976931348623157e308"),
      point("r1", "loss", 2, "NULL"),
      point("r3", "f1", 0, "0.125"),
      latest("r1", "loss", 2, "NULL"),
      latest("r3", "f1", 0, "0.125"),
      `INSERT INTO artifacts VALUES ('r1', 'a.html', '${
        digestOf(1)
      }', 3, 'text/html', '2026-01-01T00:00:00.000Z')`,
      model(digestOf(1), "shop"),
      model(digestOf(2), "garden"),
      model(digestOf(3), "shop"),
    ]);
    await withRegistry(url, async ({ registry }) => {
      const [first, second, third] = await Promise.all(
        ["r1", "r2", "r3"].map((id) => registry.runs.get(id)),
      );
      assert.deepEqual([first!.metrics, second!.metrics, third!.metrics], [
        { loss: NaN },
        {},
        { f1: 0.125 },
      ]);
      assert.deepEqual(
        [first!.params, first!.tags, first!.startedAt, first!.name, first!.deletedAt],
        [{ c: 1 }, { by: "ann" }, "2026-01-01T00:00:00.123Z", "train", null],
      );
      assert.deepEqual((await registry.runs.metrics("r1"))[0]!.points, [
        { step: 0, value: 0.5, at: "2026-01-02T03:04:05.678Z" },
        { step: 1, value: Infinity, at: "2026-01-02T03:04:05.678Z" },
        { step: 2, value: NaN, at: "2026-01-02T03:04:05.678Z" },
      ]);
      assert.equal((await registry.runs.artifacts("r1")).length, 1);
      assert.equal(first!.experiment, third!.experiment);
      assert.equal((await registry.experiments.get(second!.experiment))?.name, "garden");
      const next = await registry.runs.create({ catalogue: "shop", kind: "train", params: {} });
      assert.equal(next.experiment, first!.experiment);
      const versions = await Promise.all(
        [1, 2, 3].map(async (n) => (await registry.models.get(digestOf(n)))?.version),
      );
      assert.deepEqual(versions, [1, 1, 2]);
    });
  });
});
