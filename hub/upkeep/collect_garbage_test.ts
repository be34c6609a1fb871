import assert from "node:assert/strict";
import { sql } from "drizzle-orm";
import fc from "fast-check";
import { AppError } from "@aisle/shared/errors";
import { openFolderStore } from "../artifact/blob_store.ts";
import { takeIfUntouched } from "../artifact/blob_trash.ts";
import { type Database, openDatabase } from "../db/database.ts";
import { createRegistry } from "../registry/create_registry.ts";
import type { Registry } from "../registry/registry.ts";
import { collectGarbage, type GarbageOptions } from "./collect_garbage.ts";
import { cutsAt, expired, NO_ROOTS } from "./roots.ts";
import { withUpkeepLock } from "./upkeep_lock.ts";

const DAY = 86_400_000, NOW = Date.now();
const RETENTION = {
  graceHours: 24,
  stageCacheDays: 30,
  jobLogDays: 90,
  jobDays: 365,
  deletedRunDays: 30,
};
const encode = (text: string) => new TextEncoder().encode(text);

/** A data folder with a database, whose blobs are made as old as is asked. */
interface Folder {
  readonly dataDir: string;
  readonly database: Database;
  readonly registry: Registry;
  /** Puts bytes that were last asked for `days` ago; their name. */
  put(bytes: Uint8Array, days: number): Promise<string>;
  /** Names of the blobs that are there. */
  blobs(): Promise<Set<string>>;
  collect(options?: Partial<GarbageOptions>): ReturnType<typeof collectGarbage>;
}

async function withFolder(work: (folder: Folder) => Promise<void>): Promise<void> {
  const dataDir = await Deno.makeTempDir({ prefix: "aisle-garbage-" });
  try {
    await using database = await openDatabase({ url: `file:${dataDir}/aisle.db` });
    const store = await openFolderStore(`${dataDir}/blobs`);
    await work({
      dataDir,
      database,
      registry: createRegistry(database, { now: () => NOW, newId: () => crypto.randomUUID() }),
      async put(bytes, days) {
        const { digest } = await store.put(bytes);
        const at = new Date(NOW - days * DAY);
        await Deno.utime(`${dataDir}/blobs/${digest.slice(0, 2)}/${digest}`, at, at);
        return digest;
      },
      async blobs() {
        const found = new Set<string>();
        for await (const shelf of Deno.readDir(`${dataDir}/blobs`)) {
          if (shelf.name.length !== 2) continue;
          for await (const { name } of Deno.readDir(`${dataDir}/blobs/${shelf.name}`)) {
            found.add(name);
          }
        }
        return found;
      },
      collect: (options = {}) =>
        collectGarbage({ database, dataDir, retention: RETENTION, nowMs: NOW, ...options }),
    });
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
}

/** A remembered stage that names `digests` and last answered `days` ago. */
async function remember(database: Database, digests: readonly string[], days: number) {
  const at = new Date(NOW - days * DAY).toISOString();
  await database.write((tx) =>
    tx.run(sql`INSERT INTO stage_outputs (key, stage, output, created_at, used_at)
      VALUES (${crypto.randomUUID()}, 'train', ${JSON.stringify({ digests })}, ${at}, NULL)`)
  );
}

/** How a blob names others: as text, as raw bytes, gzipped. */
const FORMS: readonly ((links: readonly string[], salt: string) => Promise<Uint8Array>)[] = [
  (links, salt) => Promise.resolve(encode(JSON.stringify({ salt, links }))),
  (links, salt) =>
    Promise.resolve(
      new Uint8Array([...encode(salt), ...links.flatMap((l) => [...Uint8Array.fromHex(l)]), 7]),
    ),
  async (links, salt) => {
    const text = new Blob([`${"padding ".repeat(9000)}${salt}${links.join("")}`]).stream();
    return new Uint8Array(
      await new Response(text.pipeThrough(new CompressionStream("gzip"))).arrayBuffer(),
    );
  },
  (links, salt) => Promise.resolve(encode(`${salt}${"a".repeat(65_530)}${links.join("\n")}`)),
];

Deno.test("of any graph of blobs exactly what nothing names and nobody asked for goes, and a dry run says so", async () => {
  const node = fc.record({
    links: fc.array(fc.nat(20), { maxLength: 3 }),
    form: fc.nat(FORMS.length - 1),
    root: fc.constantFrom("none", "none", "row", "feature", "expired"),
    days: fc.constantFrom(0, 10),
  });
  await withFolder(async ({ dataDir, database, put, blobs, collect }) => {
    await Deno.mkdir(`${dataDir}/features`);
    let round = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(node, { maxLength: 12 }), async (nodes) => {
        await database.write((tx) => tx.run(sql`DELETE FROM stage_outputs`));
        await Deno.writeTextFile(`${dataDir}/features/a.jsonl`, "");
        await collect({ retention: { ...RETENTION, graceHours: -1 } });
        assert.equal((await blobs()).size, 0);
        round++;
        const names: string[] = [], links: number[][] = [];
        for (const [i, { form, ...node }] of nodes.entries()) {
          links.push(i === 0 ? [] : node.links.map((link) => link % i));
          const named = links[i]!.map((link) => names[link]!);
          names.push(await put(await FORMS[form]!(named, `${round} ${i} `), node.days));
          if (node.root === "row") await remember(database, [names[i]!], 1);
          if (node.root === "expired") await remember(database, [names[i]!], 31);
          if (node.root === "feature") {
            await Deno.writeTextFile(
              `${dataDir}/features/a.jsonl`,
              `\n${JSON.stringify({ chunk: names[i] })}\n`,
              { append: true },
            );
          }
        }
        const live = new Set<number>();
        const reach = (i: number) => {
          if (live.has(i)) return;
          live.add(i);
          links[i]!.forEach(reach);
        };
        nodes.forEach(({ root }, i) => ["row", "feature"].includes(root) && reach(i));
        const kept = nodes.flatMap(({ days }, i) => live.has(i) || days === 0 ? [names[i]!] : []);
        const planned = await collect({ dryRun: true });
        assert.equal((await blobs()).size, names.length);
        const done = await collect();
        assert.deepEqual(await blobs(), new Set(kept));
        assert.deepEqual({ ...planned, dryRun: false }, done);
        assert.equal(done.blobs.removed.count, names.length - kept.length);
        assert.equal(done.blobs.kept.count, live.size);
        assert.equal((await collect()).blobs.removed.count, 0);
      }),
      { numRuns: 15 },
    );
  });
});

Deno.test("a table that nobody declared keeps what it names", async () => {
  await withFolder(async ({ database, put, blobs, collect }) => {
    const digest = await put(encode("named by a table of another version"), 10);
    await database.write(async (tx) => {
      await tx.run(sql`CREATE TABLE another (id INTEGER PRIMARY KEY, note TEXT, body BLOB)`);
      await tx.run(sql`INSERT INTO another (note) VALUES (${`see ${digest}.`})`);
      await tx.run(sql`CREATE TABLE keyed (name TEXT PRIMARY KEY, n INTEGER) WITHOUT ROWID`);
      await tx.run(sql`INSERT INTO keyed VALUES (${digest}, 1)`);
    });
    await collect();
    await database.write((tx) => tx.run(sql`DROP TABLE another`));
    await collect();
    assert.ok((await blobs()).has(digest));
    await database.write((tx) => tx.run(sql`DROP TABLE keyed`));
    await collect();
    assert.equal((await blobs()).size, 0);
  });
});

Deno.test("every table that is said to keep nothing, or to expire, is there and has those columns", async () => {
  await withFolder(async ({ database }) => {
    const tables = await database.read((db) =>
      db.all<[string]>(sql`SELECT name FROM sqlite_master WHERE type = 'table'`)
    );
    const known = new Set(tables.map(([name]) => name));
    for (const name of Object.keys(NO_ROOTS)) assert.ok(known.has(name), name);
    for (const [name, condition] of Object.entries(expired(cutsAt(NOW, RETENTION)))) {
      await database.read((db) =>
        db.all(sql`SELECT 1 FROM ${sql.identifier(name)} WHERE ${condition}`)
      );
    }
  });
});

Deno.test("runs that were deleted long ago lose their files, others keep them", async () => {
  await withFolder(async ({ database, registry, put, blobs, collect }) => {
    const digests: string[] = [];
    for (const [i, days] of [null, 10, 40].entries()) {
      digests.push(await put(encode(`artifact ${i}`), 10));
      const run = await registry.runs.create({ catalogue: "shop", kind: "train", params: {} });
      await registry.runs.addArtifact(run.id, {
        name: "a.txt",
        digest: digests[i]!,
        sizeBytes: 10,
        contentType: "text/plain",
      });
      const at = days === null ? null : new Date(NOW - days * DAY).toISOString();
      await database.write((tx) =>
        tx.run(sql`UPDATE runs SET deleted_at = ${at} WHERE id = ${run.id}`)
      );
    }
    const { rows } = await collect();
    assert.equal(rows["artifacts"], 1);
    assert.deepEqual(await blobs(), new Set(digests.slice(0, 2)));
  });
});

Deno.test("logs of jobs that ended long ago go, with what only they name; the jobs stay", async () => {
  await withFolder(async ({ database, registry, put, blobs, collect }) => {
    const ids: string[] = [], digests: string[] = [];
    for (const days of [1, 100]) {
      const digest = await put(encode(`told by a job ${days} days ago`), 10);
      const { id } = await registry.jobs.enqueue({
        catalogue: "shop",
        kind: "train",
        input: {},
        by: "ann",
      });
      const job = (await registry.jobs.claim({ id }))!;
      await registry.jobs.log(job, [{ type: "log", message: `wrote ${digest}` }]);
      await registry.jobs.finish(job, { state: "succeeded", result: null });
      const at = new Date(NOW - days * DAY).toISOString();
      await database.write((tx) => tx.run(sql`UPDATE jobs SET ended_at = ${at} WHERE id = ${id}`));
      ids.push(id);
      digests.push(digest);
    }
    assert.equal((await collect()).rows["job_events"], 1);
    const logs = await Promise.all(ids.map((id) => registry.jobs.logs(id)));
    assert.deepEqual(logs.map((lines) => lines.length), [1, 0]);
    assert.equal((await registry.jobs.list()).items.length, 2);
    assert.deepEqual(await blobs(), new Set([digests[0]!]));
  });
});

Deno.test("jobs that ended very long ago go, with files that only they were given; not the last of a schedule", async () => {
  await withFolder(async ({ database, registry, put, blobs, collect }) => {
    const ids: string[] = [], digests: string[] = [];
    for (const days of [300, 400, 401]) {
      const x = await put(encode(`given to a job ${days} days ago`), 500);
      const { id } = await registry.jobs.enqueue({
        catalogue: "shop",
        kind: "train",
        input: { source: { x } },
        by: "ann",
      });
      const job = (await registry.jobs.claim({ id }))!;
      await registry.jobs.log(job, [{ type: "log", message: "done" }]);
      await registry.jobs.finish(job, { state: "succeeded", result: null });
      const at = new Date(NOW - days * DAY).toISOString();
      await database.write((tx) => tx.run(sql`UPDATE jobs SET ended_at = ${at} WHERE id = ${id}`));
      ids.push(id);
      digests.push(x);
    }
    await registry.schedules.upsert({
      id: "rare",
      catalogue: "shop",
      kind: "train",
      cron: "0 0 1 1 *",
      enabled: true,
      input: {},
    });
    await database.write((tx) =>
      tx.run(sql`UPDATE schedules SET last_job_id = ${ids[2]!} WHERE id = 'rare'`)
    );
    const { rows } = await collect();
    assert.deepEqual([rows["job_events"], rows["jobs"]], [3, 1]);
    assert.deepEqual(
      (await registry.jobs.list()).items.map(({ id }) => id),
      [ids[2], ids[0]],
    );
    await collect();
    assert.deepEqual(await blobs(), new Set([digests[0]!, digests[2]!]));
  });
});

Deno.test("that a bundle was promoted once is remembered for ever, else it would be again after a rollback", async () => {
  await withFolder(async ({ database, registry, collect }) => {
    await registry.stageCache.put("key", "promote", { accept: true });
    await database.write((tx) =>
      tx.run(sql`UPDATE stage_outputs SET created_at = '2020-01-01T00:00:00.000Z'`)
    );
    await collect();
    assert.notEqual(await registry.stageCache.get("key"), null);
  });
});

Deno.test("a stage that answers often is not forgotten for its age", async () => {
  await withFolder(async ({ database, registry, put, blobs, collect }) => {
    const digest = await put(encode("output"), 40);
    await registry.stageCache.put("key", "train", { digest });
    await database.write((tx) =>
      tx.run(sql`UPDATE stage_outputs SET created_at = '2020-01-01T00:00:00.000Z'`)
    );
    assert.deepEqual((await registry.stageCache.get("key"))?.output, { digest });
    await collect();
    assert.ok((await blobs()).has(digest));
  });
});

Deno.test("what is named, put or asked for while garbage is collected stays", async () => {
  await withFolder(async ({ dataDir, database, put, blobs, collect }) => {
    const [root, named, asked, sent, gone] = await Promise.all(
      ["root", "named", "asked", "sent", "gone"].map((text) => put(encode(text), 10)),
    );
    await remember(database, [root!], 1);
    const store = await openFolderStore(`${dataDir}/blobs`);
    let others: Promise<unknown> | null = null;
    await collect({
      onProgress() {
        others ??= Promise.all([
          remember(database, [named!], 0),
          store.has(asked!),
          store.put(encode("sent")),
        ]);
      },
    });
    await others;
    assert.ok(others !== null);
    const left = await blobs();
    assert.deepEqual([root, named, asked, sent, gone].map((digest) => left.has(digest!)), [
      true,
      true,
      true,
      true,
      false,
    ]);
  });
});

Deno.test("a blob that was asked for after it was moved aside is put back", async () => {
  await withFolder(async ({ dataDir, put, blobs }) => {
    const digest = await put(encode("x"), 10);
    assert.equal(await takeIfUntouched(`${dataDir}/blobs`, digest, NOW - 20 * DAY), false);
    assert.ok((await blobs()).has(digest));
    assert.equal(await takeIfUntouched(`${dataDir}/blobs`, digest, NOW - 5 * DAY), true);
    assert.equal((await blobs()).size, 0);
    assert.equal(await takeIfUntouched(`${dataDir}/blobs`, digest, NOW), false);
  });
});

Deno.test("garbage is not collected while a backup is made", async () => {
  await withFolder(async ({ dataDir, collect }) => {
    await withUpkeepLock(dataDir, async () => {
      await assert.rejects(collect(), (e) => e instanceof AppError && e.code === "locked");
    });
  });
});

Deno.test("killed at any moment, the collection has lost nothing that is named, and the next one ends it", async () => {
  await withFolder(async ({ dataDir, database, put, blobs, collect }) => {
    const inner = await put(encode("inner"), 10);
    const root = await put(encode(JSON.stringify({ inner })), 10);
    await remember(database, [root], 1);
    await database.close();
    const child = new URL("./killed_child.ts", import.meta.url).pathname;
    let killed = 0;
    for (let step = 1;; step++) {
      for (const text of ["a", "b", "c"]) await put(encode(text), 10);
      const { signal, success, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-q", "-A", child, JSON.stringify({ kind: "gc", dataDir, step })],
        stdin: "null",
      }).output();
      const store = await openFolderStore(`${dataDir}/blobs`);
      for (const digest of [root, inner]) assert.ok((await store.bytes(digest)).length > 0);
      if (success) break;
      assert.equal(signal, "SIGKILL", new TextDecoder().decode(stderr));
      killed++;
    }
    assert.ok(killed >= 6, `${killed} moments`);
    assert.deepEqual(await blobs(), new Set([root, inner]));
    await assert.rejects(collect(), /closed/);
  });
});
