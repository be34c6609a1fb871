/**
 * Fills a database with the monitoring of thousands of edges: rows made by the database itself, out of those that are
 * there.
 *
 * @module
 */
import { sql } from "drizzle-orm";
import type { Database } from "../db/database.ts";

/** How full, and until when. */
export interface FullMonitoring {
  /** Bundle that answered. */
  readonly digest: string;
  readonly nowMs: number;
  readonly edges: number;
  readonly hours: number;
  readonly alerts: number;
  readonly reports: number;
}

/** Fills the catalogue `demo`, which `seedMonitoring` made and somebody looked at; returns the size of the file. */
export async function fillMonitoring(
  database: Database,
  { digest, nowMs, edges, hours, alerts, reports }: FullMonitoring,
): Promise<number> {
  const hour = 3_600_000, minute = 60_000, day = 86_400_000;
  const times = (count: number) =>
    sql`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${count - 1})`;
  for (let h = 0; h < hours; h++) {
    await database.write((tx) =>
      tx.run(
        sql`${
          times(edges)
        } INSERT INTO telemetry_sums (catalogue, edge_id, span, start, digest, body)
        SELECT 'demo', 'many-' || i, 'hour', ${nowMs - h * hour}, ${digest}, s.body
        FROM n, (SELECT body FROM telemetry_sums WHERE edge_id = 'edge-1' LIMIT 1) s`,
      )
    );
  }
  await database.write(async (tx) => {
    const at = new Date(nowMs).toISOString();
    await tx.run(
      sql`${
        times(edges)
      } INSERT INTO edges (edge_id, catalogue, digest, first_seen_at, last_seen_at)
      SELECT 'many-' || i, 'demo', ${digest}, ${at}, ${at} FROM n`,
    );
    await tx.run(sql`${times(edges)} INSERT INTO telemetry_boots
      (catalogue, edge_id, boot_id, windows, last_seq, holes, dropped, last_at)
      SELECT 'demo', 'many-' || i, 'boot', 9, 9, '[]', 0, ${at} FROM n`);
    for (
      const [span, length, count] of [["minute", minute, 180], ["hour", hour, 336], [
        "day",
        day,
        730,
      ]] as const
    ) {
      await tx.run(sql`${times(count)} INSERT OR IGNORE INTO telemetry_sums
        (catalogue, edge_id, span, start, digest, body)
        SELECT 'demo', '', ${span}, (${nowMs} / ${length} - i) * ${length}, ${digest}, s.body
        FROM n, (SELECT body FROM telemetry_sums WHERE edge_id = '' AND span = 'hour' LIMIT 1) s`);
    }
    await tx.run(sql`${times(alerts)} INSERT INTO alerts
      (id, catalogue, key, kind, severity, state, message, raised_at, last_raised_at, times, resolved_at, resolved_by)
      SELECT 'old-' || i, 'demo', 'k' || (i % 50), 'drift', 'warning', 'resolved', 'old', ${at}, ${at}, 1, ${at}, 'x'
      FROM n`);
    await tx.run(sql`${times(reports)} INSERT INTO monitor_reports (catalogue, at, body)
      SELECT 'demo', ${at}, r.body FROM n, (SELECT body FROM monitor_reports LIMIT 1) r`);
  });
  const [pages] = await database.read((db) =>
    db.all<[number]>(sql`SELECT page_count * page_size FROM pragma_page_count, pragma_page_size`)
  );
  return pages![0];
}
