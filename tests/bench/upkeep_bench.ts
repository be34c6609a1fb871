/**
 * What backup and garbage collection cost a hub that works on: latency of writes meanwhile, bytes a second.
 *
 * `deno run -P=test tests/bench/upkeep_bench.ts` (a minute, half a gigabyte of scratch space).
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { openFolderStore } from "../../hub/artifact/blob_store.ts";
import { openReleaseKey } from "../../hub/artifact/release_key.ts";
import { openDatabase } from "../../hub/db/database.ts";
import { createRegistry } from "../../hub/registry/create_registry.ts";
import { backUp } from "../../hub/upkeep/backup.ts";
import { collectGarbage } from "../../hub/upkeep/collect_garbage.ts";

const POINTS = 3_000_000, FEEDBACK = 200_000, BLOBS = 2_000, BLOB_BYTES = 100_000;

const folder = await Deno.makeTempDir({ prefix: "aisle-upkeep-bench-" });
try {
  const dataDir = `${folder}/data`;
  await Deno.mkdir(`${dataDir}/keys`, { recursive: true });
  await openReleaseKey(`${dataDir}/keys/release.pkcs8`);
  const url = `file:${dataDir}/aisle.db`;
  // Closed while another SQLite of this process has it: file locks are a process's, not a library's.
  await (await openDatabase({ url })).close();
  {
    using filled = new DatabaseSync(`${dataDir}/aisle.db`);
    filled.exec(`
      WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${POINTS})
      INSERT INTO metric_points SELECT i / 1000, i, 0, i * 0.5 FROM n;
      WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${FEEDBACK})
      INSERT INTO feedback (key, catalogue, edge_id, product, code, source, at, at_utc, stored_at, state)
      SELECT 'k' || i, 'shop', 'e', json_object('designation', printf('%.300c', 'x'), 'picture',
        lower(hex(randomblob(32)))), '10', 'bench', '2026-01-01T00:00:00.000Z',
        '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z', 'pending' FROM n;`);
  }
  await using database = await openDatabase({ url });
  const registry = createRegistry(database, { now: Date.now, newId: () => crypto.randomUUID() });
  const store = await openFolderStore(`${dataDir}/blobs`);
  const bytes = new Uint8Array(BLOB_BYTES);
  const digests: string[] = [];
  for (let i = 0; i < BLOBS; i++) {
    for (let at = 0; at < BLOB_BYTES; at += 65_536) {
      crypto.getRandomValues(bytes.subarray(at, at + 65_536));
    }
    digests.push((await store.put(bytes)).digest);
  }
  await registry.stageCache.put("k", "train", { digests });
  const { size } = await Deno.stat(`${dataDir}/aisle.db`);
  console.log(`database ${(size / 1e6).toFixed(0)} MB, ${BLOBS} blobs of ${BLOB_BYTES / 1e3} kB`);

  /** Milliseconds of small writes, one after the other, while `work` goes on. */
  const measured = async <T>(what: string, work: () => Promise<T>) => {
    const latencies: number[] = [];
    let going = true;
    const writer = (async () => {
      while (going) {
        const startedMs = performance.now();
        await registry.catalogues.ensure("shop");
        await registry.audit.add({ actor: "bench", action: "write", target: "x" });
        latencies.push(performance.now() - startedMs);
      }
    })();
    const startedMs = performance.now();
    let tookMs = 0;
    try {
      await work();
      tookMs = performance.now() - startedMs;
    } finally {
      going = false;
      await writer;
    }
    latencies.sort((a, b) => a - b);
    const at = (share: number) => latencies[Math.floor(share * (latencies.length - 1))]!.toFixed(1);
    console.log(
      `${what.padEnd(34)} ${
        (tookMs / 1000).toFixed(1)
      } s; writes meanwhile: ${latencies.length}, ` +
        `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`,
    );
  };
  await measured("nothing, for comparison", () => new Promise((done) => setTimeout(done, 3_000)));
  const options = {
    dataDir,
    databaseUrl: url,
    to: `${folder}/backup`,
    version: "bench",
    key: "absent",
  } as const;
  await measured("first backup", () => backUp({ ...options, nowMs: 1e12 }));
  await measured("second backup", () => backUp({ ...options, nowMs: 1e12 + 1000 }));
  await measured("garbage collection, dry", () =>
    collectGarbage({
      database,
      dataDir,
      retention: {
        graceHours: 24,
        stageCacheDays: 30,
        jobLogDays: 90,
        jobDays: 365,
        deletedRunDays: 30,
      },
      nowMs: Date.now(),
      dryRun: true,
    }));
} finally {
  await Deno.remove(folder, { recursive: true });
}
