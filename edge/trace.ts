/**
 * W3C trace context: a request that belongs to a trace is answered, logged and followed to the hub as part of it.
 *
 * @module
 */

/** Where a request stands in its trace. */
export interface Trace {
  /** 32 hex digits. */
  readonly traceId: string;
  /** Of who asked, 16 hex digits. */
  readonly parentId: string;
  /** Of this edge's answer, 16 hex digits. */
  readonly spanId: string;
  readonly flags: number;
  /** `tracestate`, handed on as it came. */
  readonly state: string | undefined;
}

/** Later versions may go on after a dash. */
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const SAMPLED = 1;
const MAX_STATE_CHARS = 512;

/** The trace that `traceparent` names; null where it names none, as the recommendation asks. */
export function traceOf(
  traceparent: string | undefined,
  tracestate: string | undefined,
  newSpanId: () => string = randomSpanId,
): Trace | null {
  if (traceparent === undefined) return null;
  const [, version, traceId, parentId, flags, more] = TRACEPARENT.exec(traceparent) ?? [];
  if (traceId === undefined || parentId === undefined || version === "ff") return null;
  if ((version === "00" && more !== undefined) || /^0+$/.test(traceId) || /^0+$/.test(parentId)) {
    return null;
  }
  return {
    traceId,
    parentId,
    spanId: newSpanId(),
    flags: parseInt(flags!, 16) & SAMPLED,
    state: tracestate !== undefined && tracestate.length <= MAX_STATE_CHARS
      ? tracestate
      : undefined,
  };
}

/** What stands in `traceparent` of requests that follow from this one, and in `traceresponse` of its answer. */
export function traceparentOf({ traceId, spanId, flags }: Trace): string {
  return `00-${traceId}-${spanId}-${flags.toString(16).padStart(2, "0")}`;
}

/** Headers of requests that follow from `trace`. */
export function traceHeaders(trace: Trace | null | undefined): Record<string, string> {
  if (trace == null) return {};
  return {
    traceparent: traceparentOf(trace),
    ...(trace.state === undefined ? {} : { tracestate: trace.state }),
  };
}

/** Whether who asked records the trace. */
export function isSampled({ flags }: Trace): boolean {
  return (flags & SAMPLED) === SAMPLED;
}

function randomSpanId(): string {
  return crypto.getRandomValues(new Uint8Array(8)).toHex();
}
