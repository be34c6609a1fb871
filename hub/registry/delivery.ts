/**
 * Counted delivery of feedback: what each edge says it sent against what is stored here.
 *
 * @module
 */
import { and, count, eq, gte, ne } from "drizzle-orm";
import { feedback, telemetrySums } from "../db/schema/mod.ts";
import type { Context } from "./context.ts";
import { addSums, noSums, sumsFromJson } from "./telemetry_sums.ts";
import { SPAN_MS } from "./telemetry_writer.ts";

/** Feedback of one edge. */
export interface EdgeDelivery {
  readonly edgeId: string;
  /** What its users gave it. */
  readonly received: number;
  /** What this hub acknowledged to it, as it says. */
  readonly sent: number;
  /** Of those, what it was told was here before. */
  readonly duplicate: number;
  /** Records of it that are stored here. */
  readonly stored: number;
  /** Acknowledged to it as new and not here: at least so many are lost. */
  readonly gap: number;
  /** Acknowledged to users without the hub, into its outbox. */
  readonly kept: number;
  /** Neither sent nor kept, its users told so. */
  readonly refused: number;
  /** Kept, then refused for good by this hub. */
  readonly dropped: number;
}

/** Reads the report. */
export interface Delivery {
  /** One entry an edge that told or stored something since `sinceMs`, by name; the hour of `sinceMs` counts whole. */
  report(catalogue: string, sinceMs: number): Promise<EdgeDelivery[]>;
}

/** An edge's clock may be behind, and its window ends after what it tells: rows of so much earlier count as stored. */
const SLACK_MS = SPAN_MS.hour;

/** The report over `context`'s database. */
export function createDelivery({ database }: Context): Delivery {
  return {
    report: (catalogue, sinceMs) =>
      database.read(async (db) => {
        const fromMs = Math.floor(sinceMs / SPAN_MS.hour) * SPAN_MS.hour;
        const told = await db.select({ edgeId: telemetrySums.edgeId, body: telemetrySums.body })
          .from(telemetrySums).where(and(
            eq(telemetrySums.catalogue, catalogue),
            ne(telemetrySums.edgeId, ""),
            eq(telemetrySums.span, "hour"),
            gte(telemetrySums.start, fromMs),
          ));
        const stored = await db.select({ edgeId: feedback.edgeId, n: count() }).from(feedback)
          .where(and(
            eq(feedback.catalogue, catalogue),
            gte(feedback.storedAt, new Date(Math.max(0, fromMs - SLACK_MS)).toISOString()),
          )).groupBy(feedback.edgeId);
        const here = new Map(stored.map(({ edgeId, n }) => [edgeId, n]));
        const sums = new Map([...here.keys()].map((edgeId) => [edgeId, noSums()]));
        for (const { edgeId, body } of told) {
          sums.set(edgeId, addSums(sums.get(edgeId) ?? noSums(), sumsFromJson(body)));
        }
        return Array.from(sums, ([edgeId, { feedback: f }]): EdgeDelivery => {
          const n = here.get(edgeId) ?? 0, duplicate = f.duplicate ?? 0;
          return {
            edgeId,
            received: f.received,
            sent: f.delivered,
            duplicate,
            stored: n,
            gap: Math.max(0, f.delivered - duplicate - n),
            kept: f.kept ?? 0,
            refused: f.refused ?? 0,
            dropped: f.dropped,
          };
        }).sort((a, b) => a.edgeId < b.edgeId ? -1 : 1);
      }),
  };
}
