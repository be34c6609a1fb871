/**
 * How bad a difference is, without flickering: it takes more to raise a severity than to keep it.
 *
 * @module
 */
import type { DriftSeverity } from "../registry/monitoring.ts";

/** From where on something is a warning, and critical. */
export interface SeverityBounds {
  readonly warning: number;
  readonly critical: number;
  /** Share of a bound under which its severity ends, such as 0.8. */
  readonly release: number;
}

/** Severities by weight. */
export const SEVERITIES: readonly DriftSeverity[] = ["none", "warning", "critical"];

/**
 * The severity of `value` where `before` was the last one.
 *
 * It rises when a bound is reached and the difference is more than chance; it falls when the value is below the
 * released bound or the difference may be chance again.
 */
export function severityOf(
  value: number,
  significant: boolean,
  before: DriftSeverity,
  { warning, critical, release }: SeverityBounds,
): DriftSeverity {
  if (!significant) return "none";
  const holds = (bound: number, severity: DriftSeverity) =>
    value >= bound ||
    (SEVERITIES.indexOf(before) >= SEVERITIES.indexOf(severity) && value >= bound * release);
  return holds(critical, "critical") ? "critical" : holds(warning, "warning") ? "warning" : "none";
}

/** The worst of `severities`; none where there are none. */
export function worstOf(severities: Iterable<DriftSeverity>): DriftSeverity {
  let worst = 0;
  for (const severity of severities) worst = Math.max(worst, SEVERITIES.indexOf(severity));
  return SEVERITIES[worst]!;
}
