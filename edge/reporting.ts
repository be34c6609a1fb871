/**
 * Tells the hub what this edge serves, and what it refuses, as soon as that changes.
 *
 * @module
 */
import { AppError, messageOf } from "@aisle/shared/errors";
import type { EdgeReport, EdgeTrouble } from "@aisle/shared/fleet";
import type { HubClient } from "./hub_client.ts";
import type { Log } from "./log.ts";
import type { Clock } from "./waiting.ts";

/** What {@linkcode createReporting} needs. */
export interface ReportingDeps {
  readonly client: Pick<HubClient, "report">;
  readonly edgeId: string;
  readonly catalogue: string;
  readonly status: () => {
    readonly digest: string | null;
    readonly sequence: number | null;
    readonly trouble: EdgeTrouble | null;
  };
  readonly pollMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** A running reporter. */
export interface Reporting {
  /** Sends what the hub does not know yet; says whether it knows all now. */
  report(): Promise<boolean>;
  /** Reports until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>;
}

/** What the hub knows already is told again after this time: it may have been restored. */
const REPEAT_MS = 600_000;
/** A hub of a version before reports is asked again after this time. */
const UNKNOWN_MS = 600_000;

/** A reporter of `deps.status`. */
export function createReporting(deps: ReportingDeps): Reporting {
  const { clock, edgeId, catalogue } = deps;
  let told = "", nextAt = 0, quietUntil = 0;
  async function report(): Promise<boolean> {
    const { digest, sequence, trouble } = deps.status();
    const report: EdgeReport = {
      edgeId,
      catalogue,
      digest,
      sequence,
      trouble: trouble === null ? null : { ...trouble, message: trouble.message.slice(0, 2000) },
    };
    const text = JSON.stringify(report), nowMs = clock.monotonicMs();
    if (text === told && nowMs < nextAt) return true;
    if (nowMs < quietUntil) return false;
    try {
      await deps.client.report(report);
      told = text;
      nextAt = nowMs + REPEAT_MS;
      return true;
    } catch (error) {
      // An unreachable hub is told of by the poll; what it will not take, it will not take a second later either.
      if (!(error instanceof AppError) || error.code !== "hub-unreachable") {
        quietUntil = nowMs + UNKNOWN_MS;
        deps.log("warn", "the hub does not take this edge's report", { reason: messageOf(error) });
      }
      return false;
    }
  }
  return {
    report,
    async run(signal) {
      while (!signal.aborted) {
        await clock.sleep(deps.pollMs, signal);
        if (!signal.aborted) await report();
      }
    },
  };
}
