/**
 * What monitoring found out about each catalogue: one report a job, the newest counts.
 *
 * @module
 */
import { and, desc, eq, gte, sql } from "drizzle-orm";
import type { Interval } from "@aisle/shared/stats";
import { monitorReports } from "../db/schema/mod.ts";
import type { Context } from "./context.ts";

/** How far something is off: `warning` asks for a look, `critical` for a hand. */
export type DriftSeverity = "none" | "warning" | "critical";

/** A share with the number it rests on. */
export interface CountedShare extends Interval {
  readonly n: number;
}

/** What one comparison with the reference found. */
export interface DriftFinding {
  /** What was compared, such as `confidence`, `classes` or `text.length`. */
  readonly what: string;
  readonly area: "inputs" | "predictions" | "confidence";
  /** Values seen in the window. */
  readonly n: number;
  /** Null where there are too few values to say. */
  readonly psi: number | null;
  /** Jensen-Shannon divergence, 0 to 1 (base 2). */
  readonly jensenShannon: number | null;
  readonly chiSquared:
    | { readonly statistic: number; readonly df: number; readonly p: number }
    | null;
  readonly severity: DriftSeverity;
  /** Share of each bucket in reference and window, for the chart. */
  readonly expected: readonly number[];
  readonly observed: readonly number[];
  readonly buckets: readonly string[];
}

/** A class that users correct more often than the evaluation led to expect. */
export interface RecallDrop {
  readonly code: string;
  /** Of the evaluation on gold. */
  readonly expected: number;
  readonly observed: CountedShare;
  readonly severity: DriftSeverity;
}

/** One look at a catalogue. */
export interface MonitorReport {
  readonly catalogue: string;
  readonly at: string;
  /** Champion that served; null while there is none. */
  readonly digest: string | null;
  readonly windowHours: number;
  readonly traffic: {
    readonly requests: number;
    readonly predictions: number;
    readonly errors: number;
    readonly reviewShare: number | null;
    readonly latencyP50Ms: number | null;
    readonly latencyP95Ms: number | null;
    readonly latencyP99Ms: number | null;
  };
  /** From feedback about this champion in the window; null where there is none. */
  readonly accuracy: CountedShare | null;
  /** What the evaluation on gold found; null where there is none. */
  readonly expectedAccuracy?: CountedShare | null;
  /** How far feedback lies below it. */
  readonly accuracySeverity?: DriftSeverity;
  /** Mean calibrated confidence of what was served, without any label; null without predictions. */
  readonly estimatedAccuracy:
    | CountedShare & {
      /** By the class that was predicted. */
      readonly classes: Readonly<Record<string, { readonly n: number; readonly value: number }>>;
    }
    | null;
  readonly drift: {
    /** The worst of the findings. */
    readonly severity: DriftSeverity;
    readonly findings: readonly DriftFinding[];
    /** Why nothing could be compared; null where something was. */
    readonly why: string | null;
  };
  readonly recallDrops: readonly RecallDrop[];
}

/** Reads and writes reports. */
export interface Monitoring {
  /** Keeps `report`, and the newest `keep` of its catalogue. */
  store(report: MonitorReport, keep?: number): Promise<void>;
  latest(catalogue: string): Promise<MonitorReport | null>;
  /** Newest first; those at `since` or later. */
  list(
    catalogue: string,
    options?: { readonly limit?: number | undefined; readonly since?: string | undefined },
  ): Promise<MonitorReport[]>;
}

/** Reports kept of each catalogue: a week of one every five minutes. */
const KEEP = 2016;

/** The reports kept in `context`'s database. */
export function createMonitoring({ database }: Context): Monitoring {
  return {
    store: (report, keep = KEEP) =>
      database.write(async (tx) => {
        const { catalogue, at } = report;
        await tx.insert(monitorReports).values({ catalogue, at, body: JSON.stringify(report) });
        await tx.run(
          sql`DELETE FROM ${monitorReports} WHERE ${monitorReports.catalogue} = ${catalogue}
          AND ${monitorReports.seq} <= (SELECT seq FROM ${monitorReports}
            WHERE ${monitorReports.catalogue} = ${catalogue}
            ORDER BY ${monitorReports.seq} DESC LIMIT 1 OFFSET ${keep})`,
        );
      }),
    latest: (catalogue) =>
      database.read(async (db) => {
        const row = await db.select({ body: monitorReports.body }).from(monitorReports)
          .where(eq(monitorReports.catalogue, catalogue))
          .orderBy(desc(monitorReports.seq)).limit(1).get();
        return row === undefined ? null : JSON.parse(row.body) as MonitorReport;
      }),
    list: (catalogue, { limit = 50, since } = {}) =>
      database.read(async (db) => {
        const rows = await db.select({ body: monitorReports.body }).from(monitorReports)
          .where(and(
            eq(monitorReports.catalogue, catalogue),
            since === undefined ? undefined : gte(monitorReports.at, since),
          )).orderBy(desc(monitorReports.seq)).limit(limit);
        return rows.map(({ body }) => JSON.parse(body) as MonitorReport);
      }),
  };
}
