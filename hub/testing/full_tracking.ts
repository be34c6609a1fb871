/**
 * Fills a database with as many runs and points as years leave, in seconds: by SQL, not by logging.
 *
 * @module
 */
import { sql } from "drizzle-orm";
import type { Database } from "../db/database.ts";
import type { Registry } from "../registry/registry.ts";

/** Adds `runs` runs to the catalogue `shop`, each with 40 params and `metrics` metrics of `steps` points; returns the points. */
export async function fillTracking(
  database: Database,
  registry: Registry,
  runs: number,
  metrics: number,
  steps: number,
): Promise<number> {
  const { experiment } = await registry.runs.create({
    catalogue: "shop",
    kind: "train",
    params: {},
  });
  const upTo = (n: number) =>
    sql`(WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < ${n}) SELECT n FROM i)`;
  const value = sql`abs(random() % 1000000) / 1e6`;
  const instant = sql`strftime('%Y-%m-%dT%H:%M:%fZ', 1767225600 + r.n * 60, 'unixepoch')`;
  return await database.write(async (tx) => {
    await tx.run(
      sql`INSERT INTO runs (id, catalogue, experiment, kind, name, state, params, tags, created_at, started_at)
      SELECT printf('%032x', r.n), 'shop', ${experiment}, 'client', 'run ' || r.n, 'succeeded',
        (SELECT json_group_object('section' || (k.n % 7) || '.key' || k.n, 'value-' || ((k.n * 7 + r.n) % 13))
          FROM ${upTo(40)} k),
        '{"mlflow.user":"ann"}', ${instant}, ${instant} FROM ${upTo(runs)} r`,
    );
    await tx.run(sql`INSERT INTO metric_series (run, name, last_step, last_value)
      SELECT r.seq, 'metric' || m.n, ${steps} - 1, ${value}
      FROM runs r, ${upTo(metrics)} m WHERE r.kind = 'client'`);
    await tx.run(sql`INSERT INTO metric_points (series, step, at, value)
      SELECT s.id, p.n - 1, 1767225600000 + p.n * 1000, ${value}
      FROM metric_series s, ${upTo(steps)} p`);
    const [[points]] = await tx.all<[number]>(sql`SELECT count(*) FROM metric_points`) as [
      [number],
    ];
    return points;
  });
}

/** Adds `records` records of feedback to the catalogue `shop`, on predictions of two bundles, half of them merged. */
export async function fillFeedback(
  database: Database,
  registry: Registry,
  records: number,
): Promise<{ readonly bundle: string; readonly key: string }> {
  const [first, second] = ["a".repeat(64), "b".repeat(64)];
  await registry.labels.ensure("shop", [{ code: "10", name: "Ten" }, {
    code: "20",
    name: "Twenty",
  }]);
  for (const [i, digest] of [first!, second!].entries()) {
    const dataset = String(i).repeat(64);
    const parent = i === 0 ? null : "0".repeat(64);
    await registry.datasets.add({
      digest: dataset,
      catalogue: "shop",
      parent,
      blob: dataset,
      rows: 1000,
      classes: { "10": 1000 },
      setAside: 0,
      source: null,
    });
    await registry.models.add({
      digest,
      catalogue: "shop",
      runId: null,
      dataset,
      sizeBytes: 1,
      manifest: {},
    });
  }
  await database.write((tx) =>
    tx.run(
      sql`INSERT INTO feedback (key, catalogue, edge_id, request_id, product, code, predicted_code,
      predicted_confidence, predicted_digest, source, at, at_utc, stored_at, state, dataset)
      SELECT 'key-' || n, 'shop', 'edge-' || (n % 100), 'request-' || n,
        json_object('designation', 'Chaise de jardin empilable ' || n, 'description', '', 'productid', n, 'imageid', n),
        CASE WHEN n % 10 = 0 THEN '20' ELSE '10' END, '10', 0.9,
        CASE WHEN n % 2 = 0 THEN ${first} ELSE ${second} END, 'user',
        '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z',
        CASE WHEN n % 2 = 0 THEN 'merged' ELSE 'pending' END, CASE WHEN n % 2 = 0 THEN ${
        "1".repeat(64)
      } END
      FROM (WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < ${records}) SELECT n FROM i)`,
    )
  );
  return { bundle: first!, key: "key-2" };
}

/** Adds `entries` entries to the audit, a minute apart from 2026 on. */
export async function fillAudit(database: Database, entries: number): Promise<void> {
  await database.write((tx) =>
    tx.run(
      sql`INSERT INTO audit (at, actor, action, target)
      SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 1767225600 + n * 60, 'unixepoch'), 'ann', 'promote', 'demo'
      FROM (WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < ${entries}) SELECT n FROM i)`,
    )
  );
}
