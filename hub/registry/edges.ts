/**
 * Edges that the hub has heard of, and their telemetry: stored once, with the gaps known.
 *
 * @module
 */
import type { TelemetryReceipt, TelemetryWindow } from "@aisle/shared/contract";
import type { Sketch } from "@aisle/shared/stats";

/** One edge of one catalogue. */
export interface EdgeRecord {
  readonly edgeId: string;
  readonly catalogue: string;
  /** What it said it serves. */
  readonly digest: string | null;
  readonly firstSeenAt: string;
  readonly lastSeenAt: string;
}

/** Reads and writes edges. */
export interface Edges {
  /** `at` is now when absent; an older time than the stored one changes nothing. */
  seen(edge: {
    readonly edgeId: string;
    readonly catalogue: string;
    readonly digest: string | null;
    readonly at?: string | undefined;
  }): Promise<void>;
  /** Last seen first. */
  list(options?: { readonly catalogue?: string | undefined }): Promise<EdgeRecord[]>;
}

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
