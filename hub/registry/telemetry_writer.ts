/**
 * Stores windows of telemetry, many in one transaction: tells those that came before, adds the others up.
 *
 * The number of statements does not depend on the number of windows: rows travel as one JSON list each way.
 *
 * @module
 */
import { sql } from "drizzle-orm";
import type { TelemetryReceipt, TelemetryWindow } from "@aisle/shared/contract";
import type { Queries } from "../db/database.ts";
import { edges, telemetryBoots, telemetrySums } from "../db/schema/mod.ts";
import { type Arrivals, arrive, NO_ARRIVALS } from "./seq_ranges.ts";
import { addSums, ofOneEdge, sumsFromJson, sumsOf, type TelemetrySums } from "./telemetry_sums.ts";

/** Length of a row of sums. */
export type Span = "minute" | "hour" | "day";
/** Milliseconds of each span. */
export const SPAN_MS: Readonly<Record<Span, number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};
/** Clocks of edges that run ahead by more count as this much ahead: rows of a far future would never grow old. */
const MAX_AHEAD_MS = 86_400_000;

interface Boot extends Arrivals {
  readonly catalogue: string;
  readonly edgeId: string;
  readonly bootId: string;
  readonly dropped: number;
  readonly lastAt: string;
}

type SumKey = readonly [
  catalogue: string,
  edgeId: string,
  span: Span,
  start: number,
  digest: string,
];

/** Stores `windows` as part of the transaction `tx`; one receipt each, in order. `at` is now. */
export async function storeWindows(
  tx: Queries,
  windows: readonly TelemetryWindow[],
  at: string,
  options: { readonly noteEdges?: boolean } = {},
): Promise<TelemetryReceipt[]> {
  const boots = await readBoots(tx, windows);
  const latest = new Date(Date.parse(at) + MAX_AHEAD_MS).toISOString();
  const fresh: { window: TelemetryWindow; endedAt: string }[] = [];
  const receipts = windows.map((window): TelemetryReceipt => {
    const { catalogue, edgeId, bootId, seq, droppedWindows } = window;
    const key = JSON.stringify([edgeId, bootId]);
    const before = boots.get(key);
    const now = arrive(before ?? NO_ARRIVALS, seq);
    if (now === null) return { stored: false, duplicate: true };
    const given = new Date(window.endedAt).toISOString();
    const endedAt = given < latest ? given : latest;
    boots.set(key, {
      ...now,
      catalogue,
      edgeId,
      bootId,
      dropped: Math.max(before?.dropped ?? 0, droppedWindows),
      lastAt: before !== undefined && before.lastAt > endedAt ? before.lastAt : endedAt,
    });
    fresh.push({ window, endedAt });
    return { stored: true, duplicate: false };
  });
  if (fresh.length === 0) return receipts;
  const named = new Set(fresh.map(({ window: w }) => JSON.stringify([w.edgeId, w.bootId])));
  await writeBoots(tx, [...named].map((key) => boots.get(key)!));
  await addToSums(tx, fresh);
  if (options.noteEdges !== false) await noteEdges(tx, fresh.map(({ window }) => window), at);
  return receipts;
}

async function readBoots(
  tx: Queries,
  windows: readonly TelemetryWindow[],
): Promise<Map<string, Boot>> {
  const names = JSON.stringify(windows.map(({ edgeId, bootId }) => [edgeId, bootId]));
  const rows = await tx.select().from(telemetryBoots).where(
    sql`(${telemetryBoots.edgeId}, ${telemetryBoots.bootId}) IN
      (SELECT value ->> 0, value ->> 1 FROM json_each(${names}))`,
  );
  return new Map(rows.map((row) => [
    JSON.stringify([row.edgeId, row.bootId]),
    { ...row, holes: JSON.parse(row.holes) as [number, number][] },
  ]));
}

async function writeBoots(tx: Queries, boots: readonly Boot[]): Promise<void> {
  const rows = JSON.stringify(boots.map((b) => [
    b.catalogue,
    b.edgeId,
    b.bootId,
    b.windows,
    b.lastSeq,
    JSON.stringify(b.holes),
    b.dropped,
    b.lastAt,
  ]));
  await tx.run(sql`INSERT INTO ${telemetryBoots}
    (catalogue, edge_id, boot_id, windows, last_seq, holes, dropped, last_at)
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7
    FROM json_each(${rows}) WHERE true
    ON CONFLICT (edge_id, boot_id) DO UPDATE SET windows = excluded.windows, last_seq = excluded.last_seq,
      holes = excluded.holes, dropped = excluded.dropped, last_at = excluded.last_at`);
}

/** Adds each window to the rows that cover its end. */
async function addToSums(
  tx: Queries,
  windows: readonly { readonly window: TelemetryWindow; readonly endedAt: string }[],
): Promise<void> {
  const sums = new Map<string, { readonly key: SumKey; sums: TelemetrySums }>();
  const add = (key: SumKey, more: TelemetrySums) => {
    const name = key.join("\n"), before = sums.get(name);
    sums.set(name, { key, sums: before === undefined ? more : addSums(before.sums, more) });
  };
  const startOf = (ms: number, span: Span) => Math.floor(ms / SPAN_MS[span]) * SPAN_MS[span];
  for (const { window, endedAt } of windows) {
    const { catalogue, edgeId } = window, digest = window.digest ?? "", ms = Date.parse(endedAt);
    const all = sumsOf(window);
    add([catalogue, "", "minute", startOf(ms, "minute"), digest], all);
    add([catalogue, edgeId, "hour", startOf(ms, "hour"), digest], ofOneEdge(all));
  }
  // What fell into one minute falls into one hour and one day.
  for (
    const { key: [catalogue, edgeId, span, start, digest], sums: minute } of [...sums.values()]
  ) {
    if (span !== "minute") continue;
    add([catalogue, edgeId, "hour", startOf(start, "hour"), digest], minute);
    add([catalogue, edgeId, "day", startOf(start, "day"), digest], minute);
  }
  const keys = JSON.stringify([...sums.values()].map(({ key }) => key));
  const { catalogue, edgeId, span, start, digest, body } = telemetrySums;
  const before = await tx.select({ catalogue, edgeId, span, start, digest, body })
    .from(telemetrySums).where(
      sql`(${catalogue}, ${edgeId}, ${span}, ${start}, ${digest}) IN
        (SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(${keys}))`,
    );
  for (const row of before) {
    const key: SumKey = [row.catalogue, row.edgeId, row.span, row.start, row.digest];
    const found = sums.get(key.join("\n"))!;
    found.sums = addSums(sumsFromJson(row.body), found.sums);
  }
  const rows = JSON.stringify(
    Array.from(sums.values(), ({ key, sums }) => [...key, JSON.stringify(sums)]),
  );
  await tx.run(sql`INSERT INTO ${telemetrySums} (catalogue, edge_id, span, start, digest, body)
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5
    FROM json_each(${rows}) WHERE true
    ON CONFLICT (catalogue, edge_id, span, start, digest) DO UPDATE SET body = excluded.body`);
}

/** Each edge was heard of; the last of its windows tells what it serves. */
async function noteEdges(
  tx: Queries,
  windows: readonly TelemetryWindow[],
  at: string,
): Promise<void> {
  const last = new Map(windows.map((w) => [
    JSON.stringify([w.catalogue, w.edgeId]),
    [w.edgeId, w.catalogue, w.digest, at],
  ]));
  await tx.run(sql`INSERT INTO ${edges} (edge_id, catalogue, digest, first_seen_at, last_seen_at)
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 3
    FROM json_each(${JSON.stringify([...last.values()])}) WHERE true
    ON CONFLICT (edge_id, catalogue) DO UPDATE
      SET digest = CASE WHEN edges.reported_at IS NULL THEN excluded.digest ELSE edges.digest END,
        last_seen_at = excluded.last_seen_at
      WHERE edges.last_seen_at <= excluded.last_seen_at`);
}
