/**
 * Telemetry of edges: each window stored once, the sum of them, and what is missing.
 *
 * @module
 */
import { and, eq, gte, sql } from "drizzle-orm";
import type { TelemetryReceipt, TelemetryWindow } from "@aisle/shared/contract";
import { type Sketch, sketchMerge, sketchQuantile } from "@aisle/shared/stats";
import { telemetryWindows } from "../db/schema/mod.ts";
import type { Context } from "./context.ts";
import { noteEdge } from "./edges.ts";

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
export interface TelemetrySummary {
  readonly windows: number;
  readonly requests: number;
  readonly predictions: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly codes: Readonly<Record<string, number>>;
  readonly decisions: { readonly auto: number; readonly review: number };
  /** 20 equal bins. */
  readonly confidence: readonly number[];
  readonly latencyMs: Sketch;
  readonly latencyP50Ms: number;
  readonly latencyP95Ms: number;
  readonly latencyP99Ms: number;
  /** Pictures by what became of them. */
  readonly pictures: { readonly used: number; readonly skipped: number; readonly invalid: number };
  readonly feedback: {
    readonly received: number;
    readonly delivered: number;
    readonly dropped: number;
  };
  /** One entry a boot with a window in the span; counts over the boot's whole life. */
  readonly boots: readonly BootCounts[];
}

/** Reads and writes telemetry. */
export interface Telemetry {
  /** Stores the window unless `(edgeId, bootId, seq)` is there; the edge counts as seen. */
  store(window: TelemetryWindow): Promise<TelemetryReceipt>;
  /** Windows that ended at `sinceMs` (epoch milliseconds) or later; all when absent. */
  summary(catalogue: string, sinceMs?: number): Promise<TelemetrySummary>;
}

/** The telemetry kept in `context`'s database. */
export function createTelemetry({ database, now }: Context): Telemetry {
  return {
    store: (window) =>
      database.write(async (tx) => {
        const { edgeId, bootId, seq, catalogue, digest } = window;
        const added = await tx.insert(telemetryWindows).values({
          edgeId,
          bootId,
          seq,
          catalogue,
          digest,
          endedAt: new Date(window.endedAt).toISOString(),
          dropped: window.droppedWindows,
          body: JSON.stringify(window),
        }).onConflictDoNothing().returning({ seq: telemetryWindows.seq });
        const stored = added.length > 0;
        if (stored) await noteEdge(tx, { edgeId, catalogue, digest, at: now() });
        return { stored, duplicate: !stored };
      }),
    summary: (catalogue, sinceMs) =>
      database.read(async (db) => {
        const inSpan = and(
          eq(telemetryWindows.catalogue, catalogue),
          sinceMs === undefined
            ? undefined
            : gte(telemetryWindows.endedAt, new Date(sinceMs).toISOString()),
        );
        const rows = await db.select({ body: telemetryWindows.body }).from(telemetryWindows)
          .where(inSpan);
        // Counts over a boot's whole life: a window lost yesterday is lost today, too.
        const boots = await db.select({
          edgeId: telemetryWindows.edgeId,
          bootId: telemetryWindows.bootId,
          windows: sql<number>`count(*)`,
          lastSeq: sql<number>`max(${telemetryWindows.seq})`,
          dropped: sql<number>`max(${telemetryWindows.dropped})`,
        }).from(telemetryWindows)
          .where(
            sql`(${telemetryWindows.edgeId}, ${telemetryWindows.bootId}) IN ${
              db.select({ edgeId: telemetryWindows.edgeId, bootId: telemetryWindows.bootId })
                .from(telemetryWindows).where(inSpan)
            }`,
          )
          .groupBy(telemetryWindows.edgeId, telemetryWindows.bootId)
          .orderBy(telemetryWindows.edgeId, telemetryWindows.bootId);
        return {
          ...addUp(rows.map((row) => JSON.parse(row.body) as TelemetryWindow)),
          boots: boots.map((boot) => ({ ...boot, missing: boot.lastSeq - boot.windows })),
        };
      }),
  };
}

/** The sum of `windows`; their order does not matter. */
function addUp(windows: readonly TelemetryWindow[]): Omit<TelemetrySummary, "boots"> {
  let errors: Sketch = {}, codes: Sketch = {}, latencyMs: Sketch = {};
  let requests = 0, predictions = 0;
  const decisions = { auto: 0, review: 0 };
  const confidence = new Array<number>(20).fill(0);
  const pictures = { used: 0, skipped: 0, invalid: 0 };
  const feedback = { received: 0, delivered: 0, dropped: 0 };
  for (const window of windows) {
    requests += window.requests;
    predictions += window.predictions;
    errors = sketchMerge(errors, window.errors);
    codes = sketchMerge(codes, window.codes);
    latencyMs = sketchMerge(latencyMs, window.latencyMs);
    decisions.auto += window.decisions.auto;
    decisions.review += window.decisions.review;
    for (const [bin, count] of window.confidence.entries()) confidence[bin]! += count;
    pictures.used += window.pictures?.used ?? 0;
    pictures.skipped += window.pictures?.skipped ?? 0;
    pictures.invalid += window.pictures?.invalid ?? 0;
    feedback.received += window.feedback.received;
    feedback.delivered += window.feedback.delivered;
    feedback.dropped += window.feedback.dropped;
  }
  return {
    windows: windows.length,
    requests,
    predictions,
    errors,
    codes,
    decisions,
    confidence,
    latencyMs,
    latencyP50Ms: sketchQuantile(latencyMs, 0.5),
    latencyP95Ms: sketchQuantile(latencyMs, 0.95),
    latencyP99Ms: sketchQuantile(latencyMs, 0.99),
    pictures,
    feedback,
  };
}
