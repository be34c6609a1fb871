/**
 * Telemetry of edges: each window stored once, the sums of them by time, and what is missing.
 *
 * @module
 */
import { and, asc, desc, eq, gte, inArray, lt, ne, sql } from "drizzle-orm";
import type { TelemetryReceipt, TelemetryWindow } from "@aisle/shared/contract";
import { sketchQuantile } from "@aisle/shared/stats";
import { telemetryBoots, telemetrySums, telemetryWindows } from "../db/schema/mod.ts";
import type { Context } from "./context.ts";
import { GroupCommit } from "./group_commit.ts";
import { addSums, noSums, sumsFromJson, type TelemetrySums } from "./telemetry_sums.ts";
import { type Span, SPAN_MS, storeWindows } from "./telemetry_writer.ts";

/** Windows of one boot of one edge: what came and what is missing. */
export interface BootCounts {
  readonly edgeId: string;
  readonly bootId: string;
  readonly windows: number;
  readonly lastSeq: number;
  /** Windows 1 to `lastSeq` that never came. */
  readonly missing: number;
  /** Windows that the edge itself says it gave up. */
  readonly dropped: number;
}

/** Windows of a catalogue added up. */
export interface TelemetrySummary extends TelemetrySums {
  readonly latencyP50Ms: number;
  readonly latencyP95Ms: number;
  readonly latencyP99Ms: number;
  /** One entry a boot with a window in the span, the 1,000 last heard of; counts over the boot's whole life. */
  readonly boots: readonly BootCounts[];
}

/** Sums of one stretch of time. */
export interface TelemetryPoint extends TelemetrySums {
  /** Milliseconds since 1970. */
  readonly start: number;
}

/** Which sums. */
export interface TelemetryQuery {
  /** Of this edge alone, by hour; of all together when absent. */
  readonly edgeId?: string | undefined;
  /** Of what this bundle answered; of all bundles when absent. */
  readonly digest?: string | undefined;
  /** Milliseconds since 1970. */
  readonly sinceMs: number;
}

/** How long sums are kept. */
export interface TelemetryRetention {
  /** Of all edges together by minute. */
  readonly minuteHours: number;
  /** The same by hour. */
  readonly hourDays: number;
  /** The same by day. */
  readonly dayDays: number;
  /** Of each edge by hour. */
  readonly edgeDays: number;
}

/** Reads and writes telemetry. */
export interface Telemetry {
  /** Stores the window unless `(edgeId, bootId, seq)` is there; the edge counts as seen. */
  store(window: TelemetryWindow): Promise<TelemetryReceipt>;
  /** Windows of the minute, hour or day (the longer ago, the coarser) of `sinceMs` and later; all when absent. */
  summary(catalogue: string, sinceMs?: number): Promise<TelemetrySummary>;
  /** Sums by time, oldest first: by minute, hour or day, the longer ago `sinceMs` the coarser. */
  series(catalogue: string, query: TelemetryQuery): Promise<TelemetryPoint[]>;
  /** Sums of each of `edges` since then, by edge; the hour of `sinceMs` counts whole. */
  byEdge(
    catalogue: string,
    edges: readonly string[],
    sinceMs: number,
  ): Promise<Map<string, TelemetrySums>>;
  /** Removes what is older than it need be, of one catalogue; returns how many rows. */
  forget(catalogue: string, retention: TelemetryRetention): Promise<number>;
  /** Adds up the windows that versions before this one kept whole; returns how many. */
  adopt(): Promise<number>;
}

/** Sums by minute are asked for up to this long ago, by hour up to that; both are kept by then (see the params). */
const MINUTES_MS = 3 * 3_600_000, HOURS_MS = 7 * 86_400_000;
/** Boots told at most. */
const MAX_BOOTS = 1000;
/** A boot that was not heard of for so long sends nothing twice any more. */
const BOOT_DAYS = 30;
/** Twenty commits a second are plenty: edges send a window every ten seconds. */
const COMMITS = { everyMs: 50, most: 1000 };
const ADOPTED_AT_ONCE = 500;

/** The telemetry kept in `context`'s database. */
export function createTelemetry({ database, now }: Context): Telemetry {
  const commits = new GroupCommit<TelemetryWindow, TelemetryReceipt>(
    (windows) => database.write((tx) => storeWindows(tx, windows, now())),
    COMMITS,
  );
  const spanOf = (sinceMs: number): Span => {
    const ago = Date.parse(now()) - sinceMs;
    return ago <= MINUTES_MS ? "minute" : ago <= HOURS_MS ? "hour" : "day";
  };
  const series: Telemetry["series"] = (catalogue, { edgeId = "", digest, sinceMs }) =>
    database.read(async (db) => {
      const span = edgeId === "" ? spanOf(sinceMs) : "hour";
      const rows = await db.select({ start: telemetrySums.start, body: telemetrySums.body })
        .from(telemetrySums).where(and(
          eq(telemetrySums.catalogue, catalogue),
          eq(telemetrySums.edgeId, edgeId),
          eq(telemetrySums.span, span),
          gte(telemetrySums.start, Math.floor(sinceMs / SPAN_MS[span]) * SPAN_MS[span]),
          digest === undefined ? undefined : eq(telemetrySums.digest, digest),
        )).orderBy(asc(telemetrySums.start));
      const points = new Map<number, TelemetrySums>();
      for (const { start, body } of rows) {
        const more = sumsFromJson(body), before = points.get(start);
        points.set(start, before === undefined ? more : addSums(before, more));
      }
      return Array.from(points, ([start, sums]) => ({ ...sums, start }));
    });
  return {
    store: (window) => commits.add(window),
    series,
    summary: async (catalogue, sinceMs) => {
      const points = await series(catalogue, { sinceMs: sinceMs ?? 0 });
      const { start: _start, ...sums } = points.reduce<TelemetrySums & { start?: number }>(
        addSums,
        noSums(),
      );
      const boots = await database.read((db) =>
        db.select().from(telemetryBoots).where(and(
          eq(telemetryBoots.catalogue, catalogue),
          sinceMs === undefined
            ? undefined
            : gte(telemetryBoots.lastAt, new Date(sinceMs).toISOString()),
        )).orderBy(desc(telemetryBoots.lastAt)).limit(MAX_BOOTS)
      );
      const byName = (a: BootCounts, b: BootCounts) =>
        a.edgeId < b.edgeId || (a.edgeId === b.edgeId && a.bootId < b.bootId) ? -1 : 1;
      return {
        ...sums,
        latencyP50Ms: sketchQuantile(sums.latencyMs, 0.5),
        latencyP95Ms: sketchQuantile(sums.latencyMs, 0.95),
        latencyP99Ms: sketchQuantile(sums.latencyMs, 0.99),
        boots: boots.map(({ edgeId, bootId, windows, lastSeq, dropped }) => ({
          edgeId,
          bootId,
          windows,
          lastSeq,
          dropped,
          missing: lastSeq - windows,
        })).sort(byName),
      };
    },
    byEdge: (catalogue, edges, sinceMs) =>
      database.read(async (db) => {
        const rows = await db.select({ edgeId: telemetrySums.edgeId, body: telemetrySums.body })
          .from(telemetrySums).where(and(
            eq(telemetrySums.catalogue, catalogue),
            inArray(telemetrySums.edgeId, [...edges]),
            eq(telemetrySums.span, "hour"),
            gte(telemetrySums.start, Math.floor(sinceMs / SPAN_MS.hour) * SPAN_MS.hour),
          ));
        const found = new Map<string, TelemetrySums>();
        for (const { edgeId, body } of rows) {
          found.set(edgeId, addSums(found.get(edgeId) ?? noSums(), sumsFromJson(body)));
        }
        return found;
      }),
    forget: (catalogue, { minuteHours, hourDays, dayDays, edgeDays }) =>
      database.write(async (tx) => {
        const nowMs = Date.parse(now());
        const own = and(eq(telemetrySums.catalogue, catalogue), eq(telemetrySums.edgeId, ""));
        const older = (span: Span, ageMs: number) =>
          and(
            eq(telemetrySums.catalogue, catalogue),
            eq(telemetrySums.span, span),
            lt(telemetrySums.start, nowMs - ageMs),
          );
        const day = SPAN_MS.day;
        let gone = 0;
        for (
          const rows of [
            and(own, older("minute", minuteHours * SPAN_MS.hour)),
            and(own, older("hour", hourDays * day)),
            and(own, older("day", dayDays * day)),
            and(older("hour", edgeDays * day), ne(telemetrySums.edgeId, "")),
          ]
        ) {
          gone += (await tx.delete(telemetrySums).where(rows).returning({ seq: telemetrySums.seq }))
            .length;
        }
        await tx.delete(telemetryBoots).where(and(
          eq(telemetryBoots.catalogue, catalogue),
          lt(telemetryBoots.lastAt, new Date(nowMs - BOOT_DAYS * day).toISOString()),
        ));
        return gone;
      }),
    adopt: async () => {
      for (let adopted = 0;;) {
        const moved = await database.write(async (tx) => {
          const rows = await tx.select({ rowid: sql<number>`rowid`, body: telemetryWindows.body })
            .from(telemetryWindows).limit(ADOPTED_AT_ONCE);
          if (rows.length === 0) return 0;
          const windows = rows.map(({ body }) => JSON.parse(body) as TelemetryWindow);
          // Their edges were noted when they came: an old window tells nothing of what an edge serves now.
          await storeWindows(tx, windows, now(), { noteEdges: false });
          await tx.run(sql`DELETE FROM ${telemetryWindows}
            WHERE rowid IN (SELECT value FROM json_each(${
            JSON.stringify(rows.map(({ rowid }) => rowid))
          }))`);
          return rows.length;
        });
        if (moved === 0) return adopted;
        adopted += moved;
      }
    },
  };
}
