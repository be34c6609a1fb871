/**
 * Waiting that can be cut short, and how long to wait before trying again.
 *
 * @module
 */

/** Time and chance, as values, so that tests own both. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds on a clock that never jumps; for durations. */
  monotonicMs(): number;
  /** Uniform in [0, 1). */
  random(): number;
  /** Resolves after `ms`, or at once (not rejecting) when `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  random: () => Math.random(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener("abort", done);
    }),
};

/** Bounds of {@linkcode backoffMs}. */
export interface Backoff {
  readonly firstMs: number;
  readonly maxMs: number;
}

/**
 * Wait before try number `failures` + 1: doubling, capped, and spread over its upper half, so that
 * edges that lost the hub together do not come back together.
 */
export function backoffMs(failures: number, { firstMs, maxMs }: Backoff, random: number): number {
  const full = Math.min(maxMs, firstMs * 2 ** Math.min(30, Math.max(0, failures - 1)));
  return full * (0.5 + random / 2);
}
