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

Deno.test("a database of every older schema is brought to this one", async () => {
  await withFolder(async (folder) => {
    for (let count = 1; count < journal.entries.length; count++) {
      const url = await oldDatabase(folder, count, []);
      await withRegistry(url, async ({ registry }) => {
        await registry.runs.create({ catalogue: "shop", kind: "train", params: {} });
        assert.equal((await registry.runs.list()).items.length, 1);
      });
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
